"""Locks of files, which processes that write to the same file respect."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["locked"]

if sys.platform == "win32":
    import msvcrt

    _LOCKED_BYTE = 2**31 - 2
    """Position of the byte that is locked. Nobody can read or write a locked byte, so it lies behind the content."""

    @contextmanager
    def locked(file: int) -> Iterator[None]:
        """Lock a file for other processes while a `with` block runs.

        Raises:
            OSError: another process held the lock for ten seconds.
        """
        _lock(file, msvcrt.LK_LOCK)
        try:
            yield
        finally:
            _lock(file, msvcrt.LK_UNLCK)

    def _lock(file: int, mode: int) -> None:
        os.lseek(file, _LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(file, mode, 1)

else:
    import fcntl

    @contextmanager
    def locked(file: int) -> Iterator[None]:
        """Lock a file for other processes while a `with` block runs."""
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(file, fcntl.LOCK_UN)
