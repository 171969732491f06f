"""New bytes of a growing log.

Buildkite serves a log from its end only: `Range: bytes=-N` (with `Accept: text/plain`), answered by 206 and a
Content-Range with the whole length; an empty log is 416. https://buildkite.com/docs/apis/rest-api/jobs
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Tail", "content_range"]

_FIRST_SUFFIX = 64 * 1024
_MIN_SUFFIX = 4 * 1024
_MAX_SUFFIX = 1024 * 1024
_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")


@dataclass(slots=True)
class Tail:
    """Position in a log: the bytes read so far, and the bytes of its end to request next.

    Example:
        >>> tail = Tail()
        >>> tail.take(0, 6, b"hello\\n")
        b'hello\\n'
        >>> tail.take(0, 12, b"hello\\nworld\\n")
        b'world\\n'
        >>> tail.take(100, 120, b"x" * 20) is None   # a gap: request more of the end
        True
        >>> tail.suffix
        4204
    """

    offset: int = 0
    """Bytes read so far."""
    suffix: int = _FIRST_SUFFIX
    """Bytes of the end to ask for next."""
    _gap_total: int | None = None
    """Length of the log when the last answer left a gap; None if it left none."""

    def take(self, start: int, total: int, data: bytes) -> bytes | None:
        """Return the new bytes of an answer that begins at `start` of `total`; None if there is a gap before it."""
        if total < self.offset:  # deleted, or started again: all of it is new
            self.offset = 0
        if start > self.offset:
            missing = total - self.offset
            # The job writes meanwhile, so a request for exactly the gap would leave a gap again. Two gaps in a row show how
            # much is written between two requests. After the first gap that is a guess.
            written = missing // 4 if self._gap_total is None else 2 * (total - self._gap_total)
            self.suffix = missing + max(_MIN_SUFFIX, written)
            self._gap_total = total
            return None
        self._gap_total = None
        fresh = data[self.offset - start :]
        # Twice the bytes of the last poll, so that a steady log takes one request a poll and repeats few bytes. The first
        # answer does not show how fast the log grows, so it does not count.
        expected = min(max(_MIN_SUFFIX, 2 * len(fresh)), _MAX_SUFFIX)
        self.suffix = expected if self.offset else _FIRST_SUFFIX
        self.offset = start + len(data)
        return fresh


def content_range(header: str) -> tuple[int, int] | None:
    """Return start and total of a `Content-Range`; None if it has another form.

    Example:
        >>> content_range("bytes 5-9/10")
        (5, 10)
    """
    match = _CONTENT_RANGE.fullmatch(header.strip())
    return (int(match[1]), int(match[3])) if match and len(header) < 80 else None
