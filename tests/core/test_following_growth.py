"""Following logs of any size and rate: each line once, few bytes twice, little memory, whatever the server does."""

from __future__ import annotations

import gc
import gzip
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import anyio
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildkite_ext import BuildkiteClient, LogLine, Retry, errors

from .fakes import TOKEN, Body, FakeClock, Flavor, answer, build, job
from .growing import STARTED, GrowingJob, NumberedLog

MB = 1_000_000


def number_of(line: LogLine) -> int:
    return int(line.text.rstrip("."))


async def assert_numbered(flavor: Flavor, lines: Any, *, first: int = 0) -> int:
    """Check that the lines are numbered without a gap from `first` on, and return how many there are."""
    number = first
    async for line in flavor.iterate(lines):
        assert number_of(line) == number
        number += 1
    return number - first


@pytest.mark.parametrize(
    ("rate", "interval", "polls", "line"),
    [(1000, 2.0, 60, 100), (200_000, 2.0, 60, 1000), (5 * MB, 0.5, 20, 10_000)],
    ids=["1 kB/s", "200 kB/s", "5 MB/s"],
)
async def test_a_steady_log_takes_one_request_a_poll_and_moves_few_bytes_twice(
    flavor: Flavor, clock: FakeClock, rate: int, interval: float, polls: int, line: int
) -> None:
    log = NumberedLog(line)
    server = GrowingJob(
        clock, lambda now: int(rate * (1 + now)) // line * line, ends=polls * interval, delay=0.05, data=log.data
    )
    client = flavor.client(server, clock=clock)
    lines = client.jobs.follow("web", 7, "job-test", poll_interval=interval)
    assert number_of(await flavor.next(lines)) == 0
    assert (server.polls, server.requests) == (1, 1)  # the first line comes with the first request
    assert await assert_numbered(flavor, lines, first=1) + 1 == server.size // line
    server.assert_within_bound()
    assert server.requests <= server.polls + 2


