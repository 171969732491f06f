"""Position in a growing log: how much of its end to request, and which bytes of an answer are new.

Buildkite serves a log from its end only: `Range: bytes=-N` (with `Accept: text/plain`), answered by 206 and a
Content-Range with the whole length; an empty log is 416. https://buildkite.com/docs/apis/rest-api/jobs

So each request asks for what the log has probably grown by, and a little more. What comes twice is dropped, and what is
missing is requested again. The head of an answer shows both before its body is read.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median
from typing import Literal

__all__ = ["Action", "LogReplaced", "Tail", "content_range"]

Action = Literal["read", "ask", "nothing"]
"""Use of an answer: read its body, ask again without reading it, or neither, because it holds nothing new."""

_WHOLE = 1024 * 1024 * 1024
"""Maximum size of a log in bytes. https://buildkite.com/docs/platform/limits"""

_MARGIN = 4096
"""Bytes that are requested beyond the expected ones. They also show if the log is still the same."""

_SHARE = 0.14
_SHARE_OF_IRREGULAR = 0.95
_SHARE_OF_POLL = 8000
"""Bytes that may come twice: this share of the log, and so many a poll. An irregular log costs bytes rather than requests."""

_UNREAD = 256 * 1024
"""Bytes of an answer that may have been sent before its reader closes the connection."""

_SAMPLES = 5
"""Measurements of the rate that count. A burst among them does not."""

_IRREGULAR = 2
"""Misses among the last polls at which a log counts as irregular."""

_SHORTEST = 0.05
"""Seconds. Growth over a shorter time says nothing about the rate."""

_REMEMBERED = 64 * 1024
"""Bytes of the log's end that are kept for comparison with later answers."""

_FOUND_BY = 512
_FOUND_BY_AT_LEAST = 256
"""Bytes, the last ones that were read, by which that place is found in a log that was rewritten."""

_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)", re.ASCII)


class LogReplaced(Exception):
    """The log is another one than before: bytes that were read differ now, or are gone.

    Attributes:
        gone: True if the log doesn't exist any more.
    """

    def __init__(self, *, gone: bool = False) -> None:
        super().__init__()
        self.gone = gone


@dataclass(slots=True)
class _Rate:
    """Growth of a log in bytes a second: the median of the last measurements, and of how far they differ from it."""

    _samples: deque[float] = field(default_factory=lambda: deque(maxlen=_SAMPLES))

    def add(self, sample: float) -> None:
        self._samples.append(sample)

    @property
    def median(self) -> float | None:
        return median(self._samples) if self._samples else None

    @property
    def highest(self) -> float:
        """The highest measurement, and by how much the measurements rise as a rule."""
        rises = [later - earlier for earlier, later in pairwise(self._samples)]
        return max(self._samples, default=0.0) + max(0.0, median(rises) if rises else 0.0)

    @property
    def deviation(self) -> float:
        middle = self.median
        return 0.0 if middle is None else median(abs(sample - middle) for sample in self._samples)


