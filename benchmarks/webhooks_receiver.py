"""Receiving signed webhooks of 6 KB, beside a Starlette route that does nothing: each under uvicorn, in one process.

The receiver verifies, parses, deduplicates and queues each delivery, responds, and runs a handler. The CPU time is that of the
server's process.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.bodies import webhook
from benchmarks.rows import ROUNDS, Row, Taken, at_most, compared

if TYPE_CHECKING:
    from buildkite_ext.webhooks.adapters.asgi import App

TITLE = "Receiving webhooks"
SECRET = "0123456789abcdef0123456789abcdef"
EVENTS, CONNECTIONS = 500, 16
_MOST = 1.176
"""CPU time of a delivery for a rate of 0.85: the other way round, rounded down."""
BARE, READING, RECEIVER = "a bare Starlette route", "a Starlette route that reads the body", "the receiver"
CHECKING = "a Starlette route that checks the signature and decodes"
_H11 = " under h11"
"""The end of the name of a server whose uvicorn has no httptools."""


def measure() -> list[Row]:
    """Return a row for each route. Its figures are those of one delivery."""
    taken: dict[str, list[Taken]] = {BARE: [], READING: [], CHECKING: [], RECEIVER: []}
    taken |= {BARE + _H11: [], RECEIVER + _H11: []}
    with ExitStack() as stack:
        servers = {name: stack.enter_context(_serving(name)) for name in taken}
        for turn in range(ROUNDS + 1):
            for name, server in servers.items():
                requests = _requests(turn)
                cpu, wall = server.cpu_seconds(), asyncio.run(_post_all(server.port, requests))
                if turn:
                    taken[name].append(Taken((server.cpu_seconds() - cpu) / EVENTS, wall / EVENTS))
    return [
        compared(f"One delivery; rate of the receiver {_rate(taken, peer):.2f}", taken, RECEIVER, peer, goal=goal)
        for peer, goal in ((BARE, at_most(_MOST)), (READING, None), (CHECKING, None))
    ] + [compared("One delivery, uvicorn without httptools", taken, RECEIVER + _H11, BARE + _H11)]


def _rate(taken: dict[str, list[Taken]], peer: str) -> float:
    return median(one.cpu / ours.cpu for one, ours in zip(taken[peer], taken[RECEIVER], strict=True))


def _requests(turn: int) -> list[bytes]:
    """Return different deliveries, because a repeated one isn't handled again."""
    from buildkite_ext.webhooks import sign

    event = json.loads(webhook("job.finished"))
    requests = []
    for number in range(EVENTS):
        event["build"]["number"] = turn * EVENTS + number
        body = json.dumps(event).encode()
        head = (
            "POST /hooks HTTP/1.1\r\nHost: hooks.acme.test\r\nUser-Agent: Buildkite-Request\r\nAccept: */*\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
            f"X-Buildkite-Event: job.finished\r\nX-Buildkite-Signature: {sign(body, SECRET)}\r\n\r\n"
        )
        requests.append(head.encode() + body)
    return requests


async def _post_all(port: int, requests: list[bytes]) -> float:
    waiting = iter(requests)

    async def post_some(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for request in waiting:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 "), head
            await reader.readexactly(int(head.lower().split(b"content-length: ")[1].split(b"\r", 1)[0]))
        writer.close()

    connections = [await asyncio.open_connection("127.0.0.1", port) for _ in range(CONNECTIONS)]
    begun = time.perf_counter()
    await asyncio.gather(*(post_some(*connection) for connection in connections))
    return time.perf_counter() - begun


class _Server:
    """A server in its own process, which tells its port, and its CPU time for each line that it reads."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._asks, self._answers = process.stdin, process.stdout
        self.port = int(self._answers.readline())

    def cpu_seconds(self) -> float:
        self._asks.write("\n")
        self._asks.flush()
        return float(self._answers.readline())


@contextmanager
def _serving(name: str) -> Iterator[_Server]:
    command = [sys.executable, "-m", "benchmarks.webhooks_receiver", name]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield _Server(process)
        finally:
            process.terminate()


# --- The servers, each in its own process -----------------------------------------------------------------------------


def _app(name: str) -> App:
    if name == RECEIVER:
        from buildkite_ext.webhooks import JobFinished, WebhookHandler

        hooks = WebhookHandler(secret=SECRET)

        @hooks.on("job.finished")
        async def read(event: JobFinished) -> None:
            assert event.job.state == "passed"
            assert event.build.branch == "main"

        return hooks.asgi()

    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    async def bare(request: Request) -> Response:
        if name in (READING, CHECKING):
            body = await request.body()
        if name == CHECKING:
            timestamp, signature = (
                part.partition("=")[2] for part in request.headers["X-Buildkite-Signature"].split(",")
            )
            signed = hmac.digest(SECRET.encode(), timestamp.encode() + b"." + body, "sha256")
            if not hmac.compare_digest(signed.hex(), signature) or abs(time.time() - int(timestamp)) > 300:
                return Response(b"", 401)
            event = json.loads(body)
            assert event["job"]["state"] == "passed"
            assert event["build"]["branch"] == "main"
        return Response(b"", 200)

    return Starlette(routes=[Route("/hooks", bare, methods=["POST"])])


def _serve(name: str) -> None:
    import socket

    import uvicorn

    def tell() -> None:
        for _ in sys.stdin:
            print(time.process_time(), flush=True)

    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as bound:
        bound.bind(("127.0.0.1", 0))
        bound.listen(CONNECTIONS)
        print(bound.getsockname()[1], flush=True)
        threading.Thread(target=tell, daemon=True).start()
        app, http = _app(name.removesuffix(_H11)), "h11" if name.endswith(_H11) else "auto"
        uvicorn.Server(uvicorn.Config(app, http=http, log_level="error", access_log=False)).run(sockets=[bound])


if __name__ == "__main__":
    _serve(sys.argv[1])
