"""Servers with logs that grow with the clock, and that count what a client reads of them."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Sequence

import httpx

from .fakes import FakeClock, answer, build, job

STARTED = "2026-01-05T09:00:00.000Z"
_CHUNK = 64 * 1024


class NumberedLog:
    """Log of numbered lines, of any size, that takes no memory.

    Args:
        line: the bytes of a line, its break included.
    """

    def __init__(self, line: int = 100) -> None:
        self.line = line

    def data(self, start: int, end: int) -> bytes:
        first = start // self.line
        rest = b"." * (self.line - 13) + b"\n"
        lines = b"".join(b"%012d%s" % (number, rest) for number in range(first, -(-end // self.line)))
        return lines[start - first * self.line : end - first * self.line]


class _Counted(httpx.SyncByteStream, httpx.AsyncByteStream):
    """Body that is made piece by piece, as it is read, and counted."""

    def __init__(self, pieces: Iterator[bytes], count: Callable[[int], None]) -> None:
        self._pieces = pieces
        self._count = count

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            self._count(len(piece))
            yield piece

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._Async(iter(self))

    class _Async(AsyncIterator[bytes]):
        def __init__(self, pieces: Iterator[bytes]) -> None:
            self._pieces = pieces

        async def __anext__(self) -> bytes:
            for piece in self._pieces:
                return piece
            raise StopAsyncIteration

    def close(self) -> None:
        pass

    async def aclose(self) -> None:
        pass


class GrowingJob:
    """Server of one job, for `httpx.MockTransport`.

    Args:
        clock: the clock of the client, which an answer's delay moves.
        size: the length of the log at a time, in seconds since the beginning.
        ends: seconds after which the job has ended. The log does not grow after that.
        delay: seconds that a request takes. The answer has the log of the middle of that time.
        data: the bytes of the log from a start to an end.
    """

    def __init__(
        self,
        clock: FakeClock,
        size: Callable[[float], int],
        *,
        ends: float,
        delay: float = 0.1,
        data: Callable[[int, int], bytes] | None = None,
    ) -> None:
        self._clock = clock
        self._began = clock.monotonic()
        self._size = size
        self._ends = ends
        self._delay = delay
        self.data = data or NumberedLog().data
        self._lock = threading.Lock()
        self.moved = self.requests = self.polls = 0
        self.suffixes: list[int] = []

    @property
    def now(self) -> float:
        return self._clock.monotonic() - self._began

    @property
    def size(self) -> int:
        return self._size(min(self.now, self._ends))

    def __call__(self, request: httpx.Request) -> httpx.Response:
        with self._lock:
            if not request.url.path.endswith("/log"):
                self.polls += 1
                state = "passed" if self.now >= self._ends else "running"
                return answer(job("test", started_at=STARTED, state=state))
            self.requests += 1
            self._clock.advance(self._delay / 2)
            total = self.size
            self._clock.advance(self._delay / 2)
            return self.log(request, total)

    def log(self, request: httpx.Request, total: int) -> httpx.Response:
        """Return the end of the log that the request asks for, as Buildkite does."""
        assert request.headers["Accept"] == "text/plain"
        assert request.headers["Accept-Encoding"] == "identity"
        suffix = int(request.headers["Range"].removeprefix("bytes=-"))
        assert suffix > 0
        self.suffixes.append(suffix)
        if not total:
            return answer({"message": "The log is empty"}, 416)
        start = max(0, total - suffix)
        headers = {
            "Content-Range": f"bytes {start}-{total - 1}/{total}",
            "Content-Length": str(total - start),
            "Content-Type": "text/plain",
        }
        return httpx.Response(206, headers=headers, stream=self.body(start, total))

    def body(self, start: int, end: int) -> _Counted:
        """Return a body that is counted as it is read."""
        pieces = (self.data(at, min(at + _CHUNK, end)) for at in range(start, end, _CHUNK))
        return _Counted(pieces, self._count)

    def _count(self, size: int) -> None:
        self.moved += size

    def assert_within_bound(self, times: float = 1.15) -> None:
        """Check that the bytes that were moved are at most so many times the log, and 8 kB a poll."""
        assert self.moved <= times * self.size + 8192 * self.polls


class GrowingBuild:
    """Server of one build, for `httpx.MockTransport`.

    Args:
        clock: the clock of the client.
        lines: the number of lines that a job has written at a time, in seconds since the beginning.
        ends: for each job, the seconds after which it ends. The build ends with the last one.
        failing: the jobs that fail.
    """

    def __init__(
        self,
        clock: FakeClock,
        lines: Callable[[int, float], int],
        *,
        ends: Sequence[float],
        failing: Collection[int] = (),
    ) -> None:
        self._clock = clock
        self._began = clock.monotonic()
        self._lines = lines
        self._ends = ends
        self._failing = failing
        self._log = NumberedLog()
        self._lock = threading.Lock()
        self.requests: list[tuple[float, int | None]] = []
        """Times of the requests, with the job whose log was asked for; None for the build."""

    @property
    def now(self) -> float:
        return self._clock.monotonic() - self._began

    def written(self, number: int) -> int:
        """Return the number of lines that a job has written."""
        return self._lines(number, min(self.now, self._ends[number]))

    def __call__(self, request: httpx.Request) -> httpx.Response:
        with self._lock:
            if not request.url.path.endswith("/log"):
                self.requests.append((self.now, None))
                return answer(self._build())
            number = int(request.url.path.split("/")[-2].removeprefix("job-"))
            self.requests.append((self.now, number))
            total = self.written(number) * self._log.line
            if not total:
                return answer(status=416)
            start = max(0, total - int(request.headers["Range"].removeprefix("bytes=-")))
            headers = {"Content-Range": f"bytes {start}-{total - 1}/{total}"}
            return httpx.Response(206, headers=headers, content=self._log.data(start, total))

    def polls(self, job: int | None) -> list[float]:
        """Return the times at which a job's log, or the build, was asked for."""
        return [time for time, number in self.requests if number == job]

    def most_in_a_minute(self, until: float = float("inf")) -> int:
        """Return the number of requests in the busiest 60 seconds before a time."""
        return most_in_a_minute([time for time, _ in self.requests if time < until])

    def _build(self) -> dict[str, object]:
        jobs = []
        for number, ends in enumerate(self._ends):
            over = "failed" if number in self._failing else "passed"
            jobs.append(job(str(number), started_at=STARTED, state=over if self.now >= ends else "running"))
        return build(7, state="passed" if self.now >= max(self._ends) else "running", jobs=jobs)


def most_in_a_minute(times: Sequence[float]) -> int:
    """Return how many of some times, in order, lie within 60 seconds at most."""
    first = most = 0
    for place, time in enumerate(times):
        while times[first] <= time - 59.999:
            first += 1
        most = max(most, place + 1 - first)
    return most