class Tail:
    """Position in a log that grows, without input and output.

    For each poll: ask for the last `request` bytes of the log, pass the head of the answer to `examine`, and the pieces of its
    body to `take`.

    Attributes:
        offset: place in the log of the next byte to read.
        settled: False if the last answer left something open, so that a complete log needs another poll.

    Example:
        >>> tail = Tail()
        >>> tail.request(now=0.0)
        1073741824
        >>> tail.examine(0, 6, now=0.1), tail.take(b"hello\\n")
        ('read', b'hello\\n')
        >>> tail.request(now=2.0)
        4096
        >>> tail.examine(0, 12, now=2.1), tail.take(b"hello\\nworld\\n")
        ('read', b'world\\n')
        >>> tail.request(now=4.0)
        4102
        >>> tail.examine(900_000, 904_102, now=4.1)   # a gap: ask for more of the end
        'ask'
        >>> tail.request(now=4.1)
        932342
    """

    def __init__(self, first: int | None = None) -> None:
        """Create a position.

        Args:
            first: bytes of the log's end to begin with; None to begin with its first byte.
        """
        self.offset = 0
        self.settled = False
        self._first = first
        self._origin = 0
        self._rate = _Rate()
        self._seen: tuple[float, int] | None = None
        """Time and total of the answer from which the rate is measured on."""
        self._polls = 0
        self._twice = 0
        self._asked = self._answered = self._took = 0.0
        """Times of the last request and of its answer, and the seconds between them."""
        self._between = 0
        """Bytes to expect between two requests of one poll."""
        self._expected = 0
        """Bytes that this poll would ask for if it could rely on the rate."""
        self._misses: deque[bool] = deque(maxlen=_SAMPLES)
        """For the last polls: True if that was too little, or far too much."""
        self._grew = False
        """True if the last poll showed new bytes."""
        self._followed = {grew: deque[bool](maxlen=_SAMPLES) for grew in (False, True)}
        """For the last polls before which one had or hadn't new bytes: True if they had some themselves."""
        self._share = _SHARE
        self._suffix: int | None = None
        """Bytes to ask for again in this poll."""
        self._total: int | None = None
        """Length of the log in this poll's last answer."""
        self._shorter = 0
        self._recent = b""
        self._position = 0
        self._ends: int | None = None
        self._ranged = True
        self._is_longer = False
        """True if the answer's body continues beyond the end that its head tells."""

    @property
    def begun_at(self) -> int:
        """Place in the log of the first byte that was read."""
        return self._origin

    @property
    def window(self) -> int:
        """Bytes of the log's end in which `rest_of` looks."""
        return 2 * _REMEMBERED

    def rest_of(self, end: bytes) -> bytes | None:
        """Return the bytes behind what was read last, in the end of a log that was rewritten. Return None if it isn't there.

        Example:
            >>> tail, log = Tail(), b"".join(b"line %d\\n" % number for number in range(100))
            >>> _ = tail.request(now=0.0), tail.examine(0, len(log), now=0.1), tail.take(log)
            >>> tail.rest_of(log.replace(b"line 0", b"[REDACTED]") + b"new")
            b'new'
        """
        read = self._recent[-_FOUND_BY:]
        place = end.find(read)
        if len(read) < _FOUND_BY_AT_LEAST or place < 0 or place != end.rfind(read):
            return None
        return end[place + len(read) :]

    def request(self, now: float) -> int:
        """Return the number of bytes of the log's end to ask for.

        Args:
            now: the time in seconds. It may begin at any number.
        """
        self.settled = False
        self._asked = now
        if self._suffix is not None:
            return self._suffix
        self._polls += 1
        self._total = None
        self._expected = 0
        if self._first is not None:
            return self._first
        if self.offset == 0:
            return _WHOLE
        if self._rate.median is None:
            return _MARGIN
        elapsed = now - self._answered + self._took  # until the answer comes
        expected = self._rate.median * elapsed
        spread = min(0.05 * expected + 2 * self._rate.deviation * elapsed, self._allowed(expected) / 2)
        likely = int(expected + max(_MARGIN, spread))
        if self._share == _SHARE_OF_IRREGULAR:
            burst, most = int(1.05 * self._rate.highest * elapsed) + _MARGIN, self._allowed(0)
            # A small request shows by its head how much is new.
            likely = next((size for size in (burst, likely) if size <= most and self._is_due), _MARGIN)
        self._expected = likely
        return likely

    def examine(self, start: int, total: int | None, now: float, *, ranged: bool = True) -> Action:
        """Return what to do with an answer, of which only the head is known.

        Args:
            start: the place in the log of its first byte.
            total: the length of the log; None if the answer doesn't say.
            now: the time in seconds at which it arrived.
            ranged: False if the answer has the whole log whatever was asked for.
        """
        action = self._examine(start, total, now, ranged=ranged)
        if action != "read" and ranged and total is not None:
            self._twice += min(_UNREAD, total - start)
        return action

    def _examine(self, start: int, total: int | None, now: float, *, ranged: bool) -> Action:
        self._suffix = None
        self._position, self._ends, self._ranged, self._is_longer = start, total, ranged, False
        if self._first is not None:
            self.offset = self._origin = start
            self._first = None
        self._answered, self._took = now, max(0.0, now - self._asked)
        if total is None:
            return "read"
        first, grown = self._total is None, max(0, total - (total if self._total is None else self._total))
        self._total = total
        if total < self.offset:
            return self._examine_shorter(start, total)
        self._shorter = 0
        new = total - self.offset
        if first:
            if self._expected:
                self._misses.append(not 0 <= self._expected - new <= self._allowed(new))
                if self._misses.count(True) >= _IRREGULAR:
                    self._share = _SHARE_OF_IRREGULAR
            self._measure(total, now)
            self._followed[self._grew].append(new > 0)
            self._grew = new > 0
        # The job writes meanwhile, so a request for exactly what is new would leave a gap again. A second gap shows how much is
        # written between two requests.
        if grown:
            self._between = 2 * grown
        written = max(_MARGIN, self._between, 1.25 * (self._rate.median or 0.0) * self._took)
        if start > self.offset:
            self._suffix = new + int(written)
            return "ask"
        twice = self.offset - start
        # To ask again would save nothing below that size.
        if (ranged and twice <= _UNREAD) or (new and twice <= self._allowed(new)):
            return "read"
        if new == 0:
            self.settled = True
            return "nothing"
        if not ranged:
            return "read"
        self._suffix = new + int(max(0, min(written, self._allowed(new))))
        return "ask"

    def take(self, data: bytes) -> bytes:
        """Return the new bytes in the next piece of the body.

        Raises:
            LogReplaced: the piece differs from what was read before. Begin again with another `Tail`.
        """
        if self._ends is not None:
            left = max(0, self._ends - self._position)
            self._is_longer = self._is_longer or len(data) > left
            data = data[:left]
        start, self._position = self._position, self._position + len(data)
        old = min(len(data), max(0, self.offset - start))
        if old:
            self._twice += old if self._ranged else 0
            self._compare(start, data[:old])
        fresh = data[old:]
        if fresh:
            self.offset += len(fresh)
            self._recent = fresh[-_REMEMBERED:] if len(fresh) >= _REMEMBERED else (self._recent + fresh)[-_REMEMBERED:]
        return fresh

    def end(self) -> bool:
        """Note the end of a body. Return False if it ended too early.

        Raises:
            LogReplaced: the log has become shorter than what was read, for the second time in a row.
        """
        if self._ends is None:  # a whole log of unknown length
            if self._position < self.offset:
                self._note_shorter()
                return True
            self._shorter = 0
        elif self._position < self._ends:
            return False
        self.settled = self._shorter == 0 and not self._is_longer
        return True

    def empty(self) -> None:
        """Note an answer that says that the log is empty, or that there is none.

        Raises:
            LogReplaced: the log was not empty, and this is the second such answer in a row.
        """
        self._suffix = None
        if self.offset:
            self._note_shorter(gone=True)
        else:
            self.settled = True

    def _examine_shorter(self, start: int, total: int) -> Action:
        """Examine an answer with less than what was read: it is older than the last one, or the log was replaced."""
        remembered = self.offset - len(self._recent)
        if total > max(start, remembered) and total - start <= self._allowed(0):
            self._shorter = 1  # read and compared: an older answer has the same bytes
            return "read"
        self._note_shorter()
        return "nothing"

    def _note_shorter(self, *, gone: bool = False) -> None:
        self._shorter += 1
        if self._shorter > 1:
            raise LogReplaced(gone=gone)

    def _compare(self, start: int, data: bytes) -> None:
        remembered = self.offset - len(self._recent)
        skipped = max(0, remembered - start)
        compared = data[skipped:]
        at = max(start, remembered) - remembered
        if compared and self._recent[at : at + len(compared)] != compared:
            raise LogReplaced

    @property
    def _is_due(self) -> bool:
        """True if the next poll probably shows new bytes, since most did after one like the last one.

        A log that grows in steps stands still after each, and what a poll asks for then comes twice.
        """
        followed = self._followed[self._grew]
        return 2 * followed.count(True) >= len(followed)

    def _allowed(self, new: float) -> float:
        """Return how many bytes may come twice, if so many new ones come."""
        return self._share * (self.offset - self._origin + new) + _SHARE_OF_POLL * self._polls - self._twice

    def _measure(self, total: int, now: float) -> None:
        if self._seen is None:
            self._seen = (now, total)
            return
        elapsed = now - self._seen[0]
        if elapsed >= _SHORTEST:
            self._rate.add(max(0, total - self._seen[1]) / elapsed)
            self._seen = (now, total)


def content_range(header: str, length: int | None = None) -> tuple[int, int] | None:
    """Return start and total of a `Content-Range`; None if it has another form.

    A total that contradicts the rest of the header, or the length of the body, is raised to what came.

    Args:
        header: the value.
        length: the length of the body in bytes, where it is known.

    Example:
        >>> content_range("bytes 5-9/10")
        (5, 10)
        >>> content_range("bytes 0-68/3"), content_range("bytes 0-2/3", 69), content_range("bytes 0-68/3", 3)
        ((0, 69), (0, 69), (0, 3))
    """
    match = _CONTENT_RANGE.fullmatch(header.strip())
    if match is None or len(header) >= 80:
        return None
    start, last, total = (int(match[each]) for each in (1, 2, 3))
    if length is not None and start + length == total:
        return start, total
    return start, max(total, last + 1, start + (length or 0))
