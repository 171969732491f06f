"""Logs that can't be read while a build is followed or searched: the others are read, and the build is followed to its end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from buildkite_ext import LogIncomplete, Retry, errors

from .fakes import Body, FakeClock, Flavor, answer
from .growing import GrowingBuild, GrowingJob

ENDS = [30.0, 100.0, 200.0]


def slow(_: int, now: float) -> int:
    return 1 + int(now / 10)


class OneBadLog(GrowingBuild):
    """Server of a build of three jobs. The log of the second can't be read from a time on.

    Args:
        clock: the clock of the client.
        bad: what is answered for it.
        since: seconds after which it can't be read.
        until: seconds after which it can be again.
    """

    def __init__(
        self,
        clock: FakeClock,
        bad: Callable[[httpx.Request], httpx.Response],
        *,
        since: float = 0.0,
        until: float = float("inf"),
    ) -> None:
        super().__init__(clock, slow, ends=ENDS)
        self._bad = bad
        self._broken = since, until

    def __call__(self, request: httpx.Request) -> httpx.Response:
        since, until = self._broken
        if "/job-1/" in request.url.path and since <= self.now < until:
            self.requests.append((self.now, 1))
            return self._bad(request)
        return super().__call__(request)


def _reset(_: httpx.Request) -> httpx.Response:
    raise httpx.ReadError("reset")


BAD: dict[str, tuple[Callable[[httpx.Request], httpx.Response], type[Exception]]] = {
    "500": (lambda _: answer({"message": "Trouble"}, 500), errors.ServerError),
    "reset": (_reset, errors.NetworkError),
    "410": (lambda _: answer({"message": "Gone"}, 410), errors.ApiError),
    "no place": (
        lambda _: httpx.Response(206, content=b"abc", headers={"Content-Range": "bytes */3"}),
        errors.InvalidResponse,
    ),
    "broken gzip": (
        lambda _: httpx.Response(200, stream=Body(b"\x1f\x8bno"), headers={"Content-Encoding": "gzip"}),
        errors.InvalidResponse,
    ),
}
bad_logs = pytest.mark.parametrize(("bad", "kind"), BAD.values(), ids=BAD)


async def until_error(flavor: Flavor, found: Any) -> tuple[list[Any], errors.BuildkiteError]:
    """Return what came before an error, and the error."""
    got: list[Any] = []
    try:
        if flavor.blocking:
            for each in found:
                got.append(each)
        else:
            async for each in found:
                got.append(each)
    except errors.BuildkiteError as error:
        return got, error
    raise AssertionError("no error came")


@bad_logs
@pytest.mark.parametrize("timeout", [None, 3600.0])
async def test_the_others_are_followed_to_the_end_of_the_build(
    flavor: Flavor,
    clock: FakeClock,
    bad: Callable[[httpx.Request], httpx.Response],
    kind: type[Exception],
    timeout: float | None,
) -> None:
    server = OneBadLog(clock, bad, since=40)
    events: list[object] = []
    client = flavor.client(server, clock=clock, on_event=events.append)
    got, error = await until_error(flavor, client.builds.follow("web", 7, timeout=timeout))
    counts = Counter(line.job_name for line in got)
    assert (counts["0"], counts["2"]) == (slow(0, ENDS[0]), slow(2, ENDS[2]))
    assert 0 < counts["1"] < slow(1, ENDS[1])
    assert isinstance(error, kind)
    assert error.__notes__ == ["Not all of these logs could be read: '1'. The others were."]
    (left_out,) = [event for event in events if isinstance(event, LogIncomplete)]
    assert (left_out.job, left_out.name, left_out.error) == ("job-1", "1", str(error))
    assert 200 <= server.now <= 200 + 120 + 60


async def test_a_log_that_can_be_read_again_is(flavor: Flavor, clock: FakeClock) -> None:
    """Also if that is after the end of its build, since a server may be restarted just then."""
    for bad, until in ((BAD["500"][0], 260.0), (BAD["no place"][0], 5.0), (BAD["410"][0], 3.0)):
        server = OneBadLog(clock, bad, until=until)
        lines = await flavor.list(flavor.client(server, clock=clock).builds.follow("web", 7))
        assert Counter(line.job_name for line in lines) == {str(at): slow(at, ends) for at, ends in enumerate(ENDS)}


async def test_an_hour_of_errors_of_one_log_does_not_end_a_build_of_three(flavor: Flavor, clock: FakeClock) -> None:
    server = OneBadLog(clock, BAD["500"][0])
    server._ends = [30.0, 100.0, 9000.0]
    got, error = await until_error(flavor, flavor.client(server, clock=clock).builds.follow("web", 7))
    assert Counter(line.job_name for line in got) == {"0": slow(0, 30.0), "2": slow(2, 9000.0)}
    assert isinstance(error, errors.ServerError)


@bad_logs
@pytest.mark.parametrize("follow", [True, False])
async def test_the_others_are_searched(
    flavor: Flavor,
    clock: FakeClock,
    bad: Callable[[httpx.Request], httpx.Response],
    kind: type[Exception],
    follow: bool,
) -> None:
    server = OneBadLog(clock, bad)
    if not follow:
        clock.advance(500)
    client = flavor.client(server, clock=clock)
    got, error = await until_error(flavor, client.builds.log_search("web", 7, pattern="0000", follow=follow))
    counts = Counter(match.line.job_name for match in got)
    assert counts == {"0": slow(0, ENDS[0]), "2": slow(2, ENDS[2])}
    assert isinstance(error, kind)


async def test_a_token_that_is_refused_ends_it_at_once(flavor: Flavor, clock: FakeClock) -> None:
    for status, kind in ((401, errors.Unauthorized), (403, errors.AccessDenied)):
        server = OneBadLog(clock, lambda _, status=status: answer({"message": "No"}, status))
        with pytest.raises(kind):
            await flavor.list(flavor.client(server, clock=clock).builds.follow("web", 7))
        assert server.now < 20


async def test_a_client_without_retries_leaves_out_what_is_no_log(flavor: Flavor, clock: FakeClock) -> None:
    server = OneBadLog(clock, BAD["410"][0])
    client = flavor.client(server, clock=clock, retry=Retry(attempts=1))
    got, _ = await until_error(flavor, client.builds.follow("web", 7))
    assert Counter(line.job_name for line in got) == {"0": slow(0, ENDS[0]), "2": slow(2, ENDS[2])}
    assert len(server.polls(1)) == 1


async def test_the_time_allowed_names_the_logs_that_are_incomplete(flavor: Flavor, clock: FakeClock) -> None:
    server = OneBadLog(clock, BAD["500"][0])
    events: list[object] = []
    client = flavor.client(server, clock=clock, on_event=events.append)
    got, error = await until_error(flavor, client.builds.follow("web", 7, timeout=230))
    assert isinstance(error, errors.DeadlineExceeded)
    assert isinstance(error.__cause__, errors.BuildkiteError)
    assert [event for event in events if isinstance(event, LogIncomplete)] == [LogIncomplete("job-1", "1", None)]
    assert {line.job_name for line in got} == {"0", "2"}


async def test_a_job_that_is_followed_alone_ends_with_the_error_of_its_log(flavor: Flavor, clock: FakeClock) -> None:
    class OneJob(GrowingJob):
        def log(self, request: httpx.Request, total: int) -> httpx.Response:
            return super().log(request, total) if self.now < 50 else answer({"message": "Gone"}, 410)

    server = OneJob(clock, lambda now: 100 * int(now), ends=500)
    got, error = await until_error(flavor, flavor.client(server, clock=clock).jobs.follow("web", 7, "job-test"))
    assert isinstance(error, errors.ApiError)
    assert 40 < len(got) < 50
    assert server.now < 60


async def test_a_log_that_arrives_piece_by_piece_can_be_read(flavor: Flavor, clock: FakeClock) -> None:
    """Each answer is lost after some lines, for far more than two minutes after the end of the build."""

    class Lossy(GrowingBuild):
        def __call__(self, request: httpx.Request) -> httpx.Response:
            response = super().__call__(request)
            if not request.url.path.endswith("/log"):
                return response
            clock.advance(20)
            lost = Body(response.content[:16_000], httpx.ReadError("reset"))
            whole = len(response.content) <= 16_000
            return response if whole else httpx.Response(206, headers=response.headers, stream=lost)

    server = Lossy(clock, lambda *_: 2000, ends=[1.0])
    lines = await flavor.list(flavor.client(server, clock=clock).builds.follow("web", 7))
    assert len(lines) == 2000
    assert server.now > 200


async def test_lines_that_have_arrived_are_given_when_the_time_is_over(flavor: Flavor, clock: FakeClock) -> None:
    """Those of ended jobs are held until their logs are complete, since more may come late."""
    server = GrowingBuild(clock, lambda *_: 5, ends=[1.0] * 100)
    got, error = await until_error(flavor, flavor.client(server, clock=clock).builds.follow("web", 7, timeout=30))
    assert isinstance(error, errors.DeadlineExceeded)
    assert len(got) == 5 * len({number for _, number in server.requests if number is not None}) > 100
