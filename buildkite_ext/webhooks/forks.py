"""What a forked process must forget: threads and event loops exist in its parent only."""

from __future__ import annotations

import os
import weakref
from typing import Protocol


class Forgetful(Protocol):
    """Holds what a fork doesn't take along."""

    def forget(self) -> None:
        """Begin anew, as if just made, in a child process. Locks may be held by threads that aren't there."""
        ...


_forgetful: weakref.WeakSet[Forgetful] = weakref.WeakSet()
_kept: list[object] = []


def forget_when_forked(each: Forgetful) -> None:
    """Call `each.forget()` in every child process, for as long as `each` lives."""
    _forgetful.add(each)


def keep(*things: object) -> None:
    """Never destroy things of the parent's: a loop that is closed here loses its files in the parent too, which shares
    its epoll."""
    _kept.extend(things)


def _after_in_child() -> None:
    for each in list(_forgetful):
        each.forget()


if hasattr(os, "register_at_fork"):  # not on Windows, which doesn't fork
    os.register_at_fork(after_in_child=_after_in_child)
