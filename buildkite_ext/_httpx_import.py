"""Import of httpx without its command line, which it imports where click, rich and pygments are installed.

That is a fifth of what a process pays before its first request, and few programs have a use for it. It is imported when it is
first asked for: `httpx.main` is the same object then.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from threading import get_ident
from typing import Any

__all__ = ["import_httpx"]

_COMMAND_LINE = "httpx._main"


class _Refusal:
    """Finder that refuses the command line to the thread that made it. It leaves all else to the next finder."""

    def __init__(self) -> None:
        self._thread = get_ident()

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:  # noqa: ARG002 - the protocol
        """Raise ModuleNotFoundError for the command line."""
        if name == _COMMAND_LINE and get_ident() == self._thread:
            raise ModuleNotFoundError(f"{name} is imported when httpx.main is asked for", name=name)


def import_httpx() -> None:
    """Import httpx, and let its command line be imported when `httpx.main` is asked for. An httpx that is imported stays."""
    if "httpx" in sys.modules:
        return
    finder = _Refusal()
    sys.meta_path.insert(0, finder)
    try:
        import httpx
    finally:
        with suppress(ValueError):  # another one has replaced the finders meanwhile
            sys.meta_path.remove(finder)
    names: dict[str, Any] = httpx.__dict__
    # Another thread may have loaded it, and may have imported httpx as well.
    loaded = getattr(sys.modules.get(_COMMAND_LINE), "main", None)
    if names.get("main") is loaded or "__getattr__" in names:
        return

    def load(name: str) -> Any:
        if name != "main":
            raise AttributeError(f"module 'httpx' has no attribute {name!r}")
        try:
            from httpx._main import main
        except ImportError:  # click isn't installed: what httpx has then tells so
            names[name] = without
        else:
            main.__module__ = "httpx"  # as httpx writes for its names
            names[name] = main
        return names[name]

    without = names["main"]
    names["__getattr__"] = load
    names["__dir__"] = lambda: [*{*names, "main"}]
    del names["main"]
