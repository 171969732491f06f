"""Reader of one job's log: requests for its new bytes, and the lines in them as the bytes arrive."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from itertools import chain
from typing import TYPE_CHECKING

import httpx

from ..errors import ApiError, DeadlineExceeded, InvalidResponse, NetworkError, NotFound
from ..transport.wire import TRANSPORT_ERRORS, lost
from ..urls import path_of
from .parser import LineParser, LogLine
from .tail import LogReplaced, Tail, content_range

if TYPE_CHECKING:
    from ..transport.requester import Requester

__all__ = ["JobLogReader"]

_ATTEMPTS = 5
"""Limit on the requests of one poll, for a log that grows faster than expected."""

_ROUNDS = 10
"""Limit on the polls in a row, after the job has ended, that leave its log incomplete."""

_BLOCK = 1024 * 1024
"""Bytes that are read before their lines are given. A larger answer stays on its connection meanwhile."""

_LINE = 200
"""Bytes of a line to expect, for the request of a log's last lines."""


class JobLogReader:
    """Reader of one job's log.

    Each poll takes one request, or a few if the log grew by more than expected. Lines are given while an answer arrives, so a
    log of any size takes little memory.

    Attributes:
        job_id: the job.
        finished: True after `end`.
        requests: the number of requests that the last poll took.
        grew: True if the last poll found new bytes.
    """

    def __init__(self, requester: Requester, job_id: str, name: str, *, last: int | None = None) -> None:
        """Create a reader.

        Args:
            requester: sends the requests.
            job_id: the job's id.
            name: the job's name, for its lines.
            last: the number of the log's last lines to begin with; None to begin with its first line.
        """
        self.finished = False
        self.requests = 0
        self.grew = False
        self._requester = requester
        self.job_id = job_id
        self._name = name
        self._last = last
        self._tail = Tail()
        self._parser = LineParser(job_id, name)
        self._cut = False
        """True if the parser's unfinished line lacks its beginning."""
        self._response: httpx.Response | None = None
        """Answer whose body is still arriving."""
        self._body: AsyncIterator[bytes] | None = None
        self._error: NetworkError | DeadlineExceeded | None = None
        self._failures = 0
        self._missing = False
        self._rounds = 0

    @property
    def settled(self) -> bool:
        """True if the last poll read all that the log had, so that the log of an ended job is complete."""
        return self._missing or (self._tail.settled and self._response is None)

    async def poll(self, ends: float | None, *, over: bool = False) -> Iterator[LogLine]:
        """Return the first lines that are new since the last poll. `more` returns the others.

        Args:
            ends: end of the time allowed, on the runtime's clock; None for no limit.
            over: True if the job has ended, so that the log grows no longer.

        Raises:
            NetworkError: the connection was lost, and the retry policy allows no further attempt.
            InvalidResponse: an answer doesn't have the form that is documented.
        """
        self._raise_lost()
        self.requests = 0
        self.grew = False
        if over:
            self._rounds += 1
            if self._rounds > _ROUNDS:
                raise InvalidResponse(
                    f"The log of job {self._name!r} is still incomplete after {_ROUNDS} polls, although the job has ended. "
                    "Follow it again later."
                )
        if self._last is not None:
            return iter(await self._begin_with_last(self._last, ends, over=over))
        before: list[LogLine] = []
        for _ in range(_ATTEMPTS):
            try:
                block = await self._ask(ends)
            except LogReplaced:
                before += self.end()
                self._restart(Tail())
                continue
            if block is not None:
                return chain(before, self._lines(block))
        return iter(before)

    async def more(self, ends: float | None) -> Iterator[LogLine] | None:
        """Return the next lines of an answer that is still arriving; None if there are none. See `poll`."""
        self._raise_lost()
        if self._response is None:
            return None
        try:
            return self._lines(await self._block(ends))
        except LogReplaced:
            lines = self.end()
            self._restart(Tail())
            return iter(lines)

    def end(self) -> list[LogLine]:
        """Return the last line, once the log is complete."""
        self.finished = True
        lines = list(self._parser.finish())
        return lines[1:] if self._cut else lines

    def abandon(self) -> None:
        """Release the connection without waiting for it."""
        response, self._response, self._body = self._response, None, None
        if response is not None:
            self._requester.runtime.abandon(response)

    def _restart(self, tail: Tail) -> None:
        self.finished = False
        self._tail = tail
        self._parser = LineParser(self.job_id, self._name)
        self._cut = False

    def _lines(self, block: bytes) -> Iterator[LogLine]:
        self.grew = self.grew or bool(block)
        lines = self._parser.feed(block)
        if self._cut and next(lines, None) is not None:
            self._cut = False
        return lines

    async def _begin_with_last(self, last: int, ends: float | None, *, over: bool) -> list[LogLine]:
        """Return the last lines that the log has now, and continue behind them."""
        expected = last * _LINE
        lines, count = await self._read_end(last, expected + _LINE, ends)
        self.grew = count > 0
        for attempt in range(2, _ATTEMPTS + 1):
            if count > last or not last or self._tail.begun_at == 0 or not self._tail.settled:
                break
            expected *= 8  # its lines are longer
            lines, count = await self._read_end(last, None if attempt == _ATTEMPTS else expected, ends)
            if self._tail.offset == 0 and self.settled:  # there was a log a moment ago: the next poll begins again
                self._missing = False
                self._restart(Tail())
                return []
        cut = self._tail.begun_at > 0
        if not count and not self.settled:
            return []  # the answer was lost; the next poll begins again
        self._last = None
        if self._tail.offset == 0:  # the log is empty so far, so all of it will be new
            self._tail = Tail()
            self._tail.empty()
        if cut and 0 < count <= last:
            lines.popleft()
        self._cut = cut and not count
        if over and self.settled:
            lines.extend(self.end())
        return list(lines)

    async def _read_end(self, last: int, first: int | None, ends: float | None) -> tuple[deque[LogLine], int]:
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
        return lines, count

    async def _ask(self, ends: float | None) -> bytes | None:
        """Send one request. Return the first block of new bytes, or None if another request is needed."""
        runtime, tail = self._requester.runtime, self._tail
        response = await self._send(tail.request(runtime.now()), ends)
        if response is None:
            return b""
        self._response = response  # released if anything below fails
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
        self._missing = False
        self.requests += 1
        try:
            return await requester.send_by(ends, request)
        except NotFound:
            if self._tail.offset:
                self._tail.empty()  # it was deleted, if the next answer says so too
            else:
                self._missing = True  # the log does not exist before the job writes to it
        except ApiError as error:
            if error.status != 416:
                raise
            self._tail.empty()
        return None

    async def _block(self, ends: float | None) -> bytes:
        """Return the next new bytes of the answer that is arriving: a block, or fewer if it ends, fails or takes too long."""
        runtime, tail, response, body = self._requester.runtime, self._tail, self._response, self._body
        assert response is not None
        assert body is not None
        pieces: list[bytes] = []
        size = 0
        if ends is not None and runtime.now() >= ends:
            self.abandon()
            raise self._too_late()
        try:
            while size < _BLOCK and (ends is None or runtime.now() < ends):
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
                self._error = self._too_late()
            else:
                self._note_failure(lost(error, response.request), progress=size > 0)
        except BaseException:
            self.abandon()
            raise
        else:
            if size:
                self._failures = self._rounds = 0
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

    def _note_failure(self, error: NetworkError, *, progress: bool) -> None:
        """Keep the error of a lost answer if the policy allows no further request; the next poll asks for the rest."""
        self._failures = 1 if progress else self._failures + 1
        policy = self._requester.options.retry
        if policy is None or policy.delay(self._failures, error, repeatable=True) is None:
            self._error = error

    def _raise_lost(self) -> None:
        if self._error is not None:
            raise self._error

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
