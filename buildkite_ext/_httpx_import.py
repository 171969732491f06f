"""Import of httpx without its command line, which it imports where click, rich and pygments are installed.

That is a fifth of what a process pays before its first request, and few programs have a use for it. It is imported when it is
first asked for: `httpx.main` is the same object then.
"""

from __future__ import annotations

import sys
from typing import Any

__all__ = ["import_httpx"]

_COMMAND_LINE = "httpx._main"


class _Refusal:
    """Finder that refuses the command line, and leaves other modules to the next finder."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:  # noqa: ARG002 - the protocol
        """Raise ModuleNotFoundError for the command line."""
        if name == _COMMAND_LINE:
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
        sys.meta_path.remove(finder)
    names: dict[str, Any] = httpx.__dict__
    if _COMMAND_LINE in sys.modules or "main" not in names or "__getattr__" in names:
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
    names["__dir__"] = lambda: [*names, "main"]
    del names["main"]
