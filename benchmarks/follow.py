"""Following: the bytes that a log's server sends over sockets, and the requests that a build takes.

Time passes by the client's pauses and by the delay of each answer, so that a minute of a log takes a second.
"""

from __future__ import annotations

import bisect
import itertools
import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import anyio
import httpx

from buildkite_ext import BuildkiteClient

from .rows import Row, at_most

TITLE = "Following builds and logs"

DELAY = 0.1
"""Seconds between a request and its answer."""

LINE = 1000
_REST = b"." * (LINE - 13) + b"\n"
_MB = 1_000_000
_SENT_AT_ONCE = 256 * 1024


class VirtualClock:
    """Clock that moves when something sleeps by it."""

    def __init__(self) -> None:
        self._now = 0.0

    def monotonic(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += seconds

    async def asleep(self, seconds: float) -> None:
        self._now += seconds
        await anyio.lowlevel.checkpoint()


class LogServer:
    """Server of one job and its log.

    Args:
        size: the length of the log at a time of the clock.
        ends: the time at which the job ends.
    """

    def __init__(self, clock: VirtualClock, size: Callable[[float], int], ends: float) -> None:
        self._clock = clock
        self._size = size
        self._ends = ends
        self.moved = self.requests = self.polls = self.first = 0

    @property
    def size(self) -> int:
        return self._size(min(self._clock.monotonic(), self._ends)) // LINE * LINE

    def job(self) -> bytes:
        self.polls += 1
        state = "passed" if self._clock.monotonic() >= self._ends else "running"
        known = {"id": "job", "name": "test", "type": "script", "state": state, "started_at": "2026-01-05T09:00:00Z"}
        return json.dumps(known).encode()

    def log(self, suffix: int, connection: socket.socket) -> None:
        """Send the last bytes of the log, and count what is sent before the client closes the connection."""
        self.requests += 1
        self._clock.sleep(DELAY / 2)
        total = self.size
        self._clock.sleep(DELAY / 2)
        start = max(0, total - suffix)
        head = f"HTTP/1.1 206 Partial Content\r\nContent-Type: text/plain\r\nContent-Length: {total - start}\r\n"
        connection.sendall(f"{head}Content-Range: bytes {start}-{total - 1}/{total}\r\n\r\n".encode())
        for at in range(start, total, _SENT_AT_ONCE):
            part = memoryview(_lines(at, min(at + _SENT_AT_ONCE, total)))
            while part:
                sent = connection.send(part)
                self.moved += sent
                part = part[sent:]


def _lines(start: int, end: int) -> bytes:
    first = start // LINE
    lines = b"".join(b"%012d%s" % (number, _REST) for number in range(first, -(-end // LINE)))
    return lines[start - first * LINE : end - first * LINE]


@contextmanager
def serving(server: LogServer) -> Iterator[str]:
    """The address of a server, for as long as the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            try:
                if self.path.endswith("/log"):
                    found = re.fullmatch(r"bytes=-(\d+)", self.headers["Range"])
                    assert found is not None
                    server.log(int(found[1]), self.connection)
                else:
                    body = server.job()
                    self.send_response(200)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
            except ConnectionError:
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            pass  # the client closed a connection

    http = Server(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    threading.Thread(target=http.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{http.server_address[1]}"
    finally:
        http.shutdown()
        http.server_close()


def follow(size: Callable[[float], int], *, ends: float, interval: float = 2.0, tail: int | None = None) -> LogServer:
    """Follow a log to its end, and return its server."""
    clock = VirtualClock()
    server = LogServer(clock, size, ends)
    with serving(server) as url, BuildkiteClient("acme", token="bench", base_url=url, clock=clock, max_body=_MB) as api:
        lines = api.jobs.follow("web", 1, "job", poll_interval=interval, tail=tail)
        server.first = int(next(lines).text.rstrip("."))
        for expected, line in zip(itertools.count(server.first + 1), lines, strict=False):
            assert int(line.text.rstrip(".")) == expected
    return server


class BuildServer:
    """Server of a build whose jobs all run for some minutes, for `httpx.MockTransport`. It counts the requests."""

    def __init__(self, clock: VirtualClock, jobs: int, growth: float, ends: float) -> None:
        self._clock = clock
        self._jobs = jobs
        self._growth = growth
        self._ends = ends
        self._lock = threading.Lock()
        self.times: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        now = self._clock.monotonic()
        with self._lock:
            self.times.append(now)
        if request.url.path.endswith("/log"):
            total = LINE * (1 + int(self._growth * min(now, self._ends)))
            start = max(0, total - int(request.headers["Range"].removeprefix("bytes=-")))
            place = {"Content-Range": f"bytes {start}-{total - 1}/{total}"}
            return httpx.Response(206, headers=place, content=_lines(start, total))
        state = "passed" if now >= self._ends else "running"
        known = {"type": "script", "state": state, "started_at": "2026-01-05T09:00:00Z"}
        jobs = [{"id": f"job{number}", "name": f"test {number}", **known} for number in range(self._jobs)]
        return httpx.Response(200, json={"id": "build", "number": 1, "state": state, "blocked": False, "jobs": jobs})

    @property
    def most_in_a_minute(self) -> int:
        """Requests in the busiest minute in which the jobs ran."""
        times = [time for time in self.times if time < self._ends]
        return max(bisect.bisect_left(times, time + 60) - place for place, time in enumerate(times))


def follow_build(jobs: int, growth: float) -> tuple[int, float]:
    """Follow a build for ten minutes. Return the requests of the busiest minute, and the seconds until its end was seen.

    Args:
        jobs: the number of jobs that run.
        growth: lines a second that each of them writes.
    """
    clock = VirtualClock()
    server = BuildServer(clock, jobs, growth, ends=603.0)
    seen: list[float] = []
    transport = httpx.MockTransport(server)
    with BuildkiteClient("acme", token="bench", transport=transport, clock=clock) as api:
        lines = api.builds.follow("web", 1, on_build=lambda _: seen.append(clock.monotonic()))
        assert sum(1 for _ in lines) == jobs * (1 + int(growth * 603))
    return server.most_in_a_minute, seen[-1] - 603.0


class Plain:
    """Cost of a loop over httpx, or over pybuildkite's `jobs().get_job_log`: each poll has the whole log."""

    def __init__(self, size: Callable[[float], int], *, ends: float, interval: float = 2.0) -> None:
        clock = VirtualClock()
        self.requests = self.polls = self.moved = 0
        while True:
            over = clock.monotonic() >= ends
            clock.sleep(DELAY)
            self.polls += 1
            self.requests += 1
            self.moved += size(min(clock.monotonic(), ends)) // LINE * LINE
            if over:
                break
            clock.sleep(interval)


def find_last_lines(jobs: int) -> tuple[int, int]:
    """Get the last 100 lines of logs of 100 MB. Return the requests and the bytes."""
    clock = VirtualClock()
    server = LogServer(clock, lambda _: 100 * _MB, 0.0)
    with serving(server) as url, BuildkiteClient("acme", token="bench", base_url=url, clock=clock) as api:
        for number in range(jobs):
            assert len(api.jobs.log_tail("web", 1, f"job-{number}", lines=100)) == 100
    return server.requests, server.moved


def measure() -> Iterator[Row]:
    """Follow builds of several sizes, and logs of several rates and sizes."""
    for jobs, most in ((1, 20), (30, 30), (200, 40)):
        for kind, growth in (("quiet", 0.0), ("growing", 0.5)):
            requests, late = follow_build(jobs, growth)
            name = f"Follow a build, jobs that run: {jobs}, logs: {kind}"
            yield Row(f"{name}: requests in the busiest minute", requests, "", goal=at_most(most, "figure"))
            yield Row(f"{name}: the end is seen after", late, "s", goal=at_most(10, "figure"))
    growths: dict[str, tuple[Callable[[float], int], float, bool]] = {
        "1 kB/s for 5 minutes": (lambda now: int(1000 * (1 + now)), 300.0, True),
        "200 kB/s for 2 minutes": (lambda now: int(200_000 * (1 + now)), 120.0, True),
        "200 kB/s, ten times that every 20 seconds": (_bursts, 120.0, False),
        "faster and faster for a minute": (lambda now: int(10_000 * (1 + now) ** 2), 60.0, False),
        "400 kB and 1 MB in turn, every 3 or 4 seconds": (_unsteady, 120.0, False),
    }
    for name, (size, ends, steady) in growths.items():
        ours, plain = follow(size, ends=ends), Plain(size, ends=ends)
        log = ours.size - ours.first * LINE
        goal = at_most(round((1.15 if steady else 2) + 8192 * ours.polls / log, 2), "figure")
        beside = "whole log at each poll"
        yield Row(
            f"Follow a log, {name}: bytes, in sizes of the log",
            ours.moved / log,
            "",
            beside,
            plain.moved / log,
            goal=goal,
        )
        goal = at_most(1.1 if steady else 1.3, "figure")
        yield Row(
            f"Follow a log, {name}: requests a poll",
            ours.requests / ours.polls,
            "",
            beside,
            plain.requests / plain.polls,
            goal=goal,
        )
    requests, moved = find_last_lines(5)
    yield Row(
        "The last 100 lines of a log of 100 MB: requests", requests / 5, "", "whole log", 1, goal=at_most(2, "figure")
    )
    yield Row("The last 100 lines of a log of 100 MB: bytes", moved / 5 / _MB, "MB", "whole log", 100)
    logs = {
        "5 MB/s for 40 seconds": follow(lambda now: int(5 * _MB * (1 + now)), ends=40.0),
        "100 MB there, then 1 kB/s for a minute": follow(lambda now: 100 * _MB + int(1000 * now), ends=60.0),
        "the same, its last 100 lines": follow(lambda now: 100 * _MB + int(1000 * now), ends=60.0, tail=100),
        "300 MB there, max_body=1 MB": follow(lambda _: 300 * _MB, ends=0.0),
    }
    for name, server in logs.items():
        log = server.size - server.first * LINE
        # Bytes that may be moved: 1.15 times the log, and 8 kB a poll.
        goal = at_most(round(1.15 + 8192 * server.polls / log, 2), "figure")
        yield Row(f"Follow a log, {name}: bytes, in sizes of the log", server.moved / log, "", goal=goal)
        yield Row(f"Follow a log, {name}: requests a poll", server.requests / server.polls, "")


def _bursts(now: float) -> int:
    return int(200_000 * now) + 2 * _MB * (1 + int(now) // 20)


def _unsteady(now: float) -> int:
    return 200_000 * (1 + 7 * (int(now) // 7) + 5 * (int(now) % 7 >= 3))
