"""Logs that show up a little later than the end of their job: nothing of them is lost, and others take no further request."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildkite_ext import Retry, errors
from buildkite_ext.logs.lateness import Lateness
from buildkite_ext.models import Job

from .fakes import FakeClock, Flavor, build, job
from .growing import STARTED

ENDED = "2026-01-05T09:00:10.000Z"
LOG = b"one\ntwo\nthree\n"


class LateJob:
    """Server of a job that ends after 10 seconds, for `httpx.MockTransport`.

    Args:
        clock: the clock of the client. It begins at 09:00:00.
        log: what is stored of the log at a time, by the seconds since then; None if it is missing.
        dated: answers have a Date.
        empty: the status of a log that is missing.
    """

    def __init__(self, clock: FakeClock, log: Any, *, dated: bool = True, missing: int = 404) -> None:
        self._clock = clock
        self._began = clock.monotonic()
        self._log = log
        self._dated = dated
        self._missing = missing
        self.logs: list[float] = []
        self.others: list[str] = []

    @property
    def now(self) -> float:
        return self._clock.monotonic() - self._began

    @property
    def job(self) -> dict[str, Any]:
        end = {"state": "failed", "finished_at": ENDED, "exit_status": 1} if self.now >= 10 else {"state": "running"}
        return job("test", started_at=STARTED, **end)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        at = f"{int(self.now) // 60:02}:{int(self.now) % 60:02}"
        date = {"Date": f"Mon, 05 Jan 2026 09:{at} GMT"} if self._dated else {}
        path = request.url.path
        if not path.endswith(("/log", "/log.txt")):
            self.others.append(path)
            found: object = []
            if "/jobs/" in path:
                found = self.job
            elif path.endswith("/builds/7"):
                found = build(7, state=self.job["state"], finished_at=self.job.get("finished_at"), jobs=[self.job])
            return httpx.Response(200, json=found, headers=date)
        self.logs.append(self.now)
        log: bytes | None = self._log(self.now)
        if log is None or not (log or path.endswith(".txt")):
            return httpx.Response(self._missing, json={"message": "No log found"}, headers=date)
        if path.endswith(".txt"):
            return httpx.Response(200, content=log, headers=date)
        part = log[-int(request.headers["Range"].removeprefix("bytes=-")) :]
        place = f"bytes {len(log) - len(part)}-{len(log) - 1}/{len(log)}"
        return httpx.Response(206, content=part, headers={"Content-Range": place, **date})


def late(seconds: float, log: bytes = LOG) -> Any:
    return lambda now: log if now >= 10 + seconds else None


@pytest.mark.parametrize("dated", [True, False], ids=["dated", "undated"])
@pytest.mark.parametrize("missing", [404, 416])
@pytest.mark.parametrize("follow", ["jobs", "builds"])
async def test_a_log_that_comes_after_the_end_of_its_job_is_followed(
    flavor: Flavor, clock: FakeClock, follow: str, missing: int, dated: bool
) -> None:
    server = LateJob(clock, late(6), dated=dated, missing=missing)
    client = flavor.client(server, clock=clock)
    lines = client.jobs.follow("web", 7, "job-test") if follow == "jobs" else client.builds.follow("web", 7)
    assert [line.text for line in await flavor.list(lines)] == ["one", "two", "three"]
    assert len([at for at in server.logs if at >= 10]) <= 8


@pytest.mark.parametrize("follow", ["jobs", "builds"])
async def test_last_bytes_that_come_after_the_end_are_followed(flavor: Flavor, clock: FakeClock, follow: str) -> None:
    server = LateJob(clock, lambda now: b"".join(b"line %d\n" % number for number in range(min(int(now), 19))))
    client = flavor.client(server, clock=clock)
    lines = client.jobs.follow("web", 7, "job-test") if follow == "jobs" else client.builds.follow("web", 7)
    assert [line.text for line in await flavor.list(lines)] == [f"line {number}" for number in range(19)]


async def test_a_job_that_never_has_a_log_ends_following_ten_seconds_later(flavor: Flavor, clock: FakeClock) -> None:
    server = LateJob(clock, lambda _: None)
    assert await flavor.list(flavor.client(server, clock=clock).jobs.follow("web", 7, "job-test")) == []
    assert 15 <= server.now <= 30
    assert len([at for at in server.logs if at >= 10]) <= 7


async def test_a_timeout_ends_the_wait_for_a_late_log(flavor: Flavor, clock: FakeClock) -> None:
    server = LateJob(clock, lambda _: None)
    assert await flavor.list(flavor.client(server, clock=clock).jobs.follow("web", 7, "job-test", timeout=15)) == []
    assert server.now <= 15


@pytest.mark.parametrize("method", ["log_text", "log_text_by_id", "log_tail", "log_search", "log_groups"])
@pytest.mark.parametrize("given_job", [False, True], ids=["an id", "a Job"])
async def test_a_log_is_read_just_after_the_end(flavor: Flavor, clock: FakeClock, method: str, given_job: bool) -> None:
    server = LateJob(clock, late(7, b"--- one\ntwo\n"))
    client = flavor.client(server, clock=clock)
    clock.advance(11)
    assert await read(flavor, client, method, Job.from_dict(server.job) if given_job else "job-test")
    assert len(server.logs) <= 7
    assert len(server.others) <= 1


@pytest.mark.parametrize("method", ["log_text", "log_tail", "log_search", "log_groups"])
async def test_a_log_that_is_not_there_long_after_the_end_is_an_error_at_once(
    flavor: Flavor, clock: FakeClock, method: str
) -> None:
    server = LateJob(clock, lambda _: None)
    client = flavor.client(server, clock=clock)
    clock.advance(120)
    with pytest.raises(errors.JobNotFound):
        await read(flavor, client, method, "job-test")
    assert clock.sleeps == []


@pytest.mark.parametrize("method", ["log_text", "log_tail"])
async def test_a_log_that_a_running_job_does_not_have_yet_is_an_error_at_once(
    flavor: Flavor, clock: FakeClock, method: str
) -> None:
    client = flavor.client(LateJob(clock, lambda _: None), clock=clock)
    with pytest.raises(errors.JobNotFound):
        await read(flavor, client, method, "job-test")
    assert clock.sleeps == []


async def test_without_retries_a_log_is_not_read_again(flavor: Flavor, clock: FakeClock) -> None:
    server = LateJob(clock, late(7))
    clock.advance(11)
    with pytest.raises(errors.JobNotFound):
        await read(flavor, flavor.client(server, clock=clock, retry=Retry(attempts=1)), "log_text", "job-test")
    assert len(server.logs) == 1


async def test_a_summary_shows_a_log_that_comes_late(flavor: Flavor, clock: FakeClock) -> None:
    server = LateJob(clock, late(8, b"Error: broken\n"))
    clock.advance(11)
    summary = await flavor.call(flavor.client(server, clock=clock).builds.failure_summary, "web", 7)
    assert "Error: broken" in str(summary)
    assert summary.requests == len(server.logs) + len(server.others)


async def read(flavor: Flavor, client: Any, method: str, which: str | Job) -> Any:
    call = getattr(client.jobs, method)
    at = (which,) if method == "log_text_by_id" else ("web", 7, which)
    if method in ("log_text", "log_text_by_id", "log_tail"):
        return await flavor.call(call, *at)
    return await flavor.list(call(*at, **({"pattern": ""} if method == "log_search" else {})))


@given(
    st.lists(st.tuples(st.booleans(), st.booleans()), max_size=40), st.none() | st.floats(0, 60), st.floats(-1e6, 1e6)
)
def test_a_log_is_read_again_few_times_and_for_half_a_minute(
    reads: list[tuple[bool, bool]], age: float | None, began: float
) -> None:
    lateness, now, count = Lateness(), began, 0
    for absent, grew in reads:
        pause = lateness.again(
            now, absent=absent, grew=grew and not absent, age=None if age is None else age + now - began
        )
        if pause is None:
            break
        now, count = now + pause, count + 1
    assert count <= 16
    assert now - began <= 45
