"""Files of `webhooks listen --jsonl`: one delivery a line, in a file or on the standard output."""

from __future__ import annotations

import errno
import json
import os
import re
import stat
import threading
from contextlib import suppress
from datetime import UTC, datetime
from io import RawIOBase
from pathlib import Path
from typing import BinaryIO, Protocol

from ... import strict_json
from ...webhooks.delivery import Delivery
from .file_lock import locked

__all__ = ["JsonlFile", "JsonlStream", "JsonlWriter", "delivery_line", "single_line"]

_MODE = 0o600
"""Mode of a new file: bodies hold names of users, commits and settings."""
_BINARY: int = getattr(os, "O_BINARY", 0)
"""On Windows, write line breaks as they are."""
_NOT_BLOCKING: int = getattr(os, "O_NONBLOCK", 0)
"""Elsewhere, don't wait for the reader of a named pipe, which is refused."""
_NOT_PRINTABLE_ASCII = re.compile(r"[^\x20-\x7e]")


def delivery_line(delivery: Delivery) -> bytes:
    """Return the line of a delivery: an object with `received_at`, `event`, `delivery` and `body`."""
    received = datetime.fromtimestamp(delivery.received_at, UTC).isoformat(timespec="milliseconds")
    head = json.dumps({"received_at": received, "event": delivery.event, "delivery": delivery.id})
    return f'{head[:-1]}, "body": {single_line(delivery.body)}}}\n'.encode("ascii")


def single_line(body: bytes) -> str:
    r"""Return the same JSON on one line of printable ASCII, safe for terminals and for programs that read lines.

    The JSON isn't parsed and serialized again: numbers, repeated keys and the order of keys stay. (Outside of strings,
    JSON holds only ASCII, and white space as the only control characters. Inside of strings it holds no control characters.)
    A body that isn't strict JSON becomes a string.

    Example:
        >>> single_line('{"a": 1.10,\n "b": "ü\u2028"}'.encode())
        '{"a": 1.10,  "b": "\\u00fc\\u2028"}'
    """
    try:
        text = body.decode()
        strict_json.loads(text)
    except ValueError:
        return json.dumps(body.decode("utf-8", "replace"))
    return _NOT_PRINTABLE_ASCII.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    character = found[0]
    return " " if character < " " else json.dumps(character)[1:-1] if character != "\x7f" else "\\u007f"


class JsonlWriter(Protocol):
    """Writer of lines."""

    def append(self, line: bytes, /) -> None:
        """Write a line. It is complete and in its place when this returns.

        Raises:
            OSError: the line can't be written. No part of it was.
        """
        ...

    def reopen(self) -> None:
        """Open the file again by its name, after log rotation."""
        ...


class JsonlStream:
    """Writer of lines to a stream. A part of a line that could be written becomes a line of its own."""

    def __init__(self, stream: BinaryIO) -> None:
        # Without the buffer, which would keep a line that can't be written, and write it before the next one.
        self._stream: RawIOBase | BinaryIO = getattr(stream, "raw", stream)
        self._lock = threading.Lock()
        self._incomplete = False

    def append(self, line: bytes, /) -> None:
        with self._lock:
            if self._incomplete:
                self._write(b"\n")
                self._incomplete = False
            self._write(line)

    def _write(self, data: bytes) -> None:
        left = memoryview(data)
        try:
            while left:
                written = self._stream.write(left)
                if not written:
                    raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
                left = left[written:]
        finally:
            if 0 < len(left) < len(data):  # nothing takes back what a pipe has
                self._incomplete = True

    def reopen(self) -> None:
        """Do nothing: a stream has no name."""


class JsonlFile:
    """Writer of lines to the end of a file. A line is on the disk when `append` returns.

    The file may be renamed or removed at any time: the next line then starts a new file. (Windows allows neither while the
    file is open.)

    Raises:
        OSError: the file can't be opened, or isn't a regular file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._file: int | None = self._open()

    def append(self, line: bytes, /) -> None:
        with self._lock:
            file = self._current_file()
            # Another process may write to the same file. Each writes complete lines, under a lock.
            with locked(file):
                _append_complete(file, line)

    def reopen(self) -> None:
        with self._lock:
            self._close()

    def _current_file(self) -> int:
        """Return the file that has the name now."""
        if self._file is not None:
            opened = os.fstat(self._file)
            with suppress(FileNotFoundError):
                named = self._path.stat()
                if (named.st_dev, named.st_ino) == (opened.st_dev, opened.st_ino):
                    return self._file
            self._close()
        self._file = self._open()
        return self._file

    def _open(self) -> int:
        file = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT | _BINARY | _NOT_BLOCKING, _MODE)
        try:
            if not stat.S_ISREG(os.fstat(file).st_mode):
                raise OSError("it isn't a regular file")
            self._sync_folder()
        except BaseException:
            os.close(file)
            raise
        return file

    def _sync_folder(self) -> None:
        """Write the folder to the disk, because it holds the name of a new file."""
        with suppress(OSError):  # some systems can't
            folder = os.open(self._path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def _close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _append_complete(file: int, line: bytes) -> None:
    """Write a line to the disk. If that fails, restore the file's previous size."""
    size = os.fstat(file).st_size
    if size:
        os.lseek(file, size - 1, os.SEEK_SET)  # where to read; each write goes to the end
        if os.read(file, 1) != b"\n":
            line = b"\n" + line  # another process was killed in the middle of a line
    rest = memoryview(line)
    try:
        while rest:
            rest = rest[os.write(file, rest) :]
        os.fsync(file)
    except OSError:
        os.ftruncate(file, size)
        raise
