"""Reader of one job's log: requests for its new bytes, and the lines in them as the bytes arrive."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from itertools import chain
from typing import TYPE_CHECKING

import httpx

from ..errors import ApiError, DeadlineExceeded, InvalidResponse, NetworkError, NotFound
from ..events import LogRewritten
from ..transport.wire import TRANSPORT_ERRORS, lost
from ..urls import path_of
from .lateness import Lateness, seconds_since
from .parser import LineParser, LogLine
from .tail import LogReplaced, Tail, content_range

if TYPE_CHECKING:
    from ..transport.requester import Requester
    from .selection import LoggedJob

__all__ = ["JobLogReader"]

_ATTEMPTS = 5
"""Limit on the requests of one poll, for a log that grows faster than expected."""

_ROUNDS = 10
"""Limit on the polls in a row, after the job has ended, that leave its log incomplete."""

_QUIET = 2
"""Polls in a row without new bytes, after which lines are given that were held back because the log draws them again."""

_BLOCK = 1024 * 1024
"""Bytes that are read before their lines are given. A larger answer stays on its connection meanwhile."""

_SLICE = 2.0
"""Seconds for which such a block is read, so that a slow answer holds up nothing else."""

_LINE = 200
"""Bytes of a line to expect, for the request of a log's last lines."""

_LONGEST_LINE = 1024 * 1024
"""Bytes of the longest line that is given in one piece."""


