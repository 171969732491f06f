"""Output of a job, and the bytes of it that have arrived by a time."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from msgspec import Struct

from .commands import LogScript

__all__ = ["Log"]

_LINE = re.compile(rb"[^\n]*\n|[^\n]+")
_LINE_RESTART = re.compile(rb"\r(?!\n)")
_GROUP_HEADER = re.compile(rb"^(?:\x1b_bk;t=\d+\x07)?(?:---|\+\+\+|~~~) ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class _Piece:
    """Bytes of a log, and the time at which they arrive."""

    at: float
    data: bytes


def _compose(script: LogScript, *, started: float, duration: float, timestamps: bool) -> list[_Piece]:
    """Return the pieces in which a log arrives.

    Args:
        script: the job's output.
        started: the time at which the job starts, in seconds since the epoch.
        duration: the seconds that it runs.
        timestamps: put Buildkite's `ESC _bk;t=<milliseconds> BEL` before each line, as agents do, and after each
            carriage return that starts a line again.
    """
    if isinstance(script, str | bytes):
        lines = _LINE.findall(_bytes(script))
        timed = [(duration * number / len(lines), line) for number, line in enumerate(lines)]
    else:
        timed = sorted(((max(0.0, min(at, duration)), _bytes(text)) for at, text in script), key=lambda item: item[0])
    pieces: list[_Piece] = []
    at_line_start = True
    for offset, data in timed:
        at = started + offset
        if timestamps:
            mark = f"\x1b_bk;t={round(at * 1000)}\x07".encode()
            marked, at_line_start = _marked(data, mark, at_line_start)
            pieces.append(_Piece(at, marked))
        else:
            pieces.append(_Piece(at, data))
    return pieces


def _marked(data: bytes, mark: bytes, at_line_start: bool) -> tuple[bytes, bool]:
    """Return the bytes with the mark at each start of a line, and whether the next bytes start a line."""
    marked: list[bytes] = []
    for line in _LINE.findall(data):
        marked.append(mark if at_line_start else b"")
        marked.append(_LINE_RESTART.sub(lambda _: b"\r" + mark, line) if b"\r" in line else line)
        at_line_start = line.endswith(b"\n")
    return b"".join(marked), at_line_start


def _bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text


class Log(Struct, eq=False, gc=False):
    """Log of a job: empty before the job starts, growing until the job finishes.

    It refers to nothing but bytes and numbers, so that the garbage collector needn't look at it.

    Attributes:
        deleted: whether a request has deleted it.

    Example:
        >>> log = Log()
        >>> log.begin([(0, b"one"), (1, b"two")], started=10.0, duration=2.0, timestamps=False)
        >>> log.visible(10.5)
        b'one'
    """

    deleted: bool = False
    _script: LogScript | None = None
    _started: float = 0.0
    _duration: float = 0.0
    _timestamps: bool = False
    _data: bytes = b""
    _times: Sequence[float] = ()
    _ends: Sequence[int] = ()
    _stopped: float | None = None

    def begin(self, script: LogScript, *, started: float, duration: float, timestamps: bool) -> None:
        """Begin the log of a job that has started. It is composed when it is first read: see `_compose`."""
        self._script, self._started, self._duration, self._timestamps = script, started, duration, timestamps

    def add(self, now: float, data: bytes) -> None:
        """Add bytes that arrive now, behind those that have arrived, in place of all that was to come."""
        count = self._count(now)
        known = self.visible(now)
        self._data = known + data
        self._times = [*self._times[:count], now]
        self._ends = [*self._ends[:count], len(self._data)]

    def stop(self, now: float) -> None:
        """End the log: nothing arrives after this time."""
        if self._stopped is None:
            self._stopped = now

    def size(self, now: float) -> int:
        """Return the number of bytes that have arrived."""
        return self._ends[count - 1] if (count := self._count(now)) else 0

    def visible(self, now: float) -> bytes:
        """Return the bytes that have arrived."""
        size = self.size(now)
        return self._data[:size]

    def last(self, count: int, now: float) -> bytes:
        """Return the last bytes of those that have arrived, at most `count`."""
        size = self.size(now)
        return self._data[max(0, size - count) : size]

    def header_times(self, now: float) -> list[int]:
        """Return the times at which the headers of groups arrived, in nanoseconds since the epoch."""
        headers = _GROUP_HEADER.finditer(self.visible(now))
        return [round(self._times[bisect_right(self._ends, found.start())] * 1000) * 1_000_000 for found in headers]

    def _count(self, now: float) -> int:
        if self._script is not None:
            self._read(
                _compose(self._script, started=self._started, duration=self._duration, timestamps=self._timestamps)
            )
            self._script = None
        return bisect_right(self._times, now if self._stopped is None else min(now, self._stopped))

    def _read(self, pieces: list[_Piece]) -> None:
        self._data = b"".join(piece.data for piece in pieces)
        self._times = [piece.at for piece in pieces]
        self._ends = list(accumulate(len(piece.data) for piece in pieces))
