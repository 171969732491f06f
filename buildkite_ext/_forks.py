"""Objects that start again in a forked child process.

A child inherits its parent's sockets, and its locks in the state that they had. Two processes that read one socket read each
other's answers; a lock that another thread held is never released in the child, because that thread doesn't exist there.

Nobody can replace the locks of Python's imports. So a fork waits until the imports of this package in other threads have ended.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from types import FrameType
from typing import Any, Protocol
from weakref import WeakSet

__all__ = ["ProcessLocal", "keep_inherited", "reset_after_fork"]


class ProcessLocal(Protocol):
    """Object that may not share its connections and locks with a forked child process."""

    def _reset_after_fork(self) -> None:
        """Replace connections and locks. Acquire no lock: the thread that holds it doesn't exist in the child."""
        ...


_PACKAGES = ("buildkite_ext.", "buildkite_api.")

_LONGEST_IMPORT = 3.0
"""Seconds for which a fork waits at most. The import of all models takes a tenth of one on an idle machine."""

_process_local: WeakSet[ProcessLocal] = WeakSet()
_inherited: list[object] = []


def reset_after_fork(each: ProcessLocal) -> None:
    """Call `each._reset_after_fork()` in each child process that is forked while `each` is referenced."""
    _process_local.add(each)


def keep_inherited(*objects: object) -> None:
    """Keep objects of the parent process referenced, so that nothing in them is closed.

    Closing an inherited event loop or transport ends the parent's registration with the epoll that both processes share.
    """
    _inherited.extend(objects)


def _before() -> None:
    """Wait until no other thread imports something for this package: a call imports what it needs when it first needs it."""
    ends = time.monotonic() + _LONGEST_IMPORT
    while _others_import() and time.monotonic() < ends:
        time.sleep(0.001)  # nothing tells when an import ends


def _others_import() -> bool:
    """Tell if another thread holds the lock of a module and is within a function of this package."""
    locks: dict[str, Any] = getattr(sys.modules.get("_frozen_importlib"), "_module_locks", {})
    owners: set[Any] = {getattr(reference(), "owner", None) for reference in list(locks.values())}
    owners -= {None, threading.get_ident()}
    if not owners:
        return False
    frames = sys._current_frames()
    return any(_is_ours(frames.get(owner)) for owner in owners)


def _is_ours(frame: FrameType | None) -> bool:
    while frame is not None:
        if str(frame.f_globals.get("__name__")).startswith(_PACKAGES):
            return True
        frame = frame.f_back
    return False


def _after_in_child() -> None:
    for each in list(_process_local):
        each._reset_after_fork()


if hasattr(os, "register_at_fork"):  # Windows has no fork
    os.register_at_fork(before=_before, after_in_child=_after_in_child)
