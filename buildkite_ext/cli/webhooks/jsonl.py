"""`--jsonl`: deliveries, a line each, in a file or on the standard output."""

from __future__ import annotations

import fcntl
import json
import os
import stat
import threading
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from ...webhooks.deliveries import Delivery
from .json_line import one_line

MODE = 0o600
"""Of a file that is made: bodies tell of commits, people and settings."""


def line_of(delivery: Delivery) -> bytes:
    """The line of a delivery: `received_at`, `event`, `delivery` and `body`."""
    received = datetime.fromtimestamp(delivery.received_at, UTC).isoformat(timespec="milliseconds")
    head = json.dumps({"received_at": received, "event": delivery.event, "delivery": delivery.id})
    return f'{head[:-1]}, "body": {one_line(delivery.body)}}}\n'.encode("ascii")


class Journal(Protocol):
    """Keeps lines."""

    def append(self, line: bytes, /) -> None:
        """Keep a line. Once this returns, the line is where it belongs, whole.

        Raises:
            OSError: it is not, and nothing of it.
        """
        ...

    def reopen(self) -> None:
        """Begin with the file that has the name now."""
        ...


class StreamJournal:
    """Lines on a stream."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def append(self, line: bytes, /) -> None:
        with self._lock:
            self._stream.write(line)
            self._stream.flush()

    def reopen(self) -> None:
        """A stream has no name."""


class FileJournal:
    """Lines at the end of a file, which are on the disk when `append` returns.

    The file may be moved away or removed at any time: the next line begins a new one.

    Raises:
        OSError: the file can't be opened, or is no file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._file: int | None = self._open()

    def append(self, line: bytes, /) -> None:
        with self._lock:
            file = self._current()
            # Others may write to it as well, another `listen` say. Whoever locks it sees whole lines only.
            fcntl.flock(file, fcntl.LOCK_EX)
            try:
                _append_whole(file, line)
            finally:
                fcntl.flock(file, fcntl.LOCK_UN)

    def reopen(self) -> None:
        with self._lock:
            self._close()

    def _current(self) -> int:
        """The file that has the name now."""
        if self._file is not None:
            mine = os.fstat(self._file)
            with suppress(FileNotFoundError):
                named = self._path.stat()
                if (named.st_dev, named.st_ino) == (mine.st_dev, mine.st_ino):
                    return self._file
            self._close()
        self._file = self._open()
        return self._file

    def _open(self) -> int:
        file = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK, MODE)
        try:
            if not stat.S_ISREG(os.fstat(file).st_mode):
                raise OSError(f"{str(self._path)!r} is no file")
            self._keep_name()
        except BaseException:
            os.close(file)
            raise
        return file

    def _keep_name(self) -> None:
        """A new file's name stands in its folder, which the disk has to have as well."""
        with suppress(OSError):  # some systems can't
            folder = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def _close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _append_whole(file: int, line: bytes) -> None:
    """Write a line and see to it that the disk has it; or leave the file as it was."""
    size = os.fstat(file).st_size
    if size and os.pread(file, 1, size - 1) != b"\n":
        line = b"\n" + line  # somebody died in the middle of a line
    rest = memoryview(line)
    try:
        while rest:
            rest = rest[os.write(file, rest) :]
        os.fsync(file)
    except OSError:
        os.ftruncate(file, size)
        raise
