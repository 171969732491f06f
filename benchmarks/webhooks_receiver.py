"""Times of receiving signed webhooks of 6 KB, compared with an empty Starlette route: each under uvicorn, in one process.

The receiver verifies, parses, deduplicates and queues each delivery, responds, and runs an empty handler.

python -m benchmarks.webhooks_receiver
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from benchmarks.bodies import webhook
from benchmarks.table import Row

SECRET = "0123456789abcdef0123456789abcdef"
EVENTS = 1500
CONNECTIONS = 16
BARE, READING, RECEIVER = "bare", "reading", "receiver"
NAMES = {
    BARE: "a bare Starlette route",
    READING: "the same, reading the body",
    RECEIVER: "the receiver",
}


def measure(rounds: int = 5) -> list[Row]:
    """Return the best of several rounds of each server, in turns, in seconds for 1,000 events."""
    best = dict.fromkeys(NAMES, float("inf"))
    with ExitStack() as stack:
        ports = {name: stack.enter_context(_serving(name)) for name in NAMES}
        for turn in range(rounds):
            for name, port in ports.items():
                requests = _requests(turn)
                best[name] = min(best[name], asyncio.run(_post_all(port, requests)) * 1000 / EVENTS)
    return [Row(f"{NAMES[name]}: {1000 / each:,.0f}/s", each, best[BARE]) for name, each in best.items()]


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


@contextmanager
def _serving(name: str) -> Iterator[int]:
    command = [sys.executable, "-m", "benchmarks.webhooks_receiver", name]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


# --- The servers, each in its own process -----------------------------------------------------------------------------


def app(name: str) -> Any:
    if name == RECEIVER:
        from buildkite_ext.webhooks import WebhookHandler

        hooks = WebhookHandler(secret=SECRET)

        @hooks.on("job.finished")
        async def nothing(event: Any) -> None: ...

        return hooks.asgi()

    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    async def bare(request: Request) -> Response:
        if name == READING:
            await request.body()
        return Response(b"", 200)

    return Starlette(routes=[Route("/hooks", bare, methods=["POST"])])


def serve(name: str) -> None:
    import socket

    import uvicorn

    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as bound:
        bound.bind(("127.0.0.1", 0))
        bound.listen(CONNECTIONS)
        print(bound.getsockname()[1], flush=True)
        uvicorn.Server(uvicorn.Config(app(name), log_level="error", access_log=False)).run(sockets=[bound])


if __name__ == "__main__":
    if len(sys.argv) > 1:
        serve(sys.argv[1])
    else:
        print(f"{len(webhook('job.finished')):,} bytes")
        for row in measure():
            print(row)
