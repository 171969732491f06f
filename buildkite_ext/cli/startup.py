"""Start-up of the command in a process of its own: imports that it doesn't need, and Ctrl-C before anything was sent."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["begin_startup", "end_startup", "fast_imports"]

_INTERRUPTED = 130

_UNUSED = ("httpx._main", "trio")
"""Modules that httpx and httpcore import if they can, and that no command uses: httpx's own command line, which imports
click, rich and pygments, and the other event loop."""


@contextmanager
def fast_imports() -> Iterator[None]:
    """Let httpx and httpcore be imported as if `httpx[cli]` and trio weren't installed. Modules that are loaded stay.

    That halves the time of their import. It is for a process that is the command's own: `httpx.main` only says there what
    to install.
    """
    finder = _UnusedModules()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _UnusedModules:
    """Finder of modules that refuses those of `_UNUSED`."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:  # noqa: ARG002 - the protocol
        """Raise ModuleNotFoundError for an unused module, and leave others to the next finder."""
        if name in _UNUSED:
            raise ModuleNotFoundError(f"The command doesn't use {name}", name=name)


def begin_startup() -> None:
    """Let Ctrl-C end the process without a word, until `end_startup`.

    An exception would not do: one that is raised while modules are imported may print a traceback of its own.
    A Ctrl-C that the parent process had ignored stays ignored.
    """
    in_main = threading.current_thread() is threading.main_thread()
    if in_main and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _end_process)


def end_startup() -> None:
    """Let Ctrl-C raise KeyboardInterrupt again. A command calls this before it reads, sends or opens anything."""
    if signal.getsignal(signal.SIGINT) is _end_process and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _end_process(_: int, __: FrameType | None) -> None:
    os._exit(_INTERRUPTED)
