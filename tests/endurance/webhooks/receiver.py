"""A receiver behind uvicorn, in its own process, that writes its events to a file.

python -m tests.endurance.webhooks.receiver '{"log": "/tmp/log"}'
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
import time
from typing import Any

import uvicorn

from buildkite_ext.webhooks import BuildFinished, DeliveryEvent, DeliveryRefused, MemoryQueue, WebhookHandler

from ...webhooks.posting import SECRET


def main(
    *, log: str, limit: int = 1000, workers: int = 8, body_timeout: float = 10.0, slow: float = 0.0, **_: Any
) -> None:
    lines = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def note(report: DeliveryEvent) -> None:
        status = report.status if isinstance(report, DeliveryRefused) else ""
        os.write(lines, f"{type(report).__name__} {status}\n".encode())

    hooks = WebhookHandler(
        secret=SECRET, sink=MemoryQueue(limit, workers=workers), body_timeout=body_timeout, on_delivery_event=note
    )

    @hooks.on("build.finished", branch="main")
    async def handle(event: BuildFinished) -> None:
        await asyncio.sleep(slow)
        os.write(lines, f"number {event.build.number}\n".encode())

    @hooks.on("build.finished", branch="sync")
    def handle_in_a_thread(event: BuildFinished) -> None:
        time.sleep(slow)
        os.write(lines, f"number {event.build.number}\n".encode())

    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as bound:
        bound.bind(("127.0.0.1", 0))
        bound.listen(512)
        print(bound.getsockname()[1], flush=True)
        server = uvicorn.Server(uvicorn.Config(hooks.asgi(), log_level="error", access_log=False))
        server.run(sockets=[bound])


if __name__ == "__main__":
    main(**json.loads(sys.argv[1]))
