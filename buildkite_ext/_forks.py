"""Objects that start again in a forked child process.

A child inherits its parent's sockets, and its locks in the state that they had. Two processes that read one socket read each
other's answers; a lock that another thread held is never released in the child, because that thread doesn't exist there.
"""

from __future__ import annotations

import os
from typing import Protocol
from weakref import WeakSet

__all__ = ["ProcessLocal", "keep_inherited", "reset_after_fork"]


class ProcessLocal(Protocol):
    """Object that may not share its connections and locks with a forked child process."""

    def _reset_after_fork(self) -> None:
        """Replace connections and locks. Acquire no lock: the thread that holds it doesn't exist in the child."""
        ...


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


def _after_in_child() -> None:
    for each in list(_process_local):
        each._reset_after_fork()


if hasattr(os, "register_at_fork"):  # Windows has no fork
    os.register_at_fork(after_in_child=_after_in_child)
