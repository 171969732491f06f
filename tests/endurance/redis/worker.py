"""A worker as a process: `python -m tests.endurance.redis.worker URL FILE PARTITIONS ORDERED`.

It writes a line for each delivery after it was handled and before it is acknowledged, with one write each. SIGTERM ends it
in order.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time

from buildkite_ext.webhooks.delivery import Delivery
from buildkite_ext.webhooks.redis import RedisStreamSource

CLAIM_AFTER = 5.0
CONCURRENCY = 16
LEASE = 3.0
LINGER = 0.001  # so that kills fall between handling and acknowledging


async def work(url: str, path: str, partitions: int, *, ordered: bool) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    source = RedisStreamSource(
        url,
        partitions=partitions,
        ordered=ordered,
        concurrency=CONCURRENCY,
        claim_after=CLAIM_AFTER,
        lease=LEASE,
        retry_pause=0.2,
        tries=20,
    )

    async def handle(delivery: Delivery) -> None:
        os.write(file, f"{delivery.id} {delivery.build_id} {time.monotonic_ns()}\n".encode())
        if ordered:
            await asyncio.sleep(LINGER)

    async with asyncio.TaskGroup() as tasks:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, lambda: tasks.create_task(source.aclose()))
        await source.consume(handle)


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], sys.argv[2], int(sys.argv[3]), ordered=sys.argv[4] == "ordered"))