class JobLogReader:
    """Reader of one job's log.

    Each poll takes one request, or a few if the log grew by more than expected. Lines are given while an answer arrives, so a
    log of any size takes little memory.

    Attributes:
        job_id: the id of the job.
        job: the job as it was seen last.
        again: after the end of the job, the seconds after which its log is polled again because more may come; None otherwise.
        requests: the number of requests that the last poll took.
        grew: True if the last poll found new bytes.
        lost: the error of the last poll, if it has lost an answer. The next poll asks for the rest.
        missing: the error of the last request, if Buildkite answered that the log doesn't exist.
    """

    def __init__(
        self, requester: Requester, job: LoggedJob, *, last: int | None = None, stored: bool = False, pace: float = 1.0
    ) -> None:
        """Create a reader.

        Args:
            requester: sends the requests.
            job: the job. Its name is that of its lines.
            last: the number of the log's last lines to begin with; None to begin with its first line.
            stored: read the log as it is now, so that each line is given once.
            pace: see `Lateness`.
        """
        self.requests = 0
        self.grew = False
        self.lost: NetworkError | None = None
        self.missing: NotFound | None = None
        self._requester = requester
        self.job = job
        self.job_id = job.id
        self.again: float | None = None
        self._name = job.name
        self._last = last
        self._stored = stored
        self._tail = Tail()
        self._live = not stored
        """False if each line is given once, as it is at last."""
        self._parser = LineParser(job.id, job.name, live=self._live)
        self._polled = False
        """True after the first poll."""
        self._quiet = 0
        """Polls in a row that found nothing new."""
        self._cut = False
        """True if the parser's unfinished line lacks its beginning."""
        self._response: httpx.Response | None = None
        """Answer whose body is still arriving."""
        self._body: AsyncIterator[bytes] | None = None
        self._late = False
        """True if the time allowed was over while an answer arrived."""
        self._over = False
        """True if the job had ended before the last poll."""
        self._rounds = 0
        self._lateness = Lateness(pace=pace)
        self._answer: httpx.Response | None = None
        """The last answer, which may be an error."""
        self._previous: httpx.Response | None = None
        """The last answer of the poll before."""
        self._begun = False
        """True once a byte of the log was read."""
        self._no_time_left = False

    @property
    def arriving(self) -> bool:
        """True if the last poll's answer is still arriving: `more` returns its next lines."""
        return self._response is not None

    @property
    def complete(self) -> bool:
        """True if the last poll read all that the log had, after the job had ended."""
        return self._over and self._settled and self.again is None

    @property
    def read(self) -> int:
        """Number of bytes of the log that are read, or left out before the last lines."""
        return self._tail.offset

    async def poll(self, ends: float | None, *, over: bool = False, last: bool = False) -> Iterator[LogLine]:
        """Return the first lines that are new since the last poll. `more` returns the others.

        Args:
            ends: end of the time allowed, on the runtime's clock; None for no limit.
            over: True if the job has ended, so that the log grows no longer, but for what comes late.
            last: True if no time is left for another poll.

        Raises:
            InvalidResponse: an answer doesn't have the form that is documented.
        """
        if self._late:
            raise self._too_late()
        self.requests = 0
        self.grew = False
        self.lost = None
        self.again = None
        self._over = over
        if self._rounds >= _ROUNDS:
            raise InvalidResponse(
                f"The log of job {self._name!r} is still incomplete after {_ROUNDS} polls, although the job has ended. "
                "Follow it again later."
            )
        if over and not self._polled and self._last is None:  # nobody waits for lines that may still change
            self._live = False
            self._restart(self._tail)
        self._polled = True
        self._no_time_left = last
        self._previous = self._answer
        if self._last is not None:
            lines = iter(await self._begin_with_last(self._last, ends))
        else:
            lines = await self._new(ends)
            self._expect_more()
        if over and self.lost is None and not self.grew and self.again is None:
            self._rounds += 1
        self._quiet = 0 if self.grew else self._quiet + 1
        return lines if self._quiet < _QUIET else chain(lines, self._parser.release())

    def _expect_more(self) -> None:
        """Find out after a poll whether the log is polled again although its job has ended, because more may come late."""
        if not (self._over and self.job.ended) or self.lost is not None or self._no_time_left:
            return
        if self._answer is None or (
            self._begun and self._answer.is_error
        ):  # the next poll looks again whether it is gone
            return
        before = None if self._previous is None else seconds_since(self.job.finished_at, self._previous)
        age = seconds_since(self.job.finished_at, self._answer)
        empty, now = self._answer.status_code == 416, self._requester.runtime.now()
        if self._stored and (empty or age is None):  # what the log is now, or it may have ended long ago
            return
        absent = self._settled and not self._begun
        grew = self.grew and not self._stored
        self.again = self._lateness.again(now, absent=absent, grew=grew, age=age, before=before, empty=empty)

    async def _new(self, ends: float | None) -> Iterator[LogLine]:
        """Return the first of the new lines."""
        before: list[LogLine] = []
        for _ in range(_ATTEMPTS):
            try:
                block = await self._ask(ends)
            except LogReplaced as replaced:
                lines, resumed = await self._find_again(ends, replaced)
                before += lines
                if resumed:
                    break
                continue
            if block is not None:
                return chain(before, self._lines(block))
        return iter(before)

    async def more(self, ends: float | None) -> Iterator[LogLine]:
        """Return the next lines of an answer that is still arriving: see `poll`."""
        if self._late:
            raise self._too_late()
        try:
            return self._lines(await self._block(ends))
        except LogReplaced as replaced:
            return iter((await self._find_again(ends, replaced))[0])

    def end(self) -> list[LogLine]:
        """Return the last line, once the log is complete."""
        lines = list(self._parser.finish())
        return lines[1:] if self._cut else lines

    def abandon(self) -> None:
        """Release the connection without waiting for it."""
        response, self._response, self._body = self._response, None, None
        if response is not None:
            self._requester.runtime.abandon(response)

    @property
    def _settled(self) -> bool:
        return self.missing is not None or (self._tail.settled and self._response is None)

    def _restart(self, tail: Tail) -> None:
        self._tail = tail
        self._parser = LineParser(self.job_id, self._name, live=self._live)
        self._cut = False

    async def _find_again(self, ends: float | None, replaced: LogReplaced) -> tuple[list[LogLine], bool]:
        """Continue in a log that isn't the one that was read: behind what was read last, or else at its beginning.

        The bytes before that place may have become more or fewer, as they do where a secret is replaced.

        Returns:
            Lines, and True unless the log has to be asked for again from its beginning.
        """
        before = tail, parser, cut = self._tail, self._parser, self._cut
        rest: bytes | None = None
        if not replaced.gone:
            try:
                self._restart(Tail(tail.window))
                block = await self._ask(ends)
                rest = tail.rest_of(block or b"")
            except BaseException:
                self._tail, self._parser, self._cut = before
                raise
            if self.lost is not None:  # the next poll finds out again
                self._tail, self._parser, self._cut = before
                return [], True
        self._parser, self._cut = parser, cut
        self._requester.events.emit(LogRewritten(self.job_id, self._name, tail.offset, resumed=rest is not None))
        if rest is not None:
            return list(self._lines(rest)), True
        await self._close()
        lines = self.end()
        self._restart(Tail())
        return lines, False

    def _lines(self, block: bytes) -> Iterator[LogLine]:
        self.grew = self.grew or bool(block)
        self._begun = self._begun or bool(block)
        lines = self._parser.feed(block)
        if self._cut and next(lines, None) is not None:
            self._cut = False
        return lines

    async def _begin_with_last(self, last: int, ends: float | None) -> list[LogLine]:
        """Return the last lines that the log has now, and continue behind them. The log is never read as a whole for them."""
        expected = last * _LINE
        lines, count = await self._read_end(last, expected + _LINE, ends)
        self.grew = self._begun = count > 0
        for attempt in range(2, _ATTEMPTS + 1):
            if count > last or not last or self._tail.begun_at == 0 or not self._tail.settled:
                break
            expected *= 8  # its lines are longer
            enough = (last + 1) * _LONGEST_LINE
            lines, count = await self._read_end(last, enough if attempt == _ATTEMPTS else expected, ends)
            if self._tail.offset == 0 and self._settled:  # there was a log a moment ago: the next poll begins again
                self.missing = None
                self._restart(Tail())
                return []
        cut = self._tail.begun_at > 0
        if self.lost is not None or (not count and not self._settled):
            return []  # the answer was lost; the next poll begins again
        self._expect_more()
        if not count and self.again is not None:
            return []  # it may come late; the next poll begins again
        self._last = None
        if self._tail.offset == 0:  # the log is empty so far, so all of it will be new
            self._tail = Tail()
            self._tail.empty()
        if cut and 0 < count <= last:
            lines.popleft()
        self._cut = cut and not count
        if self.complete:
            lines.extend(self.end())
        return list(lines)

    async def _read_end(self, last: int, first: int, ends: float | None) -> tuple[deque[LogLine], int]:
        """Return the last lines in the last `first` bytes of the log, and the number of all lines in them."""
        self._restart(Tail(first))
        lines: deque[LogLine] = deque(maxlen=last)
        count = 0
        block = await self._ask(ends)
        while block is not None:
            for line in self._parser.feed(block):
                lines.append(line)
                count += 1
            block = None if self._response is None else await self._block(ends)
        for line in self._parser.finish() if self._stored else ():
            lines.append(line)
            count += 1
        return lines, count

    async def _ask(self, ends: float | None) -> bytes | None:
        """Send one request. Return the first block of new bytes, or None if another request is needed."""
        runtime, tail = self._requester.runtime, self._tail
        response = await self._send(tail.request(runtime.now()), ends)
        if response is None:
            return b""
        self._response = self._answer = response  # released if anything below fails
        try:
            encoded = response.headers.get("Content-Encoding", "identity") != "identity"
            body = await self._decoded(response) if encoded else b""
            start, total = _place(response, len(body) if encoded else None)
            if encoded and start + len(body) != total:
                raise _compressed(response)
            action = tail.examine(start, total, runtime.now(), ranged=response.status_code == 206)
            if action != "read":
                await self._close()
                return b"" if action == "nothing" else None
            if encoded:
                await self._close()
                fresh = tail.take(body)
                tail.end()
                return fresh
            self._body = runtime.stream(response)
        except BaseException:
            self.abandon()
            raise
        return await self._block(ends)

    async def _send(self, suffix: int, ends: float | None) -> httpx.Response | None:
        """Send one request for the end of the log. Return None if the log is missing or empty."""
        requester = self._requester
        get_log = requester.module("jobs", "get_job_log")
        request = requester.build(
            get_log,
            get_log._get_kwargs(requester.organization, self.job_id),
            # Uncompressed: ranges count the bytes that are sent.
            headers={"Accept": "text/plain", "Accept-Encoding": "identity", "Range": f"bytes=-{suffix}"},
            ends=ends,
            stream=True,
        )
        self.missing = None
        self.requests += 1
        try:
            return await requester.send_by(ends, request)
        except NotFound as error:
            self._answer = error.response
            if self._tail.offset:
                self._tail.empty()  # it was deleted, if the next answer says so too
            else:
                self.missing = error  # the log does not exist before the job writes to it
        except ApiError as error:
            if error.status != 416:
                raise
            self._answer = error.response
            self._tail.empty()
        return None

    async def _block(self, ends: float | None) -> bytes:
        """Return the next new bytes of the answer that is arriving: a block, or fewer if it ends, fails or takes too long."""
        runtime, tail, response, body = self._requester.runtime, self._tail, self._response, self._body
        assert response is not None
        assert body is not None
        pieces: list[bytes] = []
        size = 0
        now = runtime.now()
        if ends is not None and now >= ends:
            self.abandon()
            raise self._too_late()
        until = now + _SLICE if ends is None else min(ends, now + _SLICE)
        try:
            while size < _BLOCK and runtime.now() < until:
                chunk = await anext(body, None)
                if chunk is None:
                    if not tail.end():
                        raise httpx.RemoteProtocolError("the answer ended before its last byte")
                    await self._close()
                    break
                fresh = tail.take(chunk)
                size += len(fresh)
                pieces.append(fresh)
        except TRANSPORT_ERRORS as error:
            await self._close()
            if ends is not None and runtime.now() >= ends - 0.01:  # the narrowed timeout was that of the whole
                self._late = True
            else:
                self.lost = lost(error, response.request)
        except BaseException:
            self.abandon()
            raise
        if size:
            self._rounds = 0
        return b"".join(pieces)

    async def _decoded(self, response: httpx.Response) -> bytes:
        """Return the whole body of an answer that was compressed on its way."""
        body = bytearray()
        maximum = self._requester.options.max_body
        try:
            async with aclosing(self._requester.runtime.chunks(response)) as chunks:
                async for chunk in chunks:
                    body += chunk
                    if len(body) > maximum:
                        raise InvalidResponse(
                            f"GET {path_of(response.request)}: the log came compressed, and it is larger than {maximum} bytes. "
                            "A larger max_body= allows it."
                        )
        except httpx.DecodingError as error:
            raise _compressed(response) from error
        except httpx.TransportError as error:
            raise lost(error, response.request) from error
        return bytes(body)

    async def _close(self) -> None:
        response, self._response, self._body = self._response, None, None
        if response is not None:
            await self._requester.runtime.close(response)

    def _too_late(self) -> DeadlineExceeded:
        return DeadlineExceeded(
            f"The log of job {self._name!r} was still arriving when the time allowed was over. Allow more with timeout=, or "
            "leave out old lines with tail=."
        )


def _compressed(response: httpx.Response) -> InvalidResponse:
    return InvalidResponse(
        f"GET {path_of(response.request)}: a part of the log came compressed and can't be unpacked, although it was asked for "
        "uncompressed. A proxy between this program and Buildkite may have compressed it."
    )


def _place(response: httpx.Response, length: int | None) -> tuple[int, int | None]:
    """Return the place in the log of an answer's first byte, and the length of the log, None if it isn't known."""
    told: str = response.headers.get("Content-Length", "")
    sent = int(told) if length is None and told.isascii() and told.isdigit() and len(told) < 20 else None
    if response.status_code == 206:
        place = content_range(response.headers.get("Content-Range", ""), sent)
        if place is None:
            raise InvalidResponse(
                f"GET {path_of(response.request)}: a part of the log came without a valid Content-Range, which gives its "
                "position."
            )
        return place
    return 0, sent if length is None else length
