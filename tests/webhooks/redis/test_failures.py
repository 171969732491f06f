"""Failures of handlers: tried again by any free worker, then moved to the dead letters."""

from __future__ import annotations

import asyncio
import signal
import sys
from itertools import pairwise

import pytest
from redis.asyncio import Redis

from buildkite_ext.webhooks.redis import DeadLetter, RedisStreamSink, RedisStreamSource

from .helpers import STREAM, Closing, Handler, delivery, until, working

_DYING = """
import asyncio, os, signal, sys
from buildkite_ext.webhooks.redis import RedisStreamSource

async def handle(delivery):
    os.kill(os.getpid(), signal.SIGKILL)

source = RedisStreamSource(sys.argv[1], ordered=sys.argv[2] == "True", tries=2, claim_after=0.2, lease=0.5)
asyncio.run(source.consume(handle))
"""

BOTH = pytest.mark.parametrize("ordered", [False, True])


@BOTH
async def test_a_failed_delivery_is_tried_again_until_it_is_handled(
    url: str, redis: Redis, closing: Closing, ordered: bool
) -> None:
    sink = closing(RedisStreamSink(url))
    await sink.put(delivery("a"))
    handler = Handler(fails=lambda _, tries: tries < 3)
    async with working(RedisStreamSource(url, ordered=ordered, retry_pause=0.05, claim_after=1), handler):
        await until(lambda: handler.done == ["a"])
    assert handler.begun == ["a", "a", "a"]
    assert await redis.xlen(STREAM) == 0


async def test_the_pause_grows(url: str, closing: Closing) -> None:
    loop = asyncio.get_running_loop()
    times: list[float] = []

    async def handle(_: object) -> None:
        times.append(loop.time())
        raise ValueError

    await closing(RedisStreamSink(url)).put(delivery("a"))
    source = RedisStreamSource(url, retry_pause=0.2, claim_after=1, tries=4, random=lambda: 1.0)
    async with working(source, handle):
        await until(lambda: len(times) == 4)
    pauses = [after - before for before, after in pairwise(times)]
    for pause, least in zip(pauses, [0.2, 0.4, 0.8], strict=True):
        assert least <= pause < least + 60


async def test_a_failed_delivery_blocks_no_other_and_is_tried_by_any_free_worker(url: str, closing: Closing) -> None:
    sink = closing(RedisStreamSink(url))
    failing = Handler(fails=lambda each, _: each.id == "bad")
    fine = Handler()
    async with working(RedisStreamSource(url, concurrency=1, retry_pause=0.5, claim_after=1, tries=50), failing):
        await sink.put(delivery("bad"))
        await until(lambda: failing.begun == ["bad"])
        for number in range(20):
            await sink.put(delivery(str(number)))
        await until(lambda: len(failing.done) == 20, seconds=30)
    async with working(RedisStreamSource(url, claim_after=1, tries=50), fine):
        await until(lambda: fine.done == ["bad"])


