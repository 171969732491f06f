"""What a job prints, and how much of it has arrived at an hour."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate

from ..definition.steps import LogScript

_LINE = re.compile(rb"[^\n]*\n|[^\n]+")
_REWRITTEN = re.compile(rb"\r(?!\n)")
_HEADER = re.compile(rb"^(?:\x1b_bk;t=\d+\x07)?(?:---|\+\+\+|~~~) ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Piece:
    """Some bytes and the hour they arrive at."""

    at: float
    data: bytes


def compose(script: LogScript, *, started: float, lasts: float, timestamps: bool) -> list[Piece]:
    """The pieces that a script comes in.

    Args:
        script: the job's output.
        started: when the job starts, in seconds since the epoch.
        lasts: the seconds it runs.
        timestamps: put Buildkite's `ESC _bk;t=<milliseconds> BEL` before each line, as agents do, and behind a
            carriage return that begins the line anew.
    """
    if isinstance(script, str | bytes):
        lines = _LINE.findall(_bytes(script))
        timed = [(lasts * number / len(lines), line) for number, line in enumerate(lines)]
    else:
        timed = sorted(((max(0.0, min(at, lasts)), _bytes(text)) for at, text in script), key=lambda item: item[0])
    pieces: list[Piece] = []
    begins = True
    for offset, data in timed:
        at = started + offset
        if timestamps:
            mark = f"\x1b_bk;t={round(at * 1000)}\x07".encode()
            marked, begins = _marked(data, mark, begins)
            pieces.append(Piece(at, marked))
        else:
            pieces.append(Piece(at, data))
    return pieces


def _marked(data: bytes, mark: bytes, begins: bool) -> tuple[bytes, bool]:
    """The bytes with the mark at each beginning of a line, and whether what follows them begins one."""
    marked: list[bytes] = []
    for line in _LINE.findall(data):
        marked.append(mark if begins else b"")
        marked.append(_REWRITTEN.sub(lambda _: b"\r" + mark, line) if b"\r" in line else line)
        begins = line.endswith(b"\n")
    return b"".join(marked), begins


def _bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text


class Log:
    """A job's log. It is empty before the job starts and grows until the job ends.

    Example:
        >>> log = Log()
        >>> log.begin(lambda: [Piece(10.0, b"one"), Piece(11.0, b"two")])
        >>> log.visible(10.5)
        b'one'
    """

    def __init__(self) -> None:
        self.deleted = False
        self._script: Callable[[], list[Piece]] | None = None
        self._data = b""
        self._times: list[float] = []
        self._ends: list[int] = []
        self._stopped: float | None = None

    def begin(self, script: Callable[[], list[Piece]]) -> None:
        """The job has started; `script` says what it prints, and is asked when somebody first looks."""
        self._script = script

    def stop(self, now: float) -> None:
        """The job has ended: nothing arrives after this."""
        if self._stopped is None:
            self._stopped = now

    def size(self, now: float) -> int:
        """The bytes that have arrived."""
        return self._ends[count - 1] if (count := self._count(now)) else 0

    def visible(self, now: float) -> bytes:
        """What has arrived."""
        end = self.size(now)
        return self._data[:end]

    def header_times(self, now: float) -> list[int]:
        """When each group's header arrived, in nanoseconds since the epoch."""
        headers = _HEADER.finditer(self.visible(now))
        return [round(self._times[bisect_right(self._ends, found.start())] * 1000) * 1_000_000 for found in headers]

    def _count(self, now: float) -> int:
        if self._script is not None:
            self._read(self._script())
            self._script = None
        return bisect_right(self._times, now if self._stopped is None else min(now, self._stopped))

    def _read(self, pieces: list[Piece]) -> None:
        self._data = b"".join(piece.data for piece in pieces)
        self._times = [piece.at for piece in pieces]
        self._ends = list(accumulate(len(piece.data) for piece in pieces))
