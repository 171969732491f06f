"""Following of logs that are larger than memory should be."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable, Iterator

import anyio
import httpx
import pytest

from buildkite_ext import AsyncBuildkiteClient, BuildkiteClient
from buildkite_ext.logs import LogGroups, LogSearch, parse_log
from buildkite_ext.logs.parser import LineParser

from ..core.fakes import FakeClock
from ..core.growing import STARTED, GrowingJob, NumberedLog

MB = 1_000_000
SIZE, LINE = 500 * MB, 10_000


def in_two_halves(now: float) -> int:
    return SIZE // 2 if now < 2 else SIZE


def there(_: float) -> int:
    return SIZE


def growing(now: float) -> int:
    return min(SIZE, int(now * 7) * MB)


@pytest.mark.parametrize(
    ("flavor", "size"),
    [
        *(("blocking", in_two_halves), ("asyncio", in_two_halves), ("trio", in_two_halves)),
        *(("blocking", there), ("asyncio", growing)),
    ],
)
def test_a_log_of_500_mb_is_followed_in_64_mb(flavor: str, size: Callable[[float], int]) -> None:
    clock = FakeClock()
    ends = {in_two_halves: 4.0, there: 0.0, growing: 72.0}[size]
    server = GrowingJob(clock, size, ends=ends, data=NumberedLog(LINE).data)
    transport = httpx.MockTransport(server)
    count = 0

    async def follow() -> None:
        nonlocal count
        async with AsyncBuildkiteClient("acme", token="t", transport=transport, clock=clock, max_body=MB) as client:
            async for line in client.jobs.follow("web", 7, "job-test", poll_interval=2):
                assert int(line.text.rstrip(".")) == count
                count += 1

    gc.collect()
    tracemalloc.start()
    try:
        if flavor == "blocking":
            with BuildkiteClient("acme", token="t", transport=transport, clock=clock, max_body=MB) as client:
                for line in client.jobs.follow("web", 7, "job-test", poll_interval=2):
                    assert int(line.text.rstrip(".")) == count
                    count += 1
        else:
            anyio.run(follow, backend=flavor)
        assert tracemalloc.get_traced_memory()[1] < 64 * MB
    finally:
        tracemalloc.stop()
    assert count == SIZE // LINE
    server.assert_within_bound()


@pytest.mark.parametrize("what", ["search", "live search", "groups", "search in a build", "tail"])
def test_a_log_of_500_mb_is_searched_in_64_mb(what: str) -> None:
    clock = FakeClock()
    job = GrowingJob(clock, growing, ends=72.0, data=NumberedLog(LINE).data)
    if what != "live search":
        clock.advance(80)

    def server(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/builds/7"):
            known = {"id": "job-test", "name": "test", "type": "script", "state": "passed", "started_at": STARTED}
            return httpx.Response(200, json={"number": 7, "state": "passed", "blocked": False, "jobs": [known]})
        return job(request)

    gc.collect()
    tracemalloc.start()
    try:
        with BuildkiteClient(
            "acme", token="t", transport=httpx.MockTransport(server), clock=clock, max_body=MB
        ) as client:
            address = ("web", 7, "job-test")
            if what == "groups":
                found = [group.lines for group in client.jobs.log_groups(*address)]
                assert found == [SIZE // LINE]
            elif what == "tail":
                assert len(client.jobs.log_tail(*address, lines=100)) == 100
            else:
                matches = (
                    client.builds.log_search("web", 7, pattern="0000\\.", context=3)
                    if what == "search in a build"
                    else client.jobs.log_search(*address, pattern="0000\\.", context=3, follow=what == "live search")
                )
                assert [match.number for match in matches] == [1, 10_001, 20_001, 30_001, 40_001]
        assert tracemalloc.get_traced_memory()[1] < 64 * MB
    finally:
        tracemalloc.stop()
    assert job.moved <= (2 * 1024 * 1024 if what == "tail" else 1.15 * SIZE)


def test_a_log_of_short_lines_takes_little_memory() -> None:
    count = 1_000_000
    log = b"ab\n" * count
    gc.collect()
    tracemalloc.start()
    try:
        assert sum(1 for _ in LineParser("j1", "test").feed(log)) == count
        assert tracemalloc.get_traced_memory()[1] < 5 * MB
    finally:
        tracemalloc.stop()


PIECE = 100_000


def large_log(kind: str) -> Iterator[bytes]:
    """Yield a log of 500 MB: lines, long lines, or one line without an end. Of lines that are drawn again it has 100 MB."""
    stamp = "\x1b_bk;t=1767603600123\x07"
    lines = {
        "lines": f"{stamp}\x1b[32mtests/unit/test_module.py\x1b[0m::test_case \x1b[1mPASSED\x1b[0m {'.' * 4000}\r\n",
        "redraws": f"{stamp}layer: {'=' * 8000} waiting\n{stamp}\x1b[1A\x1b[2K{stamp}layer: {'=' * 8000} done\n",
        "long lines": f"{stamp}{'x' * 400_000}\n",
        "no end": "x" * PIECE,
    }
    line = lines[kind].encode()
    piece = line * max(1, PIECE // len(line))
    failure = b"--- Tests\n\x1b[31m1 failed\x1b[0m\n"
    size = 100 * MB if kind == "redraws" else SIZE  # they take ten times as long to read
    for number in range(size // len(piece)):
        yield piece + (failure if number % 1000 == 0 and kind != "no end" else b"")


@pytest.mark.parametrize("kind", ["lines", "redraws", "long lines", "no end"])
def test_a_large_log_is_parsed_and_searched_in_64_mb(kind: str) -> None:
    gc.collect()
    tracemalloc.start()
    try:
        search, groups = LogSearch("failed", before=10, after=10), LogGroups()
        found = begun = 0
        for line in parse_log(large_log(kind)):
            found += len(search.feed(line))
            begun += len(groups.feed(line))
        found += len(search.finish())
        begun += len(groups.finish())
        assert tracemalloc.get_traced_memory()[1] < 64 * MB
    finally:
        tracemalloc.stop()
    failures = 0 if kind == "no end" else -(-sum(1 for _ in large_log(kind)) // 1000)
    assert found == failures
    assert begun == failures + 1
