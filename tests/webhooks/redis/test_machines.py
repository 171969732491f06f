"""Receivers and workers on several machines, configured as users do."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from contextlib import AsyncExitStack

from buildkite_ext.webhooks import (
    BuildFinished,
    DeliveryEvent,
    DeliveryRepeated,
    RedisDeduplicationStore,
    RedisStreamSink,
    RedisStreamSource,
    WebhookEvent,
    WebhookHandler,
)

from ..conftest import post
from ..posting import NOW, SECRET, agent_body, build_body, job_body
from .helpers import Closing, until


def receiver(url: str, closing: Closing, reports: list[DeliveryEvent] | None = None, **options: int) -> WebhookHandler:
    return WebhookHandler(
        secret=SECRET,
        sink=closing(RedisStreamSink(url, **options)),
        deduplication=closing(RedisDeduplicationStore(url)),
        now=lambda: NOW,
        on_delivery_event=reports.append if reports is not None else None,
    )


async def emptied(source: RedisStreamSource) -> None:
    """Wait until all deliveries are acknowledged."""
    async with asyncio.timeout(60):
        while (lag := await source.lag()).waiting + lag.pending:  # noqa: ASYNC110 - Redis tells nobody
            await asyncio.sleep(0.01)


async def test_a_delivery_to_one_machine_is_handled_on_another(url: str, closing: Closing) -> None:
    first, second = receiver(url, closing), receiver(url, closing)
    seen: list[int | None] = []
    others: list[str] = []
    worker = WebhookHandler(secret=SECRET)

    @worker.on("build.finished", state="failed")
    async def note(event: BuildFinished) -> None:
        seen.append(event.build.number)

    worker.on("agent.*")(lambda event: others.append(event.event))
    source = RedisStreamSource(url)
    task = asyncio.create_task(worker.consume(source))
    for number in range(10):
        body = build_body(number=number, state="failed" if number % 2 else "passed")
        assert (await post(first if number % 3 else second, body)).status == 200
    assert (await post(first, agent_body())).status == 200
    await until(lambda: worker.counts.get("handled") == 11)
    await source.aclose()
    await task
    assert sorted(number or 0 for number in seen) == [1, 3, 5, 7, 9]
    assert others == ["agent.lost"]


async def test_the_same_delivery_is_accepted_once_among_all_receivers(url: str, closing: Closing) -> None:
    reports: list[DeliveryEvent] = []
    first, second = receiver(url, closing, reports), receiver(url, closing, reports)
    body = build_body()
    assert (await post(first, body)).status == 200
    assert (await post(second, body)).status == 200
    assert [type(report) for report in reports].count(DeliveryRepeated) == 1
    assert (await closing(RedisStreamSource(url)).lag()).waiting == 1


async def test_an_event_is_handled_once_among_all_workers(url: str, closing: Closing) -> None:
    hooks = receiver(url, closing)
    for later in range(5):
        assert (await post(hooks, build_body(), at=NOW + later)).status == 200
    seen: list[WebhookEvent] = []

    async def slow(event: WebhookEvent) -> None:
        await asyncio.sleep(0.01)
        seen.append(event)

    async with AsyncExitStack() as stack:
        workers, tasks = [], []
        for _ in range(3):
            worker = WebhookHandler(secret=SECRET, deduplication=closing(RedisDeduplicationStore(url)))
            worker.on("build.*", once=True)(slow)
            source = RedisStreamSource(url, retry_pause=0.02)
            stack.push_async_callback(source.aclose)
            tasks.append(asyncio.create_task(worker.consume(source)))
            workers.append(worker)
        await until(lambda: sum(worker.counts.get("handled", 0) for worker in workers) == 5)
    await asyncio.gather(*tasks)
    assert len(seen) == 1


async def test_a_delivery_that_always_fails_is_a_dead_letter_and_can_be_queued_again(
    url: str, closing: Closing
) -> None:
    hooks = receiver(url, closing)
    worker = WebhookHandler(secret=SECRET)
    broken = True
    done: list[str] = []

    @worker.on("job.finished")
    def fragile(event: WebhookEvent) -> None:
        if broken:
            raise ValueError("s3cret things")
        done.append(event.event)

    assert (await post(hooks, job_body())).status == 200
    source = RedisStreamSource(url, tries=3, retry_pause=0.01)
    task = asyncio.create_task(worker.consume(source))
    await until(lambda: worker.counts.get("failed") == 3)
    async with asyncio.timeout(60):
        while not (letters := await source.dead_letters()):  # noqa: ASYNC110 - Redis tells nobody
            await asyncio.sleep(0.01)
    (letter,) = letters
    assert letter.tries == 3
    assert "ValueError" in letter.reason
    assert letter.delivery is not None
    assert json.loads(letter.delivery.body) == json.loads(job_body())
    broken = False
    assert await source.requeue(letter.id)
    await until(lambda: done == ["job.finished"])
    await source.aclose()
    await task


async def test_a_full_stream_is_503_and_a_refused_delivery_is_accepted_later(url: str, closing: Closing) -> None:
    hooks = receiver(url, closing, limit=2)
    statuses = [(await post(hooks, build_body(number=number))).status for number in range(3)]
    assert statuses == [200, 200, 503]
    worker = WebhookHandler(secret=SECRET)
    source = RedisStreamSource(url)
    task = asyncio.create_task(worker.consume(source))
    await emptied(source)  # what is handled makes room when it is acknowledged
    assert (await post(hooks, build_body(number=2))).status == 200
    await until(lambda: worker.counts.get("handled") == 3)
    await source.aclose()
    await task


WORKER = """
import sys, time
from buildkite_ext.webhooks import BuildFinished, RedisDeduplicationStore, RedisStreamSource, WebhookHandler

url = sys.argv[1]
hooks = WebhookHandler(secret="s3cret", deduplication=RedisDeduplicationStore(url))

@hooks.on("build.finished", once=True)
def slow(event: BuildFinished) -> None:
    print("begun", event.build.number, flush=True)
    time.sleep(1.5)
    print("done", event.build.number, flush=True)

hooks.work(RedisStreamSource(url, concurrency=1))
print("ended", flush=True)
"""


async def test_a_worker_finishes_its_deliveries_at_sigterm_and_leaves_the_others(url: str, closing: Closing) -> None:
    hooks = receiver(url, closing)
    for number in range(3):
        await post(hooks, build_body(number=number))
    worker = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "error", "-c", WORKER, url),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert worker.stdout is not None
    async with asyncio.timeout(90):
        assert await worker.stdout.readline() == b"begun 0\n"
        worker.terminate()
        said, complaints = await worker.communicate()
    assert (said, complaints, worker.returncode) == (b"done 0\nended\n", b"", 0)
    lag = await closing(RedisStreamSource(url)).lag()
    assert (lag.waiting + lag.pending, lag.dead) == (2, 0)


async def test_a_second_signal_ends_a_worker_at_once(url: str, closing: Closing) -> None:
    await post(receiver(url, closing), build_body())
    worker = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", WORKER.replace("1.5", "300"), url), stdout=asyncio.subprocess.PIPE
    )
    assert worker.stdout is not None
    async with asyncio.timeout(90):
        assert await worker.stdout.readline() == b"begun 1\n"
        worker.terminate()
        await asyncio.sleep(1)
        assert worker.returncode is None
        worker.terminate()
        await worker.wait()
    assert worker.returncode == -signal.SIGTERM
    assert (await closing(RedisStreamSource(url)).lag()).pending == 1
