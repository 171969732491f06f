"""MemoryQueue."""

from __future__ import annotations

import asyncio

import pytest

from buildkite_ext import ConfigurationError, WebhookQueueFull
from buildkite_ext.webhooks import Delivery, MemoryQueue


def delivery(number: int, build: str | None = None) -> Delivery:
    return Delivery(f"d{number}", "build.finished", b"{}", 0.0, build)


async def drained(queue: MemoryQueue, handle: object) -> None:
    worker = asyncio.create_task(queue.consume(handle))  # type: ignore[arg-type]
    await queue.aclose()
    await asyncio.wait_for(worker, 60)


def test_accepted_deliveries_are_handled_before_it_closes() -> None:
    async def scenario() -> list[str]:
        queue, seen = MemoryQueue(workers=3), []

        async def handle(each: Delivery) -> None:
            await asyncio.sleep(0)
            seen.append(each.id)

        for number in range(20):
            await queue.put(delivery(number))
        assert len(queue) == 20
        await drained(queue, handle)
        assert len(queue) == 0
        return seen

    assert sorted(asyncio.run(scenario())) == sorted(f"d{number}" for number in range(20))


def test_a_full_queue_refuses_and_keeps_its_deliveries() -> None:
    async def scenario() -> list[str]:
        queue, seen = MemoryQueue(2), []

        async def handle(each: Delivery) -> None:
            seen.append(each.id)

        await queue.put(delivery(1))
        await queue.put(delivery(2))
        with pytest.raises(WebhookQueueFull, match="2 others wait") as refused:
            await queue.put(delivery(3))
        assert refused.value.reason == "queue_full"
        await drained(queue, handle)
        return seen

    assert asyncio.run(scenario()) == ["d1", "d2"]


@pytest.mark.parametrize(
    ("sizes", "accepted"),
    [
        ([40, 40, 40, 10], [40, 40, 10]),  # what still fits is accepted
        ([100, 1], [100]),
        ([500, 1], [500]),  # larger than all room, and alone
        ([50, 51, 50], [50, 50]),
    ],
)
def test_the_limit_counts_bytes_too(sizes: list[int], accepted: list[int]) -> None:
    async def scenario() -> list[int]:
        queue, seen = MemoryQueue(max_bytes=100), []
        refused: list[tuple[str, bool, bool]] = []

        async def handle(each: Delivery) -> None:
            seen.append(len(each.body))

        for number, size in enumerate(sizes):
            try:
                await queue.put(Delivery(f"d{number}", "ping", b"x" * size, 0.0))
            except WebhookQueueFull as full:
                refused.append((full.reason, f"with its {size} bytes" in str(full), "max_bytes=100" in str(full)))
        assert refused == [("queue_full", True, True)] * (len(sizes) - len(accepted))
        await drained(queue, handle)
        # Handled deliveries leave their room to others.
        await queue.put(Delivery("later", "ping", b"x" * 100, 0.0))
        assert len(queue) == 1
        return seen

    assert sorted(asyncio.run(scenario())) == sorted(accepted)


def test_a_queue_of_large_bodies_is_bounded_by_default() -> None:
    """A thousand deliveries of a body that is as large as it may be would be a gigabyte."""

    async def scenario() -> int:
        queue = MemoryQueue()
        body = b"x" * (1 << 20)
        for number in range(64):
            await queue.put(Delivery(f"d{number}", "ping", body, 0.0))
        with pytest.raises(WebhookQueueFull, match="max_bytes"):
            await queue.put(Delivery("more", "ping", body, 0.0))
        return len(queue)

    assert asyncio.run(scenario()) == 64


def test_workers_limits_the_deliveries_at_the_same_time() -> None:
    async def scenario() -> int:
        queue = MemoryQueue(workers=3)
        busy = most = 0

        async def handle(each: Delivery) -> None:
            nonlocal busy, most
            busy += 1
            most = max(most, busy)
            await asyncio.sleep(0.001)
            busy -= 1

        for number in range(12):
            await queue.put(delivery(number))
        await drained(queue, handle)
        return most

    assert asyncio.run(scenario()) == 3


def test_ordered_means_one_after_the_other_for_each_build() -> None:
    async def scenario() -> list[tuple[str | None, str]]:
        queue, seen = MemoryQueue(workers=4, ordered=True), []

        async def handle(each: Delivery) -> None:
            await asyncio.sleep(0.002 if each.id.endswith("0") else 0)
            seen.append((each.build_id, each.id))

        for number in range(60):
            await queue.put(delivery(number, f"build-{number % 7}"))
        await drained(queue, handle)
        return seen

    seen = asyncio.run(scenario())
    assert len(seen) == 60
    for build in {build for build, _ in seen}:
        numbers = [int(name[1:]) for owner, name in seen if owner == build]
        assert numbers == sorted(numbers)


def test_a_failing_delivery_stops_no_worker() -> None:
    async def scenario() -> list[str]:
        queue, seen = MemoryQueue(workers=1), []

        async def handle(each: Delivery) -> None:
            seen.append(each.id)
            raise RuntimeError(each.id)

        for number in range(3):
            await queue.put(delivery(number))
        await drained(queue, handle)
        return seen

    assert asyncio.run(scenario()) == ["d0", "d1", "d2"]


def test_it_refuses_while_it_closes_and_can_be_used_again_in_another_loop() -> None:
    queue, seen = MemoryQueue(workers=2), []
    release = asyncio.Event()

    async def handle(each: Delivery) -> None:
        await release.wait()
        seen.append(each.id)

    async def first() -> None:
        worker = asyncio.create_task(queue.consume(handle))
        await queue.put(delivery(1))
        await asyncio.sleep(0)
        await queue.aclose()
        await queue.aclose()
        with pytest.raises(WebhookQueueFull, match="shutting down"):
            await queue.put(delivery(2))
        release.set()
        await asyncio.wait_for(worker, 60)
        await queue.put(delivery(3))

    async def second() -> None:
        await drained(queue, handle)

    asyncio.run(first())
    assert seen == ["d1"]
    asyncio.run(second())
    assert seen == ["d1", "d3"]


def test_a_cancelled_worker_leaves_deliveries_that_have_not_begun() -> None:
    async def scenario() -> int:
        queue = MemoryQueue(workers=1)

        async def handle(each: Delivery) -> None:
            await asyncio.sleep(3600)

        worker = asyncio.create_task(queue.consume(handle))
        for number in range(3):
            await queue.put(delivery(number))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)
        return len(queue)

    assert asyncio.run(scenario()) == 2


def test_a_function_that_cancels_its_own_task_ends_no_worker() -> None:
    async def scenario() -> list[str]:
        queue, seen = MemoryQueue(workers=2), []

        async def handle(each: Delivery) -> None:
            if each.id in ("d1", "d2"):
                task = asyncio.current_task()
                assert task is not None
                task.cancel()
                if each.id == "d1":
                    return
            await asyncio.sleep(0)
            seen.append(each.id)

        for number in range(6):
            await queue.put(delivery(number))
        await drained(queue, handle)
        return seen

    assert sorted(asyncio.run(scenario())) == ["d0", "d3", "d4", "d5"]


@pytest.mark.parametrize("numbers", [{"limit": 0}, {"workers": 0}, {"limit": -1}, {"max_bytes": 0}])
def test_invalid_numbers_are_refused(numbers: dict[str, int]) -> None:
    with pytest.raises(ConfigurationError, match="must be 1 or more"):
        MemoryQueue(**numbers)
