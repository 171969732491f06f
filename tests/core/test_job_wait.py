"""Waiting for jobs: one or many, through their retries."""

from __future__ import annotations

from collections import Counter
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildkite_ext import BuildkiteClient, DeadlineExceeded, JobWaitResult, errors
from buildkite_ext.models import Job, JobState
from buildkite_ext.simulation import Simulator
from buildkite_ext.states import JOB_STATES, job_outcome
from buildkite_ext.watching.job_wait import RetryChains

from .fakes import TOKEN, FakeClock, Flavor, answer, build, job

ENDED_AT = "2026-01-05T12:00:00.000Z"


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"state": "passed"}, "passed"),
        ({"state": "failed"}, "failed"),
        ({"state": "failed", "soft_failed": True}, "soft_failed"),
        ({"state": "timed_out"}, "timed_out"),
        ({"state": "canceled"}, "canceled"),
        ({"state": "expired"}, "expired"),
        ({"state": "skipped"}, "skipped"),
        ({"state": "broken"}, "broken"),
        *(({"state": state}, "not_run") for state in ("waiting_failed", "blocked_failed", "unblocked_failed")),
        ({"state": "unblocked", "type": "manual"}, "unblocked"),
        ({"state": "unblocked"}, None),
        *(
            ({"state": state}, None)
            for state in ("running", "canceling", "timing_out", "waiting", "blocked", "reserved")
        ),
        ({"state": "canceling", "finished_at": ENDED_AT}, "canceled"),
        ({"state": "timing_out", "finished_at": ENDED_AT}, "timed_out"),
        ({"state": "a state of tomorrow"}, None),
        ({"state": "a state of tomorrow", "finished_at": ENDED_AT}, "failed"),
        ({"state": "running", "finished_at": ENDED_AT}, "failed"),
    ],
)
def test_the_outcome_of_a_job(changes: dict[str, Any], outcome: str | None) -> None:
    assert job_outcome(Job.from_dict(job("a", **changes))) == outcome


def test_each_state_of_the_description_has_an_outcome_once_the_job_is_over() -> None:
    known = {str(each) for each in JobState} | JOB_STATES
    ended = {state: job_outcome(Job.from_dict(job("a", state=state, finished_at=ENDED_AT))) for state in known}
    assert None not in ended.values()
    assert [state for state, outcome in ended.items() if outcome == "passed"] == ["passed"]


class Polls:
    """Answers of single jobs and of their build, one script a job: its states one poll after another, the last one for ever."""

    def __init__(self, **scripts: list[dict[str, Any]]) -> None:
        self._scripts = scripts
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        name = request.url.path.partition("/jobs/")[2]
        if not name:
            assert request.url.params["include_retried_jobs"] == "true"
            return answer(
                build(
                    7, jobs=[self._next(each) for each in self._scripts if self._scripts[each][0].get("listed", True)]
                )
            )
        return answer(self._next(name)) if name in self._scripts else answer({"message": "No job found"}, 404)

    def _next(self, name: str) -> dict[str, Any]:
        script = self._scripts[name]
        found = script.pop(0) if len(script) > 1 else script[0]
        return job(name, **{"id": name, **found})


RUNNING, PASSED, FAILED = {"state": "running"}, {"state": "passed"}, {"state": "failed"}
RETRIED = {"state": "failed", "retried": True, "retried_in_job_id": "b"}


@pytest.mark.parametrize(
    ("scripts", "outcome", "attempts", "requests"),
    [
        ({"a": [PASSED]}, "passed", "a", 1),
        ({"a": [RUNNING, RUNNING, PASSED]}, "passed", "a", 3),
        # An end that a retry may follow is looked at twice.
        ({"a": [RUNNING, FAILED]}, "failed", "a", 3),
        ({"a": [FAILED, RETRIED], "b": [PASSED]}, "passed", "ab", 3),
        ({"a": [RETRIED], "b": [RUNNING, PASSED]}, "passed", "ab", 3),
        (
            {"a": [RETRIED], "b": [{**RETRIED, "retried_in_job_id": "c"}], "c": [{**FAILED, "soft_failed": True}]},
            "soft_failed",
            "abc",
            4,
        ),
        # A retry of a job that had passed, by a user.
        ({"a": [{**PASSED, "retried_in_job_id": "b"}], "b": [{"state": "canceled"}]}, "canceled", "ab", 3),
        ({"a": [{**FAILED, "retried_in_job_id": "a"}]}, "failed", "a", 2),  # a circle is no retry
        ({"a": [{"state": "waiting"}, {"state": "skipped"}]}, "skipped", "a", 2),
        (
            {"a": [{"state": "scheduled"}, {"state": "a state of tomorrow"}, {"state": "timed_out"}]},
            "timed_out",
            "a",
            4,
        ),
    ],
)
async def test_one_job_is_followed_through_its_retries(
    flavor: Flavor, scripts: dict[str, list[dict[str, Any]]], outcome: str, attempts: str, requests: int
) -> None:
    polls = Polls(**{name: list(script) for name, script in scripts.items()})
    result = await flavor.call(flavor.client(polls).jobs.wait, "web", 7, "a", timeout=60)
    assert (result.outcome, "".join(each.id for each in result.results[0].attempts)) == (outcome, attempts)
    assert result.job.id == attempts[-1]
    assert result.requests == len(polls.requests) == requests
    assert bool(result) is result.passed is (outcome == "passed")