@pytest.mark.parametrize(
    "growth",
    [
        lambda now: 200_000 * int(now) if int(now) % 7 else 200_000 * int(now + 5),
        lambda now: 200_000 * (1 + 7 * (int(now) // 7) + 5 * (int(now) % 7 >= 3)),
        lambda now: int(10_000 * now**2),
        lambda now: int(now) // 20 * 3 * MB,
        lambda now: int(5 * MB * min(now, 3)),
        lambda now: int(200_000 * now) * (int(now) % 20 < 10),
    ],
    ids=["in bursts", "in steps", "ever faster", "all at once", "fast and then quiet", "emptied again and again"],
)
async def test_an_irregular_log_costs_at_most_twice_its_bytes_and_few_further_requests(
    flavor: Flavor, clock: FakeClock, growth: Callable[[float], int]
) -> None:
    most = 0

    def size(now: float) -> int:
        nonlocal most
        most = max(most, growth(now) // 1000 * 1000)
        return most

    server = GrowingJob(clock, size, ends=60.0, data=NumberedLog(1000).data)
    lines = flavor.client(server, clock=clock).jobs.follow("web", 7, "job-test", poll_interval=2)
    assert await assert_numbered(flavor, lines) == server.size // 1000
    server.assert_within_bound(2)
    assert server.requests <= 1.3 * server.polls


@pytest.mark.parametrize("tail", [0, 1, 10, 2000])
async def test_following_can_begin_with_the_last_lines_of_a_large_log(
    flavor: Flavor, clock: FakeClock, tail: int
) -> None:
    server = GrowingJob(clock, lambda now: 100 * MB + int(now) * 500, ends=10.0)
    lines = flavor.client(server, clock=clock).jobs.follow("web", 7, "job-test", poll_interval=2, tail=tail)
    assert await assert_numbered(flavor, lines, first=MB - tail) == tail + 50
    assert server.moved < 600 * tail + 8192 * server.polls
    assert server.requests <= server.polls + 1


@pytest.mark.parametrize(
    ("written", "tail", "texts"),
    [
        (b"one\ntwo\nthree\n", 2, ["two", "three"]),
        (b"one\ntwo\nthree", 2, ["two", "three"]),
        (b"one\ntwo\nthree", 0, []),
        (b"one\ntwo\n", 9, ["one", "two"]),
        (b"x" * 30_000 + b"\n" + b"y" * 30_000 + b"\nlast\n", 2, ["y" * 30_000, "last"]),
        (b"short\n" * 50_000 + b"z" * 70_000 + b"\n", 1, ["z" * 70_000]),
        (b"", 5, []),
    ],
)
async def test_the_last_lines_of_a_job_that_has_ended(
    flavor: Flavor, clock: FakeClock, written: bytes, tail: int, texts: list[str]
) -> None:
    server = GrowingJob(clock, lambda _: len(written), ends=0.0, data=lambda start, end: written[start:end])
    lines = await flavor.list(
        flavor.client(server, clock=clock).jobs.follow("web", 7, "job-test", poll_interval=2, tail=tail)
    )
    assert [line.text for line in lines] == texts


async def test_a_line_that_was_begun_before_is_left_out_with_its_end(flavor: Flavor, clock: FakeClock) -> None:
    written = b"x" * 10_000 + b" end of a line\nnew\nlast"
    server = GrowingJob(
        clock, lambda now: 9000 if now < 3 else len(written), ends=6.0, data=lambda start, end: written[start:end]
    )
    lines = await flavor.list(flavor.client(server, clock=clock).jobs.follow("web", 7, "job-test", tail=0))
    assert [line.text for line in lines] == ["new", "last"]


@pytest.mark.parametrize(
    "first", [answer(status=416), answer({"message": "No log found"}, 404)], ids=["empty", "missing"]
)
async def test_a_log_that_begins_after_its_reader_is_read_from_its_beginning(
    flavor: Flavor, clock: FakeClock, first: httpx.Response
) -> None:
    status, content = first.status_code, first.content

    class Late(GrowingJob):
        def log(self, request: httpx.Request, total: int) -> httpx.Response:
            return httpx.Response(status, content=content) if self.requests == 1 else super().log(request, total)

    server = Late(clock, lambda now: 100_000 * int(now), ends=5.0)
    lines = flavor.client(server, clock=clock).jobs.follow("web", 7, "job-test", tail=1)
    assert await assert_numbered(flavor, lines) == 5000


@pytest.mark.parametrize("size", [5000, 500_000])
async def test_the_last_lines_are_asked_for_again_after_a_lost_answer(
    flavor: Flavor, clock: FakeClock, size: int
) -> None:
    class Lost(GrowingJob):
        def log(self, request: httpx.Request, total: int) -> httpx.Response:
            response = super().log(request, total)
            if self.requests > 1:
                return response
            return httpx.Response(206, headers=response.headers, stream=Body(b"00", httpx.ReadError("reset")))

    server = Lost(clock, lambda _: size, ends=0.0)
    lines = flavor.client(server, clock=clock).jobs.follow("web", 7, "job-test", tail=3)
    assert await assert_numbered(flavor, lines, first=size // 100 - 3) == 3


async def test_the_last_lines_of_a_build_are_those_of_the_jobs_that_have_begun(flavor: Flavor) -> None:
    logs = {"a": [b"a1\na2\n", b"a1\na2\na3\n"], "b": [b"", b"b1\nb2\n"]}
    polls = 0

    def app(request: httpx.Request) -> httpx.Response:
        nonlocal polls
        if request.url.path.endswith("/log"):
            log = logs[request.url.path.split("/")[-2].removeprefix("job-")][min(polls, 2) - 1]
            suffix = int(request.headers["Range"].removeprefix("bytes=-"))
            start = max(0, len(log) - suffix)
            return httpx.Response(206, content=log[start:], headers={"Content-Range": f"bytes {start}-9/{len(log)}"})
        polls += 1
        jobs = [job("a", started_at=STARTED), job("b", started_at=STARTED if polls > 1 else None)]
        return answer(build(7, state="passed" if polls > 1 else "running", jobs=jobs))

    lines = await flavor.list(flavor.client(app).builds.follow("web", 7, tail=1))
    assert [line.text for line in lines] == ["a2", "a3", "b1", "b2"]


@pytest.mark.parametrize(("tail", "error"), [(-1, ValueError), (1.5, TypeError), (True, TypeError), ("9", TypeError)])
async def test_a_number_of_lines_that_is_none_is_refused_at_once(flavor: Flavor, tail: Any, error: Any) -> None:
    client = flavor.client(lambda _: answer({}))
    with pytest.raises(error, match=r"^tail="):
        client.jobs.follow("web", 7, "job-test", poll_interval=2, tail=tail)
    with pytest.raises(error, match=r"^tail="):
        client.builds.follow("web", 7, tail=tail)


async def test_a_log_larger_than_the_memory_bound_and_max_body_is_given_as_it_arrives(
    flavor: Flavor, clock: FakeClock
) -> None:
    size = 24 * MB
    server = GrowingJob(clock, lambda _: size, ends=0.0, data=NumberedLog(10_000).data)
    client = flavor.client(server, clock=clock, max_body=100_000)
    gc.collect()
    tracemalloc.start()
    try:
        lines = client.jobs.follow("web", 7, "job-test", poll_interval=2)
        assert number_of(await flavor.next(lines)) == 0
        assert server.moved < 2 * MB  # the first line does not wait for the others
        assert await assert_numbered(flavor, lines, first=1) + 1 == size // 10_000
        assert tracemalloc.get_traced_memory()[1] < 12 * MB
    finally:
        tracemalloc.stop()
    assert (server.requests, server.moved) == (1, size)


async def test_large_logs_of_many_jobs_take_little_memory_too(flavor: Flavor, clock: FakeClock) -> None:
    size, log = 4 * MB, NumberedLog(10_000)
    served = GrowingJob(clock, lambda _: size, ends=0.0, delay=0.0, data=log.data)

    def app(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/log"):
            return served(request)
        jobs = [job(str(number), started_at=STARTED, state="passed") for number in range(8)]
        return answer(build(7, state="passed", jobs=jobs))

    gc.collect()
    tracemalloc.start()
    try:
        numbers: dict[str, int] = {}
        async for line in flavor.iterate(flavor.client(app, clock=clock).builds.follow("web", 7)):
            assert number_of(line) == numbers.get(line.job_id, 0)
            numbers[line.job_id] = number_of(line) + 1
        assert tracemalloc.get_traced_memory()[1] < 32 * MB
    finally:
        tracemalloc.stop()
    assert list(numbers.values()) == [size // 10_000] * 8
    assert served.requests == 8


async def test_a_log_without_line_breaks_is_given_in_pieces(flavor: Flavor, clock: FakeClock) -> None:
    size = 5 * MB
    server = GrowingJob(clock, lambda _: size, ends=0.0, data=lambda start, end: b"x" * (end - start))
    lines = flavor.client(server, clock=clock).jobs.follow("web", 7, "job-test", poll_interval=2)
    assert len((await flavor.next(lines)).text) == 1024 * 1024
    assert server.moved < 4 * MB
    assert sum([len(line.text) for line in await flavor.list(lines)]) == size - 1024 * 1024


class Misbehaving(GrowingJob):
    """Job of 40 kB whose log grows by 10 kB a poll, and whose server does as `misbehave` says at some requests."""

    def __init__(
        self, clock: FakeClock, misbehave: dict[int, Callable[[Misbehaving, httpx.Request, int], httpx.Response]]
    ) -> None:
        self.misbehave = misbehave
        super().__init__(clock, lambda now: 40_000 + int(now / 2) * 10_000, ends=10.0, delay=0.0)

    def log(self, request: httpx.Request, total: int) -> httpx.Response:
        return self.misbehave.get(self.requests, GrowingJob.log)(self, request, total)


def older(job: Misbehaving, request: httpx.Request, total: int) -> httpx.Response:
    return GrowingJob.log(job, request, total - 15_000)


def much_older(job: Misbehaving, request: httpx.Request, _: int) -> httpx.Response:
    return GrowingJob.log(job, request, 500)


def emptied(job: Misbehaving, request: httpx.Request, _: int) -> httpx.Response:
    return GrowingJob.log(job, request, 0)


def missing(_: Misbehaving, request: httpx.Request, __: int) -> httpx.Response:
    return answer({"message": "No log found"}, 404)


def whole(job: Misbehaving, _: httpx.Request, total: int) -> httpx.Response:
    return httpx.Response(200, headers={"Content-Length": str(total)}, stream=job.body(0, total))


def whole_of_unknown_length(job: Misbehaving, _: httpx.Request, total: int) -> httpx.Response:
    return httpx.Response(200, stream=job.body(0, total))


def whole_and_compressed(job: Misbehaving, _: httpx.Request, total: int) -> httpx.Response:
    return httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=Body(gzip.compress(job.data(0, total))))


def compressed_on_the_way(job: Misbehaving, request: httpx.Request, total: int) -> httpx.Response:
    start = max(0, total - int(request.headers["Range"].removeprefix("bytes=-")))
    headers = {"Content-Range": f"bytes {start}-{total - 1}/{total}", "Content-Encoding": "deflate"}
    return httpx.Response(206, headers=headers, stream=Body(zlib.compress(job.data(start, total))))


def cut_off(job: Misbehaving, request: httpx.Request, total: int) -> httpx.Response:
    response = GrowingJob.log(job, request, total)
    part = b"".join(_pieces(response))
    return httpx.Response(206, headers=response.headers, stream=Body(part[:-4567], httpx.ReadError("reset")))


def ended_early(job: Misbehaving, request: httpx.Request, total: int) -> httpx.Response:
    response = GrowingJob.log(job, request, total)
    return httpx.Response(206, headers=response.headers, stream=Body(b"".join(_pieces(response))[:-4567]))


def too_long(job: Misbehaving, request: httpx.Request, total: int) -> httpx.Response:
    response = GrowingJob.log(job, request, total)
    place = {"Content-Range": response.headers["Content-Range"]}
    return httpx.Response(206, headers=place, stream=Body(*_pieces(response), b"behind the end\n"))


def _pieces(response: httpx.Response) -> list[bytes]:
    assert isinstance(response.stream, httpx.SyncByteStream)
    return list(response.stream)


@pytest.mark.parametrize("at", [1, 2, 3, 6, 7, 8])
@pytest.mark.parametrize(
    "misbehave",
    [
        *(older, much_older, emptied, missing, whole, whole_of_unknown_length, whole_and_compressed),
        *(compressed_on_the_way, cut_off, ended_early, too_long),
    ],
)
async def test_no_line_is_lost_or_repeated_whatever_the_server_does_once(
    flavor: Flavor, clock: FakeClock, misbehave: Any, at: int
) -> None:
    server = Misbehaving(clock, {at: misbehave})
    lines = flavor.client(server, clock=clock).jobs.follow("web", 7, "job-test", poll_interval=2)
    assert await assert_numbered(flavor, lines) == server.size // 100


@pytest.mark.parametrize("gone", [missing, emptied])
@pytest.mark.parametrize("follow", ["jobs", "builds"])
async def test_the_last_poll_of_a_log_has_a_second_look(
    flavor: Flavor, clock: FakeClock, gone: Any, follow: str
) -> None:
    """The last lines are written between the last two polls, and the log can't be read just then."""

    class Job(Misbehaving):
        def __call__(self, request: httpx.Request) -> httpx.Response:
            response = super().__call__(request)
            if request.url.path.endswith("/builds/7"):
                self.polls += 1
                state = "passed" if self.now >= self._ends else "running"
                return answer(build(7, state=state, jobs=[job("test", started_at=STARTED, state=state)]))
            return response

    server = Job(clock, {7: gone})
    client = flavor.client(server, clock=clock)

    lines = (
        client.jobs.follow("web", 7, "job-test", poll_interval=2)
        if follow == "jobs"
        else client.builds.follow("web", 7, poll_interval=2)
    )
    assert await assert_numbered(flavor, lines) == server.size // 100 == 900
    assert server.requests == 8


@pytest.mark.parametrize("gone", [missing, emptied])
async def test_a_log_that_stays_gone_ends_with_the_lines_that_were_read(
    flavor: Flavor, clock: FakeClock, gone: Any
) -> None:
    written = b"one\ntwo\nbegun"
    server = Misbehaving(clock, dict.fromkeys(range(4, 99), gone))
    server.data, server._size = lambda start, end: written[start:end], lambda _: len(written)
    lines = await flavor.list(flavor.client(server, clock=clock).jobs.follow("web", 7, "job-test", poll_interval=2))
    assert [line.text for line in lines] == ["one", "two", "begun"]
    assert server.polls == 6


@pytest.mark.parametrize("gone", [missing, emptied])
async def test_a_log_that_was_deleted_and_is_written_again_is_read_from_its_beginning(
    flavor: Flavor, clock: FakeClock, gone: Any
) -> None:
    server = Misbehaving(clock, dict.fromkeys((2, 3, 4), gone))
    server._size = lambda _: 1000
    lines = await flavor.list(flavor.client(server, clock=clock).jobs.follow("web", 7, "job-test", poll_interval=2))
    assert [number_of(line) for line in lines] == [*range(10), *range(10)]


@pytest.mark.parametrize("gone", [missing, emptied])
@pytest.mark.parametrize("at", [1, 2, 3])
async def test_the_last_lines_of_a_log_that_is_gone_for_a_moment(
    flavor: Flavor, clock: FakeClock, gone: Any, at: int
) -> None:
    """Long lines take several requests, so that one of them may find no log although the one before did."""
    lines = [b"%04d" % number + b"." * 6000 for number in range(60)]
    written = b"\n".join(lines) + b"\n"
    server = Misbehaving(clock, {at: gone})
    server.data, server._size, server._ends = lambda start, end: written[start:end], lambda _: len(written), 0.0
    found = await flavor.list(flavor.client(server, clock=clock).jobs.follow("web", 7, "job-test", tail=20))
    assert [line.raw.encode() for line in found] == lines[-20:]
    assert server.requests > at


@pytest.mark.parametrize(
    ("place", "length"),
    [("bytes 0-68/3", None), ("bytes 0-68/3", 69), ("bytes 0-2/3", 69), ("bytes 0-2/69", 69), ("bytes 5-3/1", None)],
)
async def test_a_place_that_contradicts_itself_or_the_body_cuts_nothing(
    flavor: Flavor, clock: FakeClock, place: str, length: int | None
) -> None:
    written = b"".join(b"line %d of the log\n" % number for number in range(4))[:69]
    start = int(place[6])

    def app(request: httpx.Request) -> httpx.Response:
        if not request.url.path.endswith("/log"):
            return answer(job("test", started_at=STARTED, state="passed"))
        headers = {"Content-Range": place} | ({} if length is None else {"Content-Length": str(length)})
        return httpx.Response(206, headers=headers, stream=Body(written[start:]))

    found: list[LogLine] = []
    lines = flavor.client(app, clock=clock).jobs.follow("web", 7, "job-test", poll_interval=2)
    if start:  # the beginning is missing in each answer
        with pytest.raises(errors.InvalidResponse, match="still incomplete"):
            await flavor.list(lines, found)
    else:
        found = await flavor.list(lines)
        assert "\n".join(line.raw for line in found) == written.decode().removesuffix("\n")


async def test_a_body_that_is_always_longer_than_its_head_says_is_no_complete_log(
    flavor: Flavor, clock: FakeClock
) -> None:
    def longer(_: Misbehaving, __: httpx.Request, ___: int) -> httpx.Response:
        return httpx.Response(206, headers={"Content-Range": "bytes 0-3/4"}, stream=Body(b"one\ntwo\n"))

    server = Misbehaving(clock, dict.fromkeys(range(99), longer))
    found: list[LogLine] = []
    with pytest.raises(errors.InvalidResponse, match="still incomplete"):
        await flavor.list(flavor.client(server, clock=clock).jobs.follow("web", 7, "job-test", poll_interval=2), found)
    assert [line.text for line in found] == ["one"]


@pytest.mark.parametrize("misbehave", [whole, whole_of_unknown_length, whole_and_compressed])
async def test_a_server_without_ranges_is_understood(flavor: Flavor, clock: FakeClock, misbehave: Any) -> None:
    server = Misbehaving(clock, dict.fromkeys(range(99), misbehave))
    lines = flavor.client(server, clock=clock).jobs.follow("web", 7, "job-test", poll_interval=2)
    assert await assert_numbered(flavor, lines) == server.size // 100
    assert server.requests == server.polls


async def test_an_unchanged_log_is_not_read_again_where_ranges_are_ignored(flavor: Flavor, clock: FakeClock) -> None:
    server = Misbehaving(clock, dict.fromkeys(range(99), whole))
    server._size = lambda _: 90_000
    lines = flavor.client(server, clock=clock).jobs.follow("web", 7, "job-test", poll_interval=2)
    assert await assert_numbered(flavor, lines) == 900
    assert server.moved == 90_000


@pytest.mark.parametrize(("timeout", "error"), [(None, errors.ResponseLost), (100, errors.DeadlineExceeded)])
async def test_a_connection_that_is_lost_again_and_again_is_an_error_in_the_end(
    flavor: Flavor, clock: FakeClock, timeout: float | None, error: type[Exception]
) -> None:
    """After an hour, or when the time allowed is over."""

    def nothing(job: Misbehaving, request: httpx.Request, total: int) -> httpx.Response:
        response = GrowingJob.log(job, request, total)
        return httpx.Response(206, headers=response.headers, stream=Body(httpx.ReadError("reset")))

    server = Misbehaving(clock, dict.fromkeys(range(2, 999), nothing))
    began, found = clock.monotonic(), list[LogLine]()
    with pytest.raises(error) as caught:
        await flavor.list(flavor.client(server, clock=clock).jobs.follow("web", 7, "job-test", timeout=timeout), found)
    lost = caught.value.__cause__ if timeout else caught.value
    assert "reset" in str(lost)
    assert len(found) == 400
    assert (timeout or 3600) - 1 <= clock.monotonic() - began <= (timeout or 3640)
    assert server.requests < (20 if timeout else 260)


async def test_a_lost_connection_is_an_error_at_once_without_retries(flavor: Flavor, clock: FakeClock) -> None:
    server = Misbehaving(clock, {3: cut_off})
    found: list[LogLine] = []
    client = flavor.client(server, clock=clock).with_options(retry=None)
    with pytest.raises(errors.ResponseLost, match="reset"):
        await flavor.list(client.jobs.follow("web", 7, "job-test", poll_interval=2), found)
    assert 400 <= len(found) < 500
    assert server.requests == 3


async def test_a_part_that_can_t_be_unpacked_is_an_error_that_says_so(flavor: Flavor, clock: FakeClock) -> None:
    def torn(job: Misbehaving, request: httpx.Request, total: int) -> httpx.Response:
        packed = gzip.compress(job.data(0, total))
        headers = {"Content-Range": f"bytes 100-{len(packed) - 1}/{len(packed)}", "Content-Encoding": "gzip"}
        return httpx.Response(206, headers=headers, stream=Body(packed[100:]))

    def misplaced(job: Misbehaving, request: httpx.Request, total: int) -> httpx.Response:
        headers = {"Content-Range": f"bytes 0-{total - 1}/{total}", "Content-Encoding": "gzip"}
        return httpx.Response(206, headers=headers, stream=Body(gzip.compress(job.data(0, total - 1))))

    for misbehave in (torn, misplaced):
        server = Misbehaving(clock, {1: misbehave})
        with pytest.raises(errors.InvalidResponse, match="compressed"):
            await flavor.list(flavor.client(server, clock=clock).jobs.follow("web", 7, "job-test", poll_interval=2))


async def test_a_compressed_log_is_bounded_by_max_body(flavor: Flavor, clock: FakeClock) -> None:
    server = Misbehaving(clock, {1: whole_and_compressed})
    client = flavor.client(server, clock=clock, max_body=30_000)
    with pytest.raises(errors.InvalidResponse, match="larger than 30000 bytes"):
        await flavor.list(client.jobs.follow("web", 7, "job-test", poll_interval=2))


@pytest.mark.parametrize("size", [0, 500, 39_000, 200_000])
async def test_a_log_that_is_written_again_is_read_again(flavor: Flavor, clock: FakeClock, size: int) -> None:
    """As after `DELETE …/log`. A log that begins like the one before is taken for an older answer until the next poll."""

    def second(start: int, end: int) -> bytes:
        return bytes(NumberedLog().data(start, end).replace(b"0", b"x"))

    first = 40_000
    server = GrowingJob(clock, lambda now: first if now < 3 else size, ends=12.0, delay=0.0)
    plain = server.data
    server.data = lambda start, end: plain(start, end) if server.now < 3 else second(start, end)
    lines = [
        line.text
        for line in await flavor.list(
            flavor.client(server, clock=clock).jobs.follow("web", 7, "job-test", poll_interval=2)
        )
    ]
    assert lines[: first // 100] == [f"{number:012}{'.' * 87}" for number in range(first // 100)]
    assert lines[first // 100 :] == second(0, size).decode().split("\n")[:-1]


async def test_a_log_that_stays_incomplete_is_an_error(flavor: Flavor, clock: FakeClock) -> None:
    def beyond(job: Misbehaving, request: httpx.Request, _: int) -> httpx.Response:
        response = GrowingJob.log(job, request, 90_000)
        return httpx.Response(206, headers={"Content-Range": "bytes 80000-90000/90001"}, stream=response.stream)

    server = Misbehaving(clock, dict.fromkeys(range(3, 999), beyond))
    found: list[LogLine] = []
    with pytest.raises(errors.InvalidResponse, match="still incomplete after 10 polls"):
        await flavor.list(flavor.client(server, clock=clock).jobs.follow("web", 7, "job-test", poll_interval=2), found)
    assert len(found) == 400


@pytest.mark.parametrize("tail", [None, 5000])
async def test_the_time_allowed_holds_for_a_log_that_arrives_slowly(
    flavor: Flavor, clock: FakeClock, tail: int | None
) -> None:
    def slow(job: Misbehaving, request: httpx.Request, total: int) -> httpx.Response:
        pieces = [
            piece for at in range(0, total, 1000) for piece in (job.data(at, at + 1000), lambda: clock.advance(1))
        ]
        return httpx.Response(206, headers={"Content-Range": f"bytes 0-{total - 1}/{total}"}, stream=Body(*pieces))

    server = Misbehaving(clock, {1: slow})
    began, found = clock.monotonic(), []
    lines = flavor.client(server, clock=clock).jobs.follow("web", 7, "job-test", timeout=20, tail=tail)
    with pytest.raises(errors.DeadlineExceeded, match="timeout="):
        await flavor.list(lines, found)
    assert 150 < len(found) <= 210 if tail is None else found == []  # what came in time is given
    assert clock.monotonic() - began <= 21


async def test_leaving_early_releases_the_connection_of_a_large_answer(flavor: Flavor, clock: FakeClock) -> None:
    closed: list[str] = []

    class Noted(Body):
        def close(self) -> None:
            closed.append("closed")

        async def aclose(self) -> None:
            closed.append("closed")

    def app(request: httpx.Request) -> httpx.Response:
        if not request.url.path.endswith("/log"):
            return answer(job("test", started_at=STARTED))
        pieces = [NumberedLog().data(at, at + 100_000) for at in range(0, 9 * MB, 100_000)]
        return httpx.Response(206, headers={"Content-Range": f"bytes 0-{9 * MB - 1}/{9 * MB}"}, stream=Noted(*pieces))

    client = flavor.client(app, clock=clock)

    async def leave() -> None:
        lines = client.jobs.follow("web", 7, "job-test", poll_interval=2)
        if flavor.blocking:
            for line in lines:
                assert number_of(line) == 0
                break
        else:
            async for line in lines:
                assert number_of(line) == 0
                break

    async def end() -> None:
        lines = client.jobs.follow("web", 7, "job-test", poll_interval=2)
        await flavor.next(lines)
        await flavor.close(lines)

    for way in (leave, end):
        closed.clear()
        await way()
        gc.collect()
        if not flavor.blocking:
            await anyio.wait_all_tasks_blocked()
        assert closed == ["closed"]


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[list[bytes]], list[bool]]:
    """Return what is written at each request and between the polls, and which answers are those of the request before."""
    pieces = st.sampled_from([b"line\n", b"part ", b"\n", b"x" * 70_000 + b"\n", b"y" * 9000 + b"\n", b"z\n" * 3000])
    growth = draw(st.lists(st.lists(pieces, max_size=3), min_size=1, max_size=40))
    late = draw(st.lists(st.booleans(), min_size=len(growth), max_size=len(growth)))
    return growth, [one and not before for before, one in zip([True, *late], late, strict=False)]


class Historic:
    """Server of one job, whose log grows at each poll and during each request, and which sometimes answers with what it was."""

    def __init__(self, growth: list[list[bytes]], late: list[bool], clock: FakeClock) -> None:
        self._growth: Iterator[list[bytes]] = iter(growth)
        self._late = iter(late)
        self._clock = clock
        self._snapshot = b""
        self.log = b""
        self.moved = self.polls = 0
        self.over = False

    def _grow(self) -> None:
        grown = next(self._growth, None)
        self.over = grown is None
        self.log += b"".join(grown or [])

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if not request.url.path.endswith("/log"):
            self.polls += 1
            self._grow()
            return answer(job("test", started_at=STARTED, state="passed" if self.over else "running"))
        self._clock.advance(0.05)
        late = next(self._late, False) and not self.over
        log = self._snapshot if late else self.log
        self._snapshot = self.log
        if not self.over:
            self._grow()
        if not log:
            return answer(status=416)
        start = max(0, len(log) - int(request.headers["Range"].removeprefix("bytes=-")))
        headers = {"Content-Range": f"bytes {start}-{len(log) - 1}/{len(log)}"}
        return httpx.Response(206, headers=headers, stream=Body(*self._counted(log[start:])))

    def _counted(self, part: bytes) -> list[Any]:
        pieces: list[Any] = []
        for at in range(0, len(part), 20_000):
            piece = part[at : at + 20_000]
            pieces += [partial(self._count, len(piece)), piece]
        return pieces

    def _count(self, size: int) -> None:
        self.moved += size


@given(histories())
def test_whatever_the_growth_and_the_delay_of_answers_the_lines_are_those_of_the_log(
    history: tuple[list[list[bytes]], list[bool]],
) -> None:
    clock = FakeClock()
    server = Historic(*history, clock)
    with BuildkiteClient(
        "acme", token=TOKEN, transport=httpx.MockTransport(server), clock=clock, retry=Retry(attempts=1)
    ) as client:
        lines = list(client.jobs.follow("web", 7, "job-test", poll_interval=2))
    assert [line.raw for line in lines] == (server.log.decode().removesuffix("\n").split("\n") if server.log else [])
    assert server.moved <= 2 * len(server.log) + 8192 * server.polls