@BOTH
async def test_after_its_tries_a_delivery_is_a_dead_letter_with_the_reason(
    url: str, redis: Redis, closing: Closing, ordered: bool, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[DeadLetter] = []
    source = closing(
        RedisStreamSource(url, ordered=ordered, tries=3, retry_pause=0.02, claim_after=0.2, on_dead_letter=told.append)
    )
    bad = delivery("bad", build="b-1", body=b'{"secret": "hunter2"}')
    handler = Handler(fails=lambda each, _: each.id == "bad")
    async with working(source, handler):
        sink = closing(RedisStreamSink(url))
        await sink.put(bad)
        await sink.put(delivery("good", build="b-1"))
        await until(lambda: told and handler.done == ["good"])
    reader = closing(RedisStreamSource(url))
    [letter] = await reader.dead_letters()
    assert letter == told[0]
    assert letter.delivery == bad
    assert letter.reason == "ValueError: can't handle bad"
    assert letter.tries == 3 == handler.begun.count("bad")
    assert abs(letter.at - (await redis.time())[0]) < 100
    assert (await reader.lag()).dead == 1
    assert await redis.xlen(STREAM) == 0
    assert "Gave up 'build.finished' 'bad' after 3 tries: dead letter" in caplog.text
    assert "hunter2" not in caplog.text + repr(letter)


@BOTH
async def test_a_delivery_that_kills_its_workers_is_given_up(
    url: str, redis: Redis, closing: Closing, ordered: bool
) -> None:
    sink = closing(RedisStreamSink(url))
    await sink.put(delivery("poison"))
    for _ in range(2):
        worker = await asyncio.create_subprocess_exec(sys.executable, "-c", _DYING, url, str(ordered))
        assert await worker.wait() == -signal.SIGKILL
    other = Handler()
    async with working(RedisStreamSource(url, ordered=ordered, tries=2, claim_after=0.2), other):
        await sink.put(delivery("next"))
        await until(lambda: other.done)
        reader = closing(RedisStreamSource(url))
        async with asyncio.timeout(60):
            while not (letters := await reader.dead_letters()):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
    assert other.begun == ["next"]
    assert (letters[0].tries, letters[0].reason) == (2, "the workers that had it died, or lost Redis")


@BOTH
@pytest.mark.parametrize(
    "fields",
    [
        {"v": "99", "id": "a"},
        {"anything": "else"},
        {f"field-{number}": "x" for number in range(5000)},
        {"v": "1", "id": b"\xff", "event": "e", "body": "{}", "received_at": "1.0"},
    ],
)
async def test_an_unreadable_entry_is_a_dead_letter_at_once(
    url: str, redis: Redis, closing: Closing, ordered: bool, fields: dict[str, str]
) -> None:
    await redis.xadd(STREAM, fields)  # type: ignore[arg-type]
    await closing(RedisStreamSink(url)).put(delivery("good"))
    handler = Handler()
    async with working(RedisStreamSource(url, ordered=ordered, claim_after=1), handler):
        await until(lambda: handler.done == ["good"])
        await asyncio.sleep(0.1)
    [letter] = await closing(RedisStreamSource(url)).dead_letters()
    assert letter.delivery is None
    if len(fields) < 10:
        for name, value in fields.items():
            assert letter.fields[name.encode()] == (value if isinstance(value, bytes) else value.encode())
    assert await redis.xlen(STREAM) == 0


async def test_beyond_their_limit_the_oldest_dead_letter_is_dropped_and_the_log_says_so(
    url: str, closing: Closing, caplog: pytest.LogCaptureFixture
) -> None:
    sink = closing(RedisStreamSink(url))
    source = closing(RedisStreamSource(url, tries=1, dead_letter_limit=2, concurrency=1))
    handler = Handler(fails=lambda *_: True)
    async with working(source, handler):
        for name in "abc":
            await sink.put(delivery(name))
        await until(lambda: "oldest was dropped" in caplog.text)
    reader = closing(RedisStreamSource(url))
    assert [letter.delivery and letter.delivery.id for letter in await reader.dead_letters()] == ["b", "c"]


@BOTH
async def test_a_dead_letter_is_queued_again_once_and_has_all_its_tries(
    url: str, closing: Closing, ordered: bool
) -> None:
    broken = True
    handler = Handler(fails=lambda *_: broken)
    sink = closing(RedisStreamSink(url, partitions=3))
    source = RedisStreamSource(
        url, ordered=ordered, partitions=3, tries=2, retry_pause=0.02, claim_after=0.5, dead_letters="graveyard"
    )
    sent = delivery("a", build="b-7")
    async with working(source, handler):
        await sink.put(sent)
        async with asyncio.timeout(60):
            while not (letters := await source.dead_letters(limit=1)):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        broken = False
        assert await source.requeue(letters[0].id) is True
        assert await source.requeue(letters[0].id) is False
        await until(lambda: handler.done == ["a"])
        assert handler.deliveries[-1] == sent
        assert await source.dead_letters() == []


async def test_a_hook_that_raises_is_logged_and_the_worker_continues(
    url: str, closing: Closing, caplog: pytest.LogCaptureFixture
) -> None:
    def hook(letter: DeadLetter) -> None:
        raise RuntimeError("hook")

    sink = closing(RedisStreamSink(url))
    handler = Handler(fails=lambda each, _: each.id == "bad")
    async with working(RedisStreamSource(url, tries=1, on_dead_letter=hook), handler):
        await sink.put(delivery("bad"))
        await until(lambda: "on_dead_letter raised an error" in caplog.text)
        await sink.put(delivery("good"))
        await until(lambda: handler.done == ["good"])


async def test_a_handler_that_awaits_a_cancelled_task_has_failed_and_the_worker_continues(
    url: str, closing: Closing
) -> None:
    tries = []

    async def handle(_: object) -> None:
        tries.append(1)
        if len(tries) == 1:
            raise asyncio.CancelledError

    await closing(RedisStreamSink(url)).put(delivery("a"))
    async with working(RedisStreamSource(url, retry_pause=0.02, claim_after=0.5), handle):
        await until(lambda: len(tries) == 2)