async def test_many_jobs_are_polled_with_one_request(flavor: Flavor) -> None:
    polls = Polls(
        a=[RUNNING, PASSED],
        b=[RUNNING],
        c=[RUNNING, RUNNING, {**FAILED, "retried_in_job_id": "d"}],
        d=[RUNNING, RUNNING, RUNNING, PASSED],
    )
    result = await flavor.call(flavor.client(polls).jobs.wait, "web", 7, job_ids=["c", "a", "c"])
    assert [each.job.id for each in result.results] == ["d", "a"]
    assert (result.passed, result.finished, result.requests, len(polls.requests)) == (True, True, 4, 4)
    with pytest.raises(ValueError, match="2 jobs were waited for"):
        _ = result.job


async def test_a_retry_that_the_build_does_not_show_yet_is_read_by_itself(flavor: Flavor) -> None:
    polls = Polls(a=[PASSED], b=[RETRIED | {"retried_in_job_id": "c"}], c=[PASSED | {"listed": False}])
    result = await flavor.call(flavor.client(polls).jobs.wait, "web", 7, job_ids=["a", "b"])
    assert result.passed
    route = "/v2/organizations/acme/pipelines/web/builds/7"
    assert [each.url.path for each in polls.requests] == [route, f"{route}/jobs/c"]


@pytest.mark.parametrize("ids", [{"job_id": "x"}, {"job_ids": ["a", "x"]}])
async def test_a_job_that_does_not_exist_is_said_by_buildkite(flavor: Flavor, ids: dict[str, Any]) -> None:
    with pytest.raises(errors.JobNotFound, match="x"):
        await flavor.call(flavor.client(Polls(a=[PASSED])).jobs.wait, "web", 7, **ids)


async def test_the_time_allowed_is_told_with_the_jobs_that_continue(flavor: Flavor) -> None:
    clock = FakeClock()
    polls = Polls(a=[PASSED], b=[RUNNING])
    wait = flavor.client(polls, clock=clock).jobs.wait
    with pytest.raises(
        DeadlineExceeded, match=r"Jobs of build web #7 have not ended after 90 s: 'b' is running. They continue"
    ):
        await flavor.call(wait, "web", 7, job_ids=["a", "b"], timeout=90)
    assert sum(clock.sleeps) < 90
    result = await flavor.call(wait, "web", 7, job_ids=["a", "b"], timeout=90, on_timeout="return")
    assert (result.finished, result.passed, [each.outcome for each in result.results]) == (
        False,
        False,
        ["passed", None],
    )


async def test_a_failure_in_the_last_poll_is_believed(flavor: Flavor) -> None:
    result = await flavor.call(flavor.client(Polls(a=[RUNNING, FAILED])).jobs.wait, "web", 7, "a", timeout=1.5)
    assert (result.outcome, [each.id for each in result.failed_jobs]) == ("failed", ["a"])


async def test_the_polls_become_rarer(flavor: Flavor) -> None:
    clock = FakeClock()
    polls = Polls(a=[RUNNING])
    with pytest.raises(DeadlineExceeded):
        await flavor.call(flavor.client(polls, clock=clock).jobs.wait, "web", 7, "a", timeout=1200)
    assert len(polls.requests) <= 4 * 20 + 8
    assert max(clock.sleeps) == 15
    clock.sleeps.clear()
    with pytest.raises(DeadlineExceeded):
        await flavor.call(flavor.client(polls, clock=clock).jobs.wait, "web", 7, "a", timeout=30, poll_interval=0.5)
    assert max(clock.sleeps) == 0.5


async def test_arguments_that_contradict_are_refused(flavor: Flavor) -> None:
    polls = Polls(a=[PASSED])
    jobs = flavor.client(polls).jobs
    with pytest.raises(TypeError, match="job_id or job_ids, not both"):
        await flavor.call(jobs.wait, "web", 7, "a", job_ids=["b"])
    with pytest.raises(ValueError, match="job_ids is empty"):
        await flavor.call(jobs.wait, "web", 7, job_ids=[])
    with pytest.raises(TypeError, match="misses the argument job_id"):
        await flavor.call(jobs.wait, "web", 7)
    with pytest.raises(TypeError, match="job_ids"):
        await flavor.call(jobs.wait, "web", 7, job_ids="a")
    with pytest.raises(ValueError, match="on_timeout"):
        await flavor.call(jobs.wait, "web", 7, "a", on_timeout="ignore")
    with pytest.raises(ValueError, match="timeout"):
        await flavor.call(jobs.wait, "web", 7, "a", timeout=0)
    other = Job.from_dict(job("z", build_url=build(8)["url"]))
    with pytest.raises(ValueError, match="#8"):
        await flavor.call(jobs.wait, "web", 7, job_ids=["a", other])
    with pytest.raises(ValueError, match=r"timeout=5.*wait=True"):
        await flavor.call(jobs.retry, "web", 7, "a", timeout=5)
    assert polls.requests == []


