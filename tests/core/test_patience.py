"""Failures of polls that pass: everything that polls waits them out in the same way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from buildkite_ext import errors
from buildkite_ext.models import Build, Job

from .fakes import FakeClock, Flavor, answer, build, job

ROUTE = "/v2/organizations/acme/pipelines/web/builds"


class Outage:
    """Server whose builds 1 to 6 run for ten minutes, and which fails in between.

    Args:
        clock: the clock of the client.
        failure: what is answered meanwhile: a status, or an error of the connection.
        begins, ends: seconds in which it fails.
    """

    def __init__(self, clock: FakeClock, failure: int | Exception, begins: float, ends: float) -> None:
        self._clock = clock
        self._began = clock.monotonic()
        self._failure = failure
        self._failing = begins, ends

    @property
    def now(self) -> float:
        return self._clock.monotonic() - self._began

    def __call__(self, request: httpx.Request) -> httpx.Response:
        begins, ends = self._failing
        if begins <= self.now < ends:
            if isinstance(self._failure, Exception):
                raise self._failure
            return answer({"message": "Trouble"}, self._failure)
        path = request.url.path
        if path.endswith("/log"):
            return httpx.Response(416) if "Range" in request.headers else httpx.Response(200, text="")
        over = self.now >= 600
        times = {"started_at": "2026-01-05T12:00:00.000Z", "finished_at": "2026-01-05T12:10:00.000Z" if over else None}
        jobs = [job(each, id=each, state="passed" if over else "running", **times) for each in ("a", "b")]
        if "/jobs/" in path:
            return answer(jobs["ab".index(path[-1])])
        shown = {"state": "passed" if over else "running", "jobs": jobs, **times}
        if not path.endswith("/builds"):
            return answer(build(int(path.rpartition("/")[2]), **shown))
        wanted = request.url.params.get_list("state[]")
        listed = [build(number, **shown) for number in range(1, 7)]
        return answer([] if wanted and shown["state"] not in wanted else listed)


Way = Callable[[Flavor, Any, float | None], Any]


async def _wait(flavor: Flavor, client: Any, timeout: float | None) -> bool:
    return bool(await flavor.call(client.builds.wait, "web", 1, timeout=timeout))


async def _events(flavor: Flavor, client: Any, timeout: float | None) -> bool:
    events = await flavor.list(client.builds.events("web", 1, timeout=timeout))
    return bool(events[-1].event == "build.finished")


async def _watch_one(flavor: Flavor, client: Any, timeout: float | None) -> bool:
    return bool(await flavor.call(client.builds.watcher().wait, "web", 1, timeout=timeout))


async def _watch_many(flavor: Flavor, client: Any, timeout: float | None) -> bool:
    builds = [f"acme/web/{number}" for number in range(1, 7)]
    return all(await flavor.call(client.builds.watcher().wait_all, builds, timeout=timeout))


async def _job(flavor: Flavor, client: Any, timeout: float | None) -> bool:
    return bool(await flavor.call(client.jobs.wait, "web", 1, "a", timeout=timeout))


async def _jobs(flavor: Flavor, client: Any, timeout: float | None) -> bool:
    return bool(await flavor.call(client.jobs.wait, "web", 1, job_ids=["a", "b"], timeout=timeout))


async def _follow_build(flavor: Flavor, client: Any, timeout: float | None) -> bool:
    return await flavor.list(client.builds.follow("web", 1, timeout=timeout)) == []


async def _follow_job(flavor: Flavor, client: Any, timeout: float | None) -> bool:
    return await flavor.list(client.jobs.follow("web", 1, "a", timeout=timeout)) == []


WAYS = [_wait, _events, _watch_one, _watch_many, _job, _jobs, _follow_build, _follow_job]
ways = pytest.mark.parametrize("way", WAYS)


@ways
@pytest.mark.parametrize("failure", [500, 503, httpx.ReadError("gone"), httpx.ConnectError("refused")], ids=repr)
async def test_an_outage_of_minutes_ends_nothing(
    flavor: Flavor, clock: FakeClock, way: Way, failure: int | Exception
) -> None:
    assert await way(flavor, flavor.client(Outage(clock, failure, 30, 400), clock=clock), None)


@ways
async def test_what_was_seen_may_not_be_found_for_half_a_minute(flavor: Flavor, clock: FakeClock, way: Way) -> None:
    assert await way(flavor, flavor.client(Outage(clock, 404, 100, 130), clock=clock), None)


@ways
@pytest.mark.parametrize(("failure", "kind"), [(404, errors.NotFound), (401, errors.Unauthorized)])
async def test_what_does_not_pass_ends_it(
    flavor: Flavor, clock: FakeClock, way: Way, failure: int, kind: type[Exception]
) -> None:
    server = Outage(clock, failure, 100, 9999)
    with pytest.raises(kind):
        await way(flavor, flavor.client(server, clock=clock), None)
    assert server.now < 100 + 60 + 70  # a minute and the pauses before the first and after the last


@ways
async def test_an_outage_of_more_than_an_hour_ends_what_has_no_timeout(
    flavor: Flavor, clock: FakeClock, way: Way
) -> None:
    server = Outage(clock, 500, 30, 99_999)
    with pytest.raises(errors.ServerError):
        await way(flavor, flavor.client(server, clock=clock), None)
    assert 3600 <= server.now <= 4000


@ways
@pytest.mark.parametrize("ends", [5000, 99_999])
async def test_the_timeout_is_the_end_where_there_is_one(
    flavor: Flavor, clock: FakeClock, way: Way, ends: float
) -> None:
    server = Outage(clock, 500, 30, ends)
    client = flavor.client(server, clock=clock)
    if ends == 5000:
        assert await way(flavor, client, 7200)
        return
    with pytest.raises(errors.DeadlineExceeded) as caught:
        await way(flavor, client, 7200)
    assert isinstance(caught.value.__cause__, errors.BuildkiteError)
    assert server.now <= 7200.1


@ways
@pytest.mark.parametrize("failure", [500, 404, httpx.ReadError("gone")], ids=repr)
async def test_a_failure_of_the_first_poll_is_raised(
    flavor: Flavor, clock: FakeClock, way: Way, failure: int | Exception
) -> None:
    server = Outage(clock, failure, 0, 9999)
    with pytest.raises(errors.BuildkiteError) as caught:
        await way(flavor, flavor.client(server, clock=clock), None)
    assert not isinstance(caught.value, errors.DeadlineExceeded)
    assert server.now < 60


@pytest.mark.parametrize("failure", [404, 500])
async def test_what_the_caller_has_from_an_answer_exists(flavor: Flavor, clock: FakeClock, failure: int) -> None:
    known = Build.from_dict(build(1))
    attempt = Job.from_dict(job("a", id="a", build_url=f"https://api.buildkite.com{ROUTE}/1"))
    for wait in (
        lambda client: client.builds.wait(known),
        lambda client: client.builds.watcher().wait(known),
        lambda client: client.builds.watcher().wait_all([known]),
        lambda client: client.jobs.wait(attempt),
        lambda client: client.jobs.wait("web", 1, job_ids=[attempt]),
    ):
        clock = FakeClock()
        client = flavor.client(Outage(clock, failure, 0, 30), clock=clock)
        assert await flavor.call(wait, client)


@pytest.mark.parametrize("failure", [404, 500, httpx.ReadError("gone")], ids=repr)
async def test_what_the_caller_has_from_an_answer_is_followed(
    flavor: Flavor, clock: FakeClock, failure: int | Exception
) -> None:
    known = Build.from_dict(build(1))
    attempt = Job.from_dict(job("a", id="a", build_url=f"https://api.buildkite.com{ROUTE}/1"))
    for follow in (
        lambda client: client.builds.follow(known),
        lambda client: client.builds.events("web", known),
        lambda client: client.builds.log_search(known, pattern="x", follow=True),
        lambda client: client.jobs.follow(attempt),
        lambda client: client.jobs.follow("web", 1, attempt),
        lambda client: client.jobs.log_search(attempt, pattern="x", follow=True),
        lambda client: client.jobs.log_groups("web", 1, attempt, follow=True),
    ):
        clock = FakeClock()
        server = Outage(clock, failure, 0, 30)
        await flavor.list(follow(flavor.client(server, clock=clock)))
        assert server.now >= 600
