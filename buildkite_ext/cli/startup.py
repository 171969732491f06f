"""Ctrl-C during start-up: the process ends at once and silently, since nothing was sent and nothing is open."""

from __future__ import annotations

import os
import signal
import threading
from types import FrameType

__all__ = ["begin_startup", "end_startup"]

_INTERRUPTED = 130


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
