"""Finished is not final: after a retry, a wait doesn't take the end that the build had for the one that it comes to."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from buildkite_ext import BuildkiteClient, DeadlineExceeded
from buildkite_ext.models import Build
from buildkite_ext.simulation import Simulator, Timing
from buildkite_ext.stores.recent_actions import RecentActions, Reopening

from .fakes import FakeClock, Flavor, answer, build, job
from .timelines import Shown, Timeline

OLD = "2026-01-05T12:05:00Z"
FAILED: Shown = {"state": "failed", "finished_at": OLD}
PASSED: Shown = {"state": "passed", "finished_at": "2026-01-05T12:10:00Z"}
AGAIN: Shown = {"state": "failed", "finished_at": "2026-01-05T12:10:00Z"}


def reopened(
    flavor: Flavor, clock: FakeClock, shown: list[tuple[float, Shown]], **retried: Any
) -> tuple[Any, Timeline]:
    """Return a client whose retries are answered as a build that has ended at `OLD`, or by a new job."""

    def on_write(action: str) -> Any:
        if action == "retry":
            return answer(job("new", state="scheduled", created_at="2026-01-05T12:06:00Z"))
        return answer(build(7, **{"state": "failed", "finished_at": OLD, "retried_jobs_count": 2, **retried}), 202)

    timeline = Timeline(clock, shown, on_write=on_write)
    return flavor.client(timeline, clock=clock), timeline


SEQUENCES: list[Any] = [
    pytest.param([(0, FAILED), (40, {"state": "running"}), (90, PASSED)], "passed", id="old end, running, passed"),
    pytest.param([(0, FAILED), (40, PASSED)], "passed", id="old end, new end, and nothing between that was seen"),
    pytest.param([(0, FAILED), (40, AGAIN)], "failed", id="it failed again"),
    pytest.param([(0, {"state": "running"}), (40, PASSED)], "passed", id="reopened at once"),
    pytest.param([(0, FAILED), (20, 502), (60, FAILED), (90, PASSED)], "passed", id="an outage between"),
]


@pytest.mark.parametrize(("shown", "outcome"), SEQUENCES)
@pytest.mark.parametrize("action", ["retry_failed_jobs", "retry"])
async def test_a_wait_after_a_retry_waits_for_the_new_end(
    flavor: Flavor, clock: FakeClock, shown: list[tuple[float, Shown]], outcome: str, action: str
) -> None:
    client, _ = reopened(flavor, clock, shown)
    if action == "retry":
        await flavor.call(client.jobs.retry, "web", 7, "job-old")
    else:
        await flavor.call(client.builds.retry_failed_jobs, "web", 7)
    result = await flavor.call(client.builds.wait, "web", 7, timeout=600)
    assert result.outcome == outcome
    assert result.build.finished_at is None or result.build.finished_at.isoformat() != "2026-01-05T12:05:00+00:00"


async def test_a_copy_of_the_client_knows_what_the_client_did(flavor: Flavor, clock: FakeClock) -> None:
    client, _ = reopened(flavor, clock, [(0, FAILED), (40, PASSED)])
    await flavor.call(client.with_options(timeout=30).builds.retry_failed_jobs, "acme/web", 7)
    assert (await flavor.call(client.builds.wait, "web", 7)).outcome == "passed"


async def test_the_build_that_the_retry_returned_tells_another_client(flavor: Flavor, clock: FakeClock) -> None:
    client, timeline = reopened(flavor, clock, [(0, FAILED), (40, PASSED)])
    retried = await flavor.call(client.builds.retry_failed_jobs, "web", 7)
    other = flavor.client(timeline, clock=clock)
    assert (await flavor.call(other.builds.wait, retried)).outcome == "passed"
    assert (await flavor.call(other.builds.wait, "web", 7)).outcome == "passed"


async def test_a_retry_of_no_job_reopens_nothing(flavor: Flavor, clock: FakeClock) -> None:
    client, timeline = reopened(flavor, clock, [(0, FAILED)], retried_jobs_count=0)
    await flavor.call(client.builds.retry_failed_jobs, "web", 7)
    assert (await flavor.call(client.builds.wait, "web", 7)).outcome == "failed"
    assert timeline.now == 0


async def test_an_end_that_stays_for_minutes_is_believed(flavor: Flavor, clock: FakeClock) -> None:
    client, timeline = reopened(flavor, clock, [(0, FAILED)])
    await flavor.call(client.builds.retry_failed_jobs, "web", 7)
    assert (await flavor.call(client.builds.wait, "web", 7)).outcome == "failed"
    assert 300 <= timeline.now <= 330


async def test_another_build_isnt_waited_for_longer(flavor: Flavor, clock: FakeClock) -> None:
    client, timeline = reopened(flavor, clock, [(0, FAILED)])
    await flavor.call(client.builds.retry_failed_jobs, "web", 8)
    assert (await flavor.call(client.builds.wait, "web", 7)).outcome == "failed"
    assert timeline.now == 0


@pytest.mark.parametrize("states", [None, ["failed"]])
def test_the_simulator_retries_in_the_background_and_the_wait_sees_the_end_of_it(states: list[str] | None) -> None:
    simulator = Simulator(timing=Timing(retrying=20))
    simulator.pipeline("web").job("test", exit_status=[1, 1, 0], after=60)
    with simulator.client() as buildkite:
        created = buildkite.builds.create("web", branch="main")
        assert buildkite.builds.wait(created).outcome == "failed"
        buildkite.builds.retry_failed_jobs(created, states=states)
        again = buildkite.builds.wait(created)
        assert (again.outcome, again.build.jobs[0].retries_count) == ("failed", 1)
        buildkite.jobs.retry(again.failed_jobs[0])
        last = buildkite.builds.wait(created)
        assert (last.outcome, last.failed_jobs) == ("passed", [])


def test_a_job_that_is_retried_again_and_again_is_followed_to_the_end() -> None:
    simulator = Simulator()
    simulator.pipeline("web").job("test", exit_status=[1, 1, 0], after=60, automatic_retries=2)
    with simulator.client() as buildkite:
        assert buildkite.builds.run("web", branch="main").passed


# --- The memory -------------------------------------------------------------------------------------------------------

AT = ("acme", "web", 7)


def a_build(**changes: Any) -> Build:
    return Build.from_dict(build(7, **{"state": "failed", **changes}))


@pytest.mark.parametrize(
    ("finished_at", "old"),
    [(OLD, True), ("2026-01-05T12:05:01Z", False), ("2026-01-05T12:04:59Z", False), (None, False)],
)
def test_the_end_of_before_is_told_by_its_time(finished_at: str | None, old: bool) -> None:
    reopening = Reopening.of_build(a_build(finished_at=OLD, retried_jobs_count=1))
    assert reopening is not None
    assert reopening.is_old(a_build(finished_at=finished_at)) is old


def test_an_end_before_the_new_job_is_old() -> None:
    from buildkite_ext.models import Job

    reopening = Reopening.of_job(Job.from_dict(job("new", created_at="2026-01-05T12:06:00Z")))
    assert reopening is not None
    assert reopening.is_old(a_build(finished_at=OLD))
    assert not reopening.is_old(a_build(finished_at="2026-01-05T12:06:30Z"))
    assert Reopening.of_job(Job.from_dict(job("new"))) is None


def test_what_was_done_is_forgotten_after_some_minutes_and_beyond_a_number_of_builds() -> None:
    actions = RecentActions()
    reopening = Reopening(None)
    actions.add(AT, reopening, now=0)
    actions.add(AT, None, now=0)
    assert actions.pending(AT, now=299).reopening is reopening
    assert actions.pending(AT, now=301).reopening is None
    for number in range(1000):
        actions.add(("acme", "web", 1000 + number), "job", now=1)
    assert actions.pending(AT, now=2).reopening is None
    assert actions.pending(("acme", "web", 1999), now=2).unblocked == {"job"}


def test_a_client_that_did_nothing_remembers_nothing() -> None:
    with BuildkiteClient("acme", token="t") as client:
        assert client._requester.recent_actions.pending(AT, now=0).reopening is None


# --- Followers, and waits for jobs ------------------------------------------------------------------------------------


def retried_in_the_background(**options: Any) -> tuple[Simulator, Any]:
    """Return a simulator that takes 20 s to retry failed jobs, and a client of it. The first attempt has failed."""
    simulator = Simulator(timing=Timing(retrying=20), **options)
    web = simulator.pipeline("web").job("lint", log="lint\n", after=5)
    web.job("test", log="test\n", exit_status=[1, 0], after=60)
    web.job("soft", log="soft\n", exit_status=[3, 0], soft_fail=True, after=5)
    buildkite = simulator.client()
    assert buildkite.builds.run("web", branch="main").outcome == "failed"
    return simulator, buildkite


def job_called(buildkite: BuildkiteClient, name: str) -> Any:
    return next(each for each in buildkite.builds.get("web", 1).jobs if each.name == name)


@pytest.mark.parametrize("how", ["builds.follow", "builds.log_search", "jobs.follow"])
def test_lines_of_the_retry_are_followed_although_the_build_still_shows_its_old_end(how: str) -> None:
    _, buildkite = retried_in_the_background()
    with buildkite:
        old = job_called(buildkite, "test")
        buildkite.builds.retry_failed_jobs("web", 1, states="failed")
        if how == "builds.follow":
            lines = list(buildkite.builds.follow("web", 1, timeout=600))
        elif how == "jobs.follow":
            lines = list(buildkite.jobs.follow(old, timeout=600))
        else:
            matches = buildkite.builds.log_search("web", 1, pattern="t", jobs="test", follow=True, timeout=600)
            lines = [match.line for match in matches]
        ids = [line.job_id for line in lines if line.job_name == "test"]
        assert ids == [old.id, job_called(buildkite, "test").id]
        assert len(set(ids)) == 2


def test_the_build_that_the_retry_returned_tells_followers_of_another_client() -> None:
    for how in ("builds.follow", "builds.events", "watcher.wait", "watcher.wait_all", "jobs.wait"):
        simulator, buildkite = retried_in_the_background()
        with buildkite:
            retried = buildkite.builds.retry_failed_jobs("web", 1)
            old = job_called(buildkite, "test")
        with simulator.client() as other:
            if how == "builds.follow":
                assert len({line.job_id for line in other.builds.follow(retried) if line.job_name == "test"}) == 2
            elif how == "builds.events":
                assert [str(event.event) for event in other.builds.events(retried)].count("build.finished") == 2
            elif how == "watcher.wait":
                assert other.builds.watcher().wait(retried).passed
            elif how == "watcher.wait_all":
                assert all(other.builds.watcher().wait_all([retried]))
            else:
                assert other.jobs.wait(retried, job_id=old.id).passed


@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize(
    ("name", "states", "outcome", "attempts"),
    [
        ("test", None, "passed", 2),
        ("test", "failed", "passed", 2),
        ("test", "timed_out", "failed", 1),
        ("soft", None, "passed", 2),
        ("soft", "soft_failed", "passed", 2),
        ("soft", "failed", "soft_failed", 1),
        ("lint", None, "passed", 1),
    ],
)
def test_a_wait_for_a_job_waits_for_its_retry_if_its_state_was_asked_for(
    name: str, states: Any, outcome: str, attempts: int, many: bool
) -> None:
    simulator, buildkite = retried_in_the_background()
    with buildkite:
        old = job_called(buildkite, name)
        others = [job_called(buildkite, "lint").id] if many else []
        buildkite.builds.retry_failed_jobs("web", 1, states=states)
        began = simulator.clock.time()
        result = buildkite.jobs.wait("web", 1, job_ids=[old.id, *others], timeout=600).results[0]
        assert (result.outcome, len(result.attempts)) == (outcome, attempts)
        assert simulator.clock.time() - began < (120 if attempts == 2 else 5)


def test_a_job_whose_retry_has_not_begun_has_not_ended_when_the_time_is_over() -> None:
    _, buildkite = retried_in_the_background()
    with buildkite:
        old = job_called(buildkite, "test")
        buildkite.builds.retry_failed_jobs("web", 1)
        assert buildkite.jobs.wait(old, timeout=5, on_timeout="return").outcome is None
        with pytest.raises(DeadlineExceeded, match="'test' is failed, and its retry hasn't begun"):
            buildkite.jobs.wait(old, timeout=5)


def test_a_retry_that_never_comes_is_waited_for_some_minutes_only() -> None:
    simulator = Simulator(timing=Timing(retrying=4000))
    simulator.pipeline("web").job("test", log="test\n", exit_status=1)
    with simulator.client() as buildkite:
        old = buildkite.builds.run("web", branch="main").failed_jobs[0]
        buildkite.builds.retry_failed_jobs("web", 1)
        began = simulator.clock.time()
        assert buildkite.jobs.wait(old).outcome == "failed"
        assert 300 <= simulator.clock.time() - began <= 330
        assert [line.text for line in buildkite.jobs.follow(old)] == ["test"]


def test_a_build_is_followed_over_the_block_step_that_the_client_has_unblocked(clock: FakeClock) -> None:
    blocked: Shown = {"state": "passed", "blocked": True, "jobs": [job("ship", type="manual", state="blocked")]}
    passed: Shown = {"state": "passed", "jobs": []}
    timeline = Timeline(
        clock, [(0, blocked), (30, passed)], on_write=lambda _: answer(job("ship", type="manual", state="unblocked"))
    )
    with BuildkiteClient("acme", token="t", transport=httpx.MockTransport(timeline), clock=clock) as client:
        client.jobs.unblock("web", 7, "job-ship")
        assert list(client.builds.follow("web", 7)) == []
        assert timeline.now >= 30


class Consequence:
    """Server of a build that has ended since `a` failed, and in which `b` didn't run for that reason. After a retry of `a`
    the build shows its old end for 20 s, and then runs.

    Args:
        state: the state of `b` until its turn comes.
        until: the seconds after which `a` has ended again.
        passes: `a` passes then, and `b` runs for 30 s.
    """

    def __init__(self, clock: FakeClock, state: str, *, until: float = 90.0, passes: bool = True) -> None:
        self._clock, self._began = clock, clock.monotonic()
        self._state, self._until, self._passes = state, until, passes
        self.requests: list[str] = []

    @property
    def now(self) -> float:
        return self._clock.monotonic() - self._began

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method != "GET":
            if request.url.path.endswith("/retry"):
                return answer(job("c", state="scheduled", created_at="2026-01-05T12:06:00Z"))
            return answer(build(7, state="failed", finished_at=OLD, retried_jobs_count=1), 202)
        self.requests.append(request.url.path)
        reopened, ends = self.now >= 20, self._until + (30 if self._passes else 0)
        a = job("a", state="failed", finished_at=OLD, retried_in_job_id="job-c" if reopened else None)
        again = ("passed" if self._passes else "failed") if self.now >= self._until else "running"
        c = job("c", state=again, finished_at="2026-01-05T12:09:00Z" if again != "running" else None)
        states = {False: self._state, True: "running" if self.now < ends else "passed"}
        b = job("b", state=states[self._passes and self.now >= self._until])
        if "/jobs/" in request.url.path:
            return answer({"a": a, "b": b, "c": c}[request.url.path.rpartition("-")[2]])
        shown: dict[str, Any] = {"state": "running"}
        if not reopened:
            shown = {"state": "failed", "finished_at": OLD}
        elif self.now >= ends:
            shown = {"state": "passed" if self._passes else "failed", "finished_at": "2026-01-05T12:10:00Z"}
        return answer(build(7, jobs=[a, b, *([c] if reopened else [])], **shown))


CONSEQUENCES = {
    "broken": "broken",
    "waiting_failed": "not_run",
    "blocked_failed": "not_run",
    "unblocked_failed": "not_run",
}


@pytest.mark.parametrize("until", [90.0, 1000.0])
@pytest.mark.parametrize("action", ["retry_failed_jobs", "retry"])
@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize("state", CONSEQUENCES)
async def test_a_job_that_did_not_run_may_run_after_the_retry_of_another(
    flavor: Flavor, clock: FakeClock, state: str, many: bool, action: str, until: float
) -> None:
    server = Consequence(clock, state, until=until)
    result, _ = await waited(flavor, clock, server, action, many)
    assert [each.outcome for each in result.results] == ["passed"] * (2 if many else 1)
    assert until + 30 <= server.now <= until + 60
    assert len(server.requests) <= 2 * (until / 15 + 12)


@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize("state", CONSEQUENCES)
async def test_a_job_that_does_not_run_after_the_retry_either_ends_with_the_build(
    flavor: Flavor, clock: FakeClock, state: str, many: bool
) -> None:
    server = Consequence(clock, state, until=60.0, passes=False)
    result, _ = await waited(flavor, clock, server, "retry_failed_jobs", many)
    assert result.results[0].outcome == CONSEQUENCES[state]
    assert server.now <= 90


async def waited(flavor: Flavor, clock: FakeClock, server: Any, action: str, many: bool) -> Any:
    client = flavor.client(server, clock=clock)
    if action == "retry":
        await flavor.call(client.jobs.retry, "web", 7, "job-a")
    else:
        await flavor.call(client.builds.retry_failed_jobs, "web", 7)
    ids = ["job-b", "job-a"] if many else ["job-b"]
    return await flavor.call(client.jobs.wait, "web", 7, job_ids=ids, timeout=3600), server
