"""Following of logs that are larger than memory should be."""

from __future__ import annotations

import gc
import tracemalloc

import anyio
import httpx
import pytest

from buildkite_ext import AsyncBuildkiteClient, BuildkiteClient

from ..core.fakes import FakeClock
from ..core.growing import GrowingJob, NumberedLog

MB = 1_000_000
SIZE, LINE = 300 * MB, 10_000


@pytest.mark.parametrize("flavor", ["blocking", "asyncio", "trio"])
def test_a_log_of_300_mb_is_followed_in_64_mb(flavor: str) -> None:
    clock = FakeClock()
    server = GrowingJob(clock, lambda now: SIZE // 2 if now < 2 else SIZE, ends=4.0, data=NumberedLog(LINE).data)
    transport = httpx.MockTransport(server)
    count = 0

    async def follow() -> None:
        nonlocal count
        async with AsyncBuildkiteClient("acme", token="t", transport=transport, clock=clock, max_body=MB) as client:
            async for line in client.jobs.follow("web", 7, "job-test"):
                assert int(line.text.rstrip(".")) == count
                count += 1

    gc.collect()
    tracemalloc.start()
    try:
        if flavor == "blocking":
            with BuildkiteClient("acme", token="t", transport=transport, clock=clock, max_body=MB) as client:
                for line in client.jobs.follow("web", 7, "job-test"):
                    assert int(line.text.rstrip(".")) == count
                    count += 1
        else:
            anyio.run(follow, backend=flavor)
        assert tracemalloc.get_traced_memory()[1] < 64 * MB
    finally:
        tracemalloc.stop()
    assert count == SIZE // LINE
    server.assert_within_bound()