def test_jobs_of_the_simulator_are_waited_for_with_their_retries() -> None:
    simulator = Simulator()
    flaky = simulator.pipeline("web")
    flaky.job("flaky", exit_status=[1, 0]).job("broken", exit_status=1).job("fine")
    with simulator.client() as buildkite:
        made = buildkite.builds.create("web", branch="main")
        ids = [each.id for each in made.jobs]
        result = buildkite.jobs.wait(made, job_ids=ids, timeout=3600)
        assert [each.outcome for each in result.results] == ["failed", "failed", "passed"]
        assert buildkite.jobs.retry(result.failed_jobs[0], wait=True, timeout=3600).passed
        assert not buildkite.jobs.retry(result.failed_jobs[1], wait=True, timeout=3600).passed
        again = buildkite.jobs.wait(made, job_ids=ids)
        assert [(each.outcome, len(each.attempts)) for each in again.results] == [
            ("passed", 2),
            ("failed", 2),
            ("passed", 1),
        ]
        assert buildkite.jobs.wait(result.failed_jobs[0]).passed


STATES = st.sampled_from(["running", "passed", "failed", "canceled"])


@given(st.data())
def test_the_last_attempt_decides_whatever_the_polls_show(data: st.DataObject) -> None:
    """Polls that show more and more of some chains: the result is that of the last attempts in the last poll."""
    chains = data.draw(st.lists(st.lists(STATES, min_size=1, max_size=4), min_size=1, max_size=3))
    watched = RetryChains(f"{index}-0" for index in range(len(chains)))
    jobs = [
        Job.from_dict(
            job(
                "x",
                id=f"{index}-{attempt}",
                state=state,
                retried_in_job_id=f"{index}-{attempt + 1}" if attempt + 1 < len(chain) else None,
            )
        )
        for index, chain in enumerate(chains)
        for attempt, state in enumerate(chain)
    ]
    shown: list[Job] = []
    for each in data.draw(st.permutations(jobs)):
        shown.append(each)
        watched.see(shown)
    assert watched.unseen == []
    result = JobWaitResult(watched.results(), 1)
    assert [str(each.job.state) for each in result.results] == [chain[-1] for chain in chains]
    assert [len(each.attempts) for each in result.results] == [len(chain) for chain in chains]
    over = all(chain[-1] != "running" for chain in chains)
    assert watched.over() is result.finished is over
    first = watched.ended()
    assert first is all(chain[-1] == "passed" for chain in chains)
    assert watched.ended() is over


def test_the_other_jobs_of_a_build_and_older_retries_are_not_kept(clock: FakeClock) -> None:
    """A long wait for two jobs of a build, one of which is retried again and again, by a job of another id each time."""
    polls = 0

    def app(request: httpx.Request) -> httpx.Response:
        nonlocal polls
        polls += 1
        attempts = [
            job("x", id=f"x-{number}", state="failed", retried_in_job_id=f"x-{number + 1}")
            for number in range(5 * polls)
        ]
        last = job("x", id=f"x-{5 * polls}", state="running" if polls < 60 else "passed")
        others = [job("other", id=f"other-{polls}-{number}") for number in range(50)]
        return answer(build(7, jobs=[*attempts, last, *others, job("y", id="y", state="passed")]))

    with BuildkiteClient("acme", token=TOKEN, transport=httpx.MockTransport(app), clock=clock) as client:
        result = client.jobs.wait("web", 7, job_ids=["x-0", "y"], timeout=3600)
    attempts = [attempt.id for attempt in result.results[0].attempts]
    assert result.passed
    assert len(attempts) == 100
    assert (attempts[0], attempts[-1]) == ("x-0", "x-300")


def test_retries_without_end_send_few_requests_a_poll_and_end_with_the_timeout(clock: FakeClock) -> None:
    times: list[float] = []

    def app(request: httpx.Request) -> httpx.Response:
        times.append(clock.monotonic())
        number = int(request.url.path.rpartition("-")[2])
        return answer(job("x", id=f"x-{number}", state="failed", retried_in_job_id=f"x-{number + 1}"))

    client = BuildkiteClient("acme", token=TOKEN, transport=httpx.MockTransport(app), clock=clock)
    with client, pytest.raises(DeadlineExceeded):
        client.jobs.wait("web", 7, "x-0", timeout=60)
    assert max(Counter(times).values()) <= 11


def test_following_a_job_that_is_retried_without_end_ends_with_the_timeout(clock: FakeClock) -> None:
    times: list[float] = []

    def app(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/log"):
            return answer(status=416)
        times.append(clock.monotonic())
        number = int(request.url.path.rpartition("-")[2])
        return answer(job("x", id=f"x-{number}", state="failed", retried_in_job_id=f"x-{number + 1}"))

    client = BuildkiteClient("acme", token=TOKEN, transport=httpx.MockTransport(app), clock=clock)
    with client, pytest.raises(DeadlineExceeded):
        list(client.jobs.follow("web", 7, "x-0", timeout=60))
    assert max(Counter(times).values()) <= 11
