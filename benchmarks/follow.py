"""Following a log while it grows, over sockets: the bytes that the server sends, its requests, and when the first line comes.

Time passes by the client's pauses and by the delay of each answer, so that a minute of a log takes a second.

python -m benchmarks.follow
"""

from __future__ import annotations

import itertools
import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

import anyio

from buildkite_ext import BuildkiteClient

DELAY = 0.1
"""Seconds between a request and its answer."""

LINE = 1000
_REST = b"." * (LINE - 13) + b"\n"
_MB = 1_000_000
_SENT_AT_ONCE = 256 * 1024


class Moved(NamedTuple):
    """What following a log moved, and its goals."""

    name: str
    log: int
    moved: int
    requests: int
    polls: int
    first_line: int

    @property
    def goal(self) -> int:
        """Bytes that may be moved: 1.15 times the log, and 8 kB a poll."""
        return round(1.15 * self.log + 8192 * self.polls)

    def __str__(self) -> str:
        return (
            f"  {self.name:<44}{self.moved / self.log:>6.2f} x the log (goal {self.goal / self.log:.2f})   "
            f"{self.requests / self.polls:.2f} requests a poll   first line at poll {self.first_line}"
        )


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
        self.moved = self.requests = self.polls = 0

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


def follow(
    name: str, size: Callable[[float], int], *, ends: float, interval: float = 2.0, tail: int | None = None
) -> Moved:
    """Follow a log to its end, and return what it took."""
    clock = VirtualClock()
    server = LogServer(clock, size, ends)
    with serving(server) as url, BuildkiteClient("acme", token="bench", base_url=url, clock=clock, max_body=_MB) as api:
        lines = api.jobs.follow("web", 1, "job", poll_interval=interval, tail=tail)
        first = int(next(lines).text.rstrip("."))
        first_line = server.polls
        for expected, line in zip(itertools.count(first + 1), lines, strict=False):
            assert int(line.text.rstrip(".")) == expected
    return Moved(name, server.size - first * LINE, server.moved, server.requests, server.polls, first_line)


def measure() -> list[Moved]:
    """Follow logs of several rates and sizes."""
    return [
        follow("1 kB/s for 5 minutes", lambda now: int(1000 * (1 + now)), ends=300.0),
        follow("200 kB/s for 2 minutes", lambda now: int(200_000 * (1 + now)), ends=120.0),
        follow("5 MB/s for 40 seconds", lambda now: int(5 * _MB * (1 + now)), ends=40.0),
        follow("200 kB/s, ten times that every 20 seconds", _bursts, ends=120.0),
        follow("100 MB there, then 1 kB/s for a minute", lambda now: 100 * _MB + int(1000 * now), ends=60.0),
        follow("the same, its last 100 lines", lambda now: 100 * _MB + int(1000 * now), ends=60.0, tail=100),
        follow("300 MB there, max_body=1 MB", lambda _: 300 * _MB, ends=0.0),
    ]


def _bursts(now: float) -> int:
    return int(200_000 * now) + 2 * _MB * (1 + int(now) // 20)


if __name__ == "__main__":
    for row in measure():
        print(row)
