"""A receiver as a process: `python -m tests.endurance.redis.receiver URL FILE FIRST COUNT PARTITIONS BUILDS`.

Appends deliveries FIRST to FIRST + COUNT - 1, in the order of each build, and writes down each that was accepted. What it
can't know to be accepted it sends again, as Buildkite would, and writes down as doubtful.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from redis.exceptions import RedisError

from buildkite_ext.errors import WebhookQueueFull
from buildkite_ext.webhooks.delivery import Delivery
from buildkite_ext.webhooks.redis import RedisStreamSink

_BODY = b'{"event": "job.finished", "build": {"id": "%d", "state": "passed"}, "pad": "' + b"x" * 300 + b'"}'
LANES = 32


async def receive(url: str, path: str, first: int, count: int, partitions: int, builds: int) -> None:
    sink = RedisStreamSink(url, partitions=partitions, limit=20_000)
    with Path(path).open("w", buffering=1) as lines:  # noqa: ASYNC230

        async def send(lane: int) -> None:
            # All deliveries of a build are in one task, so that they are accepted in the order of their numbers.
            for number in range(first + lane, first + count, LANES):
                delivery = Delivery(
                    str(number), "job.finished", _BODY % number, 0.0, build_id=f"{first}-{lane % builds}"
                )
                while True:
                    try:
                        await sink.put(delivery)
                    except WebhookQueueFull:
                        await asyncio.sleep(0.05)
                    except (RedisError, OSError):
                        lines.write(f"doubtful {number}\n")
                        await asyncio.sleep(0.01)
                    else:
                        lines.write(f"accepted {number}\n")
                        break

        await asyncio.gather(*(send(lane) for lane in range(LANES)))
    await sink.aclose()


if __name__ == "__main__":
    asyncio.run(receive(sys.argv[1], sys.argv[2], *(int(argument) for argument in sys.argv[3:7])))
