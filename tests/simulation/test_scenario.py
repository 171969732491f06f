"""Scenarios: a real build that a simulator plays again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Literal
from urllib.parse import quote

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from buildkite_ext import BuildkiteClient, BuildkiteError, ConfigurationError
from buildkite_ext.simulation import Scenario, ScenarioAttempt, ScenarioJob, SecretRecorded, Simulator, Timing
from buildkite_ext.simulation.state.builds import Build, Job


def recorded(simulator: Simulator, pipeline: str = "web", **options: int) -> Scenario:
    with simulator.client() as buildkite:
        return Scenario.from_build(buildkite, pipeline, 1, **options)


def rich() -> Simulator:
    """Return a simulator with a build that had retries, a block step, a trigger, a timeout and a soft failure."""
    simulator = Simulator()
    simulator.pipeline("api").job("lint", after=20)
    web = simulator.pipeline("web").job(
        "unit",
        exit_status=[1, 0],
        automatic_retries=1,
        after=[90, 90][0],
        log="3 passed\n",
        artifacts={"a/b.xml": "<x/>"},
    )
    web.job("flaky", exit_status=3, soft_fail=True).job("slow", after=900, timeout=300, soft_fail=True)
    web.wait(continue_on_failure=True).block("Ship it?", key="ship").trigger("api").job("deploy", after=40)
    web.build(branch="release/1", message="Ship")
    simulator.clock.sleep(600)
    with simulator.client() as buildkite:
        job = next(job for job in buildkite.builds.get("web", 1).jobs or () if job.type == "manual")
        buildkite.jobs.unblock("web", 1, job.id)
    simulator.clock.sleep(600)
    return simulator


def shown(build: Build) -> list[tuple[str, str, str, int | None]]:
    return [
        (job.type, job.command_step.label if job.command_step else "", job.state, job.exit_status) for job in build.jobs
    ]


def test_a_build_with_all_that_can_happen_goes_as_it_went() -> None:
    first = rich()
    scenario = Scenario.load(recorded(first).dump())
    assert scenario == recorded(first)
    assert (scenario.branch, scenario.message) == ("release/1", "Ship")
    again = Simulator()
    scenario.play(again)
    again.clock.sleep(3600)
    (original,), (played,) = first.pipeline("web").builds, again.pipeline("web").builds
    assert played.state == original.state
    assert shown(played) == shown(original)
    took = [round((job.finished_at or 0) - (job.started_at or 0)) for job in played.jobs if job.command_step]
    before = [round((job.finished_at or 0) - (job.started_at or 0)) for job in original.jobs if job.command_step]
    assert took == pytest.approx(before, abs=1)  # a job that is timed out takes a second to stop
    with again.client() as buildkite:
        job = next(job for job in buildkite.builds.get("web", 1).jobs or () if job.name == "unit")
        assert "3 passed" in str(buildkite.jobs.log("web", 1, job.id).content)
    assert [each.path for job in played.jobs for each in job.artifacts] == ["a/b.xml"] * 2


def test_at_once_no_job_takes_time() -> None:
    again = Simulator()
    build = recorded(rich()).play(again, timing="at once")
    again.clock.sleep(60)
    assert again.pipeline("web").builds[0].state == "failed" or build.done
    assert all(job.over for job in build.jobs)
    assert (build.finished_at or 0) - build.created_at < 60


@pytest.mark.parametrize("status", [1, -1, 137])
def test_a_failure_keeps_its_exit_status(status: int) -> None:
    simulator = Simulator()
    simulator.pipeline("web").job("test", exit_status=status).wait().job("deploy").build()
    simulator.clock.sleep(600)
    again = Simulator()
    played = recorded(simulator).play(again)
    again.clock.sleep(600)
    assert again.pipeline("web").builds[0].state == "failed"
    assert [(job.state, job.exit_status) for job in played.jobs if job.command_step] == [
        ("failed", status),
        ("waiting_failed", None),
    ]


def test_a_canceled_build_and_a_manual_retry() -> None:
    simulator = Simulator()
    simulator.pipeline("web").job("test", exit_status=[1, 0], after=600)
    simulator.pipeline("api").job("test", after=600).build()
    simulator.pipeline("web").build()
    simulator.clock.sleep(100)
    with simulator.client() as buildkite:
        buildkite.builds.cancel("api", 1)
        simulator.clock.sleep(900)
        buildkite.jobs.retry("web", 1, (buildkite.builds.get("web", 1).jobs or ())[0].id)
    simulator.clock.sleep(900)
    again = Simulator()
    canceled, retried = recorded(simulator, "api").play(again), recorded(simulator).play(again)
    again.clock.sleep(3600)
    assert again.pipeline("api").builds[0].state == canceled.state == "canceled"
    assert again.pipeline("web").builds[0].state == "passed"
    assert [(job.state, job.retry_type) for job in retried.jobs] == [("failed", "manual"), ("passed", None)]


ENDS: dict[str, tuple[str, list[tuple[str, int | None]]]] = {
    "{state: failed}": ("failed", [("failed", 1)]),
    "{state: failed, exit_status: 137, soft_failed: true}": ("passed", [("failed", 137)]),
    "{state: passed}": ("passed", [("passed", 0)]),
    "{seconds: 5}": ("passed", [("passed", 0)]),
    "{state: timed_out, seconds: 5}": ("failed", [("timed_out", -1)]),
    "{state: timed_out, exit_status: 143, seconds: 5}": ("failed", [("timed_out", 143)]),
    "{state: canceled, exit_status: 0, seconds: 5}": ("failed", [("canceled", 0)]),
    "{state: canceled, exit_status: 143, seconds: 5, soft_failed: true}": ("passed", [("canceled", 143)]),
    "{state: expired}": ("failed", [("expired", None)]),
    "{state: broken}": ("not_run", [("broken", None)]),
    "{state: failed}, {state: passed}": ("passed", [("failed", 1), ("passed", 0)]),
    "{state: failed, retried: automatic}, {state: failed, exit_status: 2}": ("failed", [("failed", 1), ("failed", 2)]),
    "{state: passed, retried: automatic}, {state: passed}": ("passed", [("passed", 0), ("passed", 0)]),
}
"""By the attempts of a job, the states and exit statuses with which the job and its build end."""


@pytest.mark.parametrize("timing", ["recorded", "at once"])
@pytest.mark.parametrize("attempts", ENDS)
def test_the_state_of_an_attempt_decides_how_it_ends(attempts: str, timing: Literal["recorded", "at once"]) -> None:
    text = f"pipeline: web\njobs: [{{kind: script, name: test, attempts: [{attempts}]}}]"
    simulator, scenario = Simulator(), Scenario.load(text)
    assert Scenario.load(scenario.dump()) == scenario
    scenario.play(simulator, timing=timing)
    simulator.clock.sleep(3600)
    (build,) = simulator.pipeline("web").builds
    assert (build.state, [(job.state, job.exit_status) for job in build.jobs]) == ENDS[attempts]


@pytest.mark.parametrize("options", [{}, {"agents": 1}, {"timing": Timing(creating=5, assigned=2, pickup=0)}])
@pytest.mark.parametrize("timing", ["recorded", "at once"])
def test_a_job_that_ran_when_its_build_was_canceled_runs(
    options: dict[str, Any], timing: Literal["recorded", "at once"]
) -> None:
    simulator, again = Simulator(), Simulator(**options)
    simulator.pipeline("web").job("first", after=5).wait().job("a", after=600).job("b", after=600).wait().job(
        "c"
    ).build()
    simulator.clock.sleep(100)
    with simulator.client() as buildkite:
        buildkite.builds.cancel("web", 1)
    simulator.clock.sleep(10)
    Scenario.load(recorded(simulator).dump()).play(again, timing=timing)
    again.clock.sleep(3600)
    (build,) = again.pipeline("web").builds
    ends = {job.step.label: (job.state, job.exit_status) for job in build.jobs if job.command_step}
    b = None if "agents" in options else -1  # no agent was free for it
    assert (build.state, ends) == (
        "canceled",
        {"first": ("passed", 0), "a": ("canceled", -1), "b": ("canceled", b), "c": ("canceled", None)},
    )


@pytest.mark.parametrize("timing", ["recorded", "at once"])
def test_a_canceled_build_ends_where_its_jobs_lack_agents(timing: Literal["recorded", "at once"]) -> None:
    simulator, again = Simulator(), Simulator(agents=1)
    simulator.pipeline("web").job("a", after=600).job("b", after=5).build()
    simulator.clock.sleep(100)
    with simulator.client() as buildkite:
        buildkite.builds.cancel("web", 1)
    simulator.clock.sleep(10)
    recorded(simulator).play(again, timing=timing)
    again.clock.sleep(3600)
    assert states(again) == ["canceled", "canceled", "canceled"]


def test_what_contradicts_itself_in_a_real_build_is_left_out() -> None:
    jobs = [
        {"id": "1", "type": "script", "name": "a", "state": "passed", "exit_status": 3, "soft_failed": True},
        {"id": "2", "type": "script", "name": "b", "state": "passed", "retry_type": "manual", "retried_in_job_id": "9"},
    ]
    build = {"id": "1", "number": 1, "state": "failed", "jobs": jobs}
    transport, said = httpx.MockTransport(lambda request: httpx.Response(200, json=build)), list[str]()
    with BuildkiteClient("acme", token="bkua_0123456789", transport=transport) as buildkite:
        scenario = Scenario.from_build(buildkite, "web", 1, on_left_out=said.append)
    assert said == [
        "The job 'a' has the state passed and the exit_status 3: the state is kept.",
        "The build 1 has the state failed, and no job of it has failed: the scenario has the state that follows from its jobs.",
    ]
    assert Scenario.load(scenario.dump()) == scenario
    assert scenario.state == "passed"


def played(simulator: Simulator, *, timing: Literal["recorded", "at once"] = "recorded") -> list[str]:
    """Record build 1 of web, play it, and return the states of the build and its jobs."""
    again = Simulator()
    Scenario.load(recorded(simulator).dump()).play(again, timing=timing)
    again.clock.sleep(30 * 86400)
    return states(again)


def states(simulator: Simulator, number: int = 0) -> list[str]:
    build = simulator.pipeline("web").builds[number]
    return [build.state, *(job.state for job in build.jobs)]


@pytest.mark.parametrize("timing", ["recorded", "at once"])
def test_a_canceled_build_keeps_what_had_passed_though_there_are_more_agents(
    timing: Literal["recorded", "at once"],
) -> None:
    simulator = Simulator(agents=1)
    simulator.pipeline("web").job("first", after=30).job("second", after=30).wait().job("deploy").build()
    simulator.clock.sleep(45)
    with simulator.client() as buildkite:
        buildkite.builds.cancel("web", 1)
    simulator.clock.sleep(60)
    assert states(simulator) == ["canceled", "passed", "canceled", "canceled", "canceled"]
    assert played(simulator, timing=timing) == states(simulator)


def test_a_build_that_was_canceled_before_an_agent_came() -> None:
    simulator = Simulator(agents=0)
    simulator.pipeline("web").job("test").wait().job("deploy").build()
    simulator.clock.sleep(60)
    with simulator.client() as buildkite:
        buildkite.builds.cancel("web", 1)
    assert played(simulator) == states(simulator) == ["canceled", "canceled", "canceled", "canceled"]


def test_a_job_that_no_agent_took() -> None:
    simulator = Simulator(agents=0, timing=Timing(expiry=3600))
    simulator.pipeline("web").job("test").wait().job("deploy").build()
    simulator.clock.sleep(7200)
    assert played(simulator) == states(simulator) == ["failed", "expired", "waiting_failed", "waiting_failed"]


NEVER_RAN = {
    "first": "[{attempts: [{state: canceled}]}, {attempts: [{state: canceled, exit_status: -1, seconds: 5}]}]",
    "beside one that had passed": "[{attempts: [{seconds: 5}]}, {attempts: [{state: canceled}]}]",
    "in its second attempt": "[{attempts: [{state: failed, seconds: 5}, {state: canceled}]}]",
    "and was retried": "[{attempts: [{state: canceled}, {state: passed, seconds: 5}]}, {attempts: [{state: canceled}]}]",
    "and had expired": "[{attempts: [{state: expired}, {state: canceled}]}]",
}
"""Jobs of a canceled build, each with a job for which there was no agent until it was canceled."""


@pytest.mark.parametrize("timing", ["recorded", "at once"])
@pytest.mark.parametrize("options", [{}, {"timing": Timing(creating=0, pickup=0)}])
@pytest.mark.parametrize("name", NEVER_RAN)
def test_a_job_without_an_agent_has_none_again(
    name: str, options: dict[str, Any], timing: Literal["recorded", "at once"]
) -> None:
    jobs = NEVER_RAN[name].replace("{attempts", "{kind: script, attempts")
    scenario = Scenario.load(f"{{pipeline: web, state: canceled, seconds: 60, jobs: {jobs}}}")
    simulator = Simulator(**options)
    scenario.play(simulator, timing=timing)
    simulator.clock.sleep(3600)
    (build,) = simulator.pipeline("web").builds
    assert build.state == "canceled"
    for recorded_job, job in zip(scenario.jobs, build.current_jobs, strict=True):
        played_attempts = list(attempts(job))[::-1]
        assert [each.state for each in played_attempts] == [each.state for each in recorded_job.attempts]
        for one, attempt in zip(recorded_job.attempts, played_attempts, strict=True):
            if not one.seconds:
                assert (attempt.started_at, attempt.agent) == (None, None)


def test_a_job_that_a_failing_build_canceled() -> None:
    simulator = Simulator()
    web = simulator.pipeline("web").configure(
        "steps:\n- {command: x, key: a}\n- {command: y, key: b, cancel_on_build_failing: true}\n- wait\n- {command: z}"
    )
    web.script("a", exit_status=1, after=10).script("b", after=100)
    web.build()
    simulator.clock.sleep(600)
    assert states(simulator)[:3] == ["failed", "failed", "canceled"]
    assert played(simulator) == states(simulator)


LEFT_OUT = {
    "a block step": "block: Ship it?",
    "a block step with a key": "block: Ship it?, key: ship",
    "an input step": "input: Version?, fields: [{text: Version, key: version}]",
    "a command step": "command: make deploy",
    "a trigger step": "trigger: api",
}


@pytest.mark.parametrize("step", LEFT_OUT.values(), ids=LEFT_OUT)
def test_a_step_that_was_left_out_is_left_out_again(step: str) -> None:
    first, again = Simulator(), Simulator()
    first.pipeline("api").job("lint")
    first.pipeline("web").configure(
        f"[{{command: make}}, {{{step}, if: build.branch == 'main'}}, {{command: make report}}]"
    )
    first.pipeline("web").build(branch="dev")
    first.clock.sleep(60)
    recorded(first).play(again)
    again.clock.sleep(60)
    (played,) = again.pipeline("web").builds
    assert played.state == "passed"
    assert [job.state for job in played.jobs] == ["passed", "broken", "passed"]


@pytest.mark.parametrize(
    ("steps", "state"),
    [
        ("{command: a}, {wait: , continue_on_failure: true}, {command: b}", "failed"),
        ("{command: a}, wait, {command: b}", "failed"),
        ("{command: a, soft_fail: true}, wait, {command: b}", "passed"),
        ("{command: c}, wait, {command: a}, {wait: , continue_on_failure: true}, {command: b}", "failed"),
    ],
)
def test_what_ran_behind_a_failure_runs_again(steps: str, state: str) -> None:
    first, again = Simulator(), Simulator()
    first.pipeline("web").configure(f"[{steps}]").script("a", exit_status=1)
    first.pipeline("web").build()
    first.clock.sleep(60)
    scenario = recorded(first)
    scenario.play(again)
    again.clock.sleep(60)
    (original,), (played,) = first.pipeline("web").builds, again.pipeline("web").builds
    assert played.state == original.state == state
    assert shown(played) == shown(original)


def test_a_first_block_step_is_unblocked_again() -> None:
    simulator = Simulator()
    simulator.pipeline("web").block("Ship it?").job("deploy").build()
    simulator.clock.sleep(60)
    with simulator.client() as buildkite:
        buildkite.jobs.unblock("web", 1, (buildkite.builds.get("web", 1).jobs or ())[0].id)
    simulator.clock.sleep(60)
    assert played(simulator) == states(simulator) == ["passed", "unblocked", "passed"]


def test_further_builds_of_the_pipeline_go_as_the_recorded_one_went() -> None:
    simulator = Simulator()
    simulator.pipeline("web").job("flaky", exit_status=[1, 0], automatic_retries=1).block("Ship it?").build()
    simulator.clock.sleep(60)
    with simulator.client() as buildkite:
        block = next(job for job in buildkite.builds.get("web", 1).jobs or () if job.type == "manual")
        buildkite.jobs.unblock("web", 1, block.id)
    again = Simulator()
    recorded(simulator).play(again)
    with again.client() as buildkite:
        assert buildkite.builds.wait("web", buildkite.builds.create("web").number or 0).outcome in ("passed", "blocked")
    again.clock.sleep(600)
    assert states(again, 1) == states(again, 0) == states(simulator)


def test_a_pipeline_that_triggers_itself_makes_one_build() -> None:
    job = ScenarioJob(kind="trigger", name="again", pipeline="web", attempts=(ScenarioAttempt(seconds=5),))
    simulator = Simulator()
    Scenario(pipeline="web", jobs=(job,)).play(simulator)
    simulator.clock.sleep(60)
    assert states(simulator) == ["passed", "passed"]


def test_a_build_that_runs_is_refused() -> None:
    simulator = Simulator()
    simulator.pipeline("web").job("test", after=600).build()
    simulator.clock.sleep(60)
    with pytest.raises(ValueError, match="build 1 of web is running: record it when it has ended"):
        recorded(simulator)


def test_what_is_left_out_is_told() -> None:
    simulator = Simulator()
    simulator.pipeline("web").job("long", log="x" * 5000).job("silent", exit_status=0).job("short", log="y").build()
    simulator.clock.sleep(60)
    with simulator.client() as buildkite:
        silent = (buildkite.builds.get("web", 1).jobs or ())[1]
        buildkite.jobs.delete_log("web", 1, silent.id)
        told: list[str] = []
        scenario = Scenario.from_build(buildkite, "web", 1, log_bytes=100, on_left_out=told.append)
    assert told[0] == "The log of 'long' has 5000 bytes. The first 100 are kept."
    assert len(scenario.jobs) == 3
    assert len(told) in (1, 2)


def test_a_job_of_an_unknown_kind_is_left_out_and_told() -> None:
    kinds = httpx.MockTransport(
        lambda request: httpx.Response(
            200,
            json={
                "id": "b",
                "number": 1,
                "state": "passed",
                "blocked": False,
                "finished_at": "2026-01-05T09:00:00Z",
                "jobs": [{"id": "j", "type": "hologram", "state": "passed"}, {"id": "w", "type": "waiter"}],
            },
        )
    )
    told: list[str] = []
    with BuildkiteClient("acme", token="bkua_0123456789", transport=kinds) as buildkite:
        scenario = Scenario.from_build(buildkite, "web", 1, on_left_out=told.append)
    assert [job.kind for job in scenario.jobs] == ["waiter"]
    assert Scenario.load(scenario.dump()) == scenario
    assert told == [
        "The job j is of the kind 'hologram', which the simulator doesn't have.",
        "The build 1 has the state passed, and no job of it ran: the scenario has the state that follows from its jobs.",
    ]


def test_no_canary_is_in_a_scenario(monkeypatch: pytest.MonkeyPatch) -> None:
    canaries = [f"bkct_{'c' * 20}", "envcanary0123", "hunter2hunter2", "hookcanary0123", "sigcanary0123"]
    monkeypatch.setenv("BUILDKITE_AGENT_TOKEN", canaries[1])
    simulator = Simulator()
    text = " ".join(
        [
            *canaries[:3],
            f"https://webhook.buildkite.com/deliver/{canaries[3]}",
            f"https://s3.test/a?X-Amz-Signature={canaries[4]}",
        ]
    )
    web = simulator.pipeline("web").job(f"label {text}", command=f"deploy {text}", log=f"\x1b_bk;t=1700\x07{text}\n")
    web.build(message=text, branch="ada@acme.test")
    simulator.clock.sleep(60)
    with simulator.client() as buildkite:
        scenario = Scenario.from_build(buildkite, "web", 1, secrets=[canaries[2]], emails=True)
    for canary in (*canaries, "ada@acme.test", "_bk;t"):
        assert canary not in scenario.dump()
    assert "deploy" in scenario.dump()


@pytest.mark.parametrize("secret", ["pässwort/1234", "hunter2 hunter2"])
def test_a_secret_that_still_stands_encoded_is_refused(secret: str) -> None:
    simulator = Simulator()
    simulator.pipeline("web").job("test", log=f"got {quote(secret, safe='')}\n").build()
    simulator.clock.sleep(60)
    with simulator.client() as buildkite, pytest.raises(SecretRecorded, match="the scenario isn't written"):
        Scenario.from_build(buildkite, "web", 1, secrets=[secret])


STATES = ["passed", "failed", "canceled", "skipped", "waiting_failed", "waiting"]


@pytest.mark.parametrize("state", ["passed", "failed", "blocked", "canceled", "skipped", "not_run", None])
def test_the_state_of_a_build_that_is_said_comes_out(state: str | None) -> None:
    ends = [("script", each) for each in STATES] + [("manual", each) for each in ("blocked", "unblocked", "canceled")]
    one = [{"kind": kind, "attempts": [{"state": each}]} for kind, each in [*ends, ("waiter", "passed")]]
    said = {} if state is None else {"state": state}
    wrong = []
    for jobs in [[], *([each] for each in one), *([first, then] for first in one for then in one)]:
        simulator = Simulator()
        try:
            scenario = Scenario.load(json.dumps({"pipeline": "web", "jobs": jobs, **said}))
        except ConfigurationError:
            assert state is not None
            continue
        build = scenario.play(simulator)
        simulator.clock.sleep(60)
        if build.state != scenario.state:
            wrong.append((jobs, scenario.state, build.state))
    assert wrong == []


@pytest.mark.parametrize("timing", ["recorded", "at once"])
@pytest.mark.parametrize("ending", ["skipped", "not_run"])
def test_a_build_that_never_began(
    ending: Literal["skipped", "not_run"], timing: Literal["recorded", "at once"]
) -> None:
    simulator = Simulator()
    simulator.pipeline("web").job("test").wait().block("Ship it?").trigger("api").ends(ending).build()
    simulator.clock.sleep(60)
    again = Simulator(timing=Timing(pickup=0))
    build = Scenario.load(recorded(simulator).dump()).play(again, timing=timing)
    again.clock.sleep(60)
    assert states(again) == states(simulator)
    assert [build.state, {job.state for job in build.jobs if job.type != "waiter"}] == [
        ending,
        {"skipped"} if ending == "skipped" else {"broken"},
    ]


LENGTHS: dict[str, tuple[str, ...]] = {
    "- {command: a}\n- block: Ship it?\n- {command: b}": ("unblock",),
    "- block: Ship it?\n- {command: b}": ("unblock",),
    "- {command: a, key: fails}\n- block: Ship it?\n- {command: b}\n- block: Again?": ("retry", "unblock", "unblock"),
    "- {command: a, key: slow}\n- wait\n- {command: b}": ("cancel",),
    "- {command: a, key: slow, timeout_in_minutes: 1}": (),
    "- {trigger: api}\n- wait\n- {command: b}": (),
}
"""What users do, each after 100 seconds, in a build with some steps. The job `fails` does so first, and `slow` takes 300 seconds."""


@pytest.mark.parametrize("steps", LENGTHS)
def test_a_played_build_takes_as_long_as_the_recorded_one(steps: str) -> None:
    simulator, again = Simulator(), Simulator()
    simulator.pipeline("api").job("a", after=50)
    web = simulator.pipeline("web").configure(f"steps:\n{steps}\n")
    if "fails" in steps:
        web.script("fails", exit_status=[1, 0])
    if "slow" in steps:
        web.script("slow", after=300)
    build = web.build()
    for act in LENGTHS[steps]:
        simulator.clock.sleep(100)
        with simulator.client() as buildkite:
            do(buildkite, build, act, 0)
    simulator.clock.sleep(600)
    played = Scenario.load(recorded(simulator).dump()).play(again)
    again.clock.sleep(3600)
    assert played.state == build.state
    assert (played.finished_at or 0) - played.created_at == (build.finished_at or 0) - build.created_at


def test_parallel_jobs_keep_their_places_and_signals_their_reasons() -> None:
    simulator = Simulator()
    web = simulator.pipeline("web").job("test", parallelism=2).job("lost", exit_status=[-1, 0])
    web.script("lost", signal_reason="agent_stop").build()
    simulator.clock.sleep(60)
    with simulator.client() as buildkite:
        buildkite.jobs.retry("web", 1, (buildkite.builds.get("web", 1).jobs or ())[2].id)
        simulator.clock.sleep(60)
        before = buildkite.builds.get("web", 1, include_retried_jobs=True).jobs or ()
    again = Simulator()
    Scenario.load(recorded(simulator).dump()).play(again)
    again.clock.sleep(600)
    with again.client() as buildkite:
        after = buildkite.builds.get("web", 1, include_retried_jobs=True).jobs or ()
    names = ("name", "state", "parallel_group_index", "parallel_group_total", "signal_reason")
    shown_before, shown_after = ([[getattr(job, name) for name in names] for job in jobs] for jobs in (before, after))
    assert shown_after == shown_before
    assert [row[2:4] for row in shown_after[:2]] == [[0, 2], [1, 2]]
    assert shown_after[2][4] == "agent_stop"


def test_an_attempt_may_run_longer_than_the_one_that_was_timed_out() -> None:
    attempts = "{state: timed_out, seconds: 60}, {state: passed, seconds: 90}"
    scenario = Scenario.load(f"pipeline: web\njobs: [{{kind: script, attempts: [{attempts}]}}]")
    simulator = Simulator()
    build = scenario.play(simulator)
    simulator.clock.sleep(600)
    assert [job.state for job in build.jobs] == ["timed_out", "passed"]


def test_a_blocked_build_stays_blocked() -> None:
    simulator = Simulator()
    simulator.pipeline("web").job("test").block("Ship it?").build()
    simulator.clock.sleep(60)
    again = Simulator()
    recorded(simulator).play(again)
    again.clock.sleep(3600)
    assert again.pipeline("web").builds[0].state == "blocked"


def test_logs_are_bounded_and_hold_no_tokens() -> None:
    simulator = Simulator()
    simulator.pipeline("web").job("test", log=f"export T=bkua_{'a' * 40}\n" + "x" * 5000).build()
    simulator.clock.sleep(60)
    (job,) = recorded(simulator, log_bytes=1000).jobs
    log = job.attempts[0].log
    assert "bkua_REDACTED" in log
    assert "aaaa" not in log
    assert len(log) < 1100
    assert log.endswith("not recorded]\n")
    assert recorded(simulator, log_bytes=0).jobs[0].attempts[0].log == ""


ATTEMPT = "pipeline: web\njobs: [{kind: waiter}, {kind: script, attempts: [{%s}]}]"
NO_SCENARIOS = {
    "": "the scenario is None, not a map",
    "scen.yml": "the scenario is a str, not a map. It looks like the path of a file: give what it holds",
    "[1]": "the scenario is a list, not a map",
    "pipeline: [": "line ",
    "jobs: []": "the scenario has no pipeline",
    "pipeline: ''": "pipeline of the scenario is empty",
    "pipeline: 5": "pipeline of the scenario is an int, not a text. Write it in quotes",
    "pipeline: web\nextra: 1": "the scenario has the key 'extra'. It may have pipeline, branch, ",
    "pipeline: web\n1: 2": "the scenario has the key '1'",
    "pipeline: web\ncommit: 1234567": "commit of the scenario is an int",
    "pipeline: web\nmessage: 2020-01-01": "message of the scenario is a date",
    "pipeline: web\nseconds: .inf": "seconds of the scenario=inf: give a finite number",
    "pipeline: web\njobs: abc": "jobs of the scenario is a str, not a list",
    "pipeline: web\njobs: [3]": "job 1 of the scenario is an int, not a map",
    "pipeline: web\njobs: [{name: a}]": "job 1 of the scenario has no kind",
    "pipeline: web\njobs: [{kind: scrip}]": "kind of job 1 of the scenario",
    "pipeline: web\njobs: [{kind: script, attempts: 5}]": "attempts of job 1 of the scenario is an int, not a list",
    ATTEMPT % "seconds: x": "seconds of attempt 1 of job 2 of the scenario is a str",
    ATTEMPT % "seconds: -1": "seconds of attempt 1 of job 2 of the scenario=-1",
    ATTEMPT % "exit_status: '1'": "exit_status of attempt 1 of job 2 of the scenario is a str, not a whole number",
    ATTEMPT % "soft_failed: 1": "soft_failed of attempt 1 of job 2 of the scenario is an int, not true or false",
    ATTEMPT % "artifacts: abc": "artifacts of attempt 1 of job 2 of the scenario is a str, not a list",
    ATTEMPT % "artifacts: [a, 5]": "artifact 2 of attempt 1 of job 2 of the scenario is an int",
    ATTEMPT % "states: passed": "attempt 1 of job 2 of the scenario has the key 'states'. Did you mean 'state'?",
    ATTEMPT % "hue: red": "attempt 1 of job 2 of the scenario has the key 'hue'. It may have state, ",
    ATTEMPT % "state: pased": "did you mean 'passed'?",
    ATTEMPT % "retried: auto": "did you mean 'automatic'?",
    "pipeline: web\nstate: pased": "state of the scenario='pased': there is no such state of a build",
    ATTEMPT
    % "state: running": "state of attempt 1 of job 2 of the scenario='running': there is no such last state of a job",
    ATTEMPT
    % "state: failed, exit_status: 0": "attempt 1 of job 2 of the scenario has the state failed and the exit_status 0",
    ATTEMPT % "exit_status: 3": "has the state passed and the exit_status 3",
    ATTEMPT % "state: timed_out, exit_status: 0": "has the state timed_out and the exit_status 0",
    ATTEMPT % "state: broken, exit_status: 1": "has the state broken and the exit_status 1",
    ATTEMPT % "soft_failed: true": "has the state passed, and soft_failed is true",
    ATTEMPT % "state: expired, soft_failed: true": "has the state expired, and soft_failed is true",
    ATTEMPT
    % "state: failed, retried: manual": "job 2 of the scenario has no attempt behind its last one, of which retried is manual",
    ATTEMPT % "}, {state: failed, retried: automatic": "of which retried is automatic",
    "pipeline: web\njobs: [{kind: manual, attempts: [{state: unblocked}, {state: blocked}]}]": "job 1 of the scenario is of the kind manual and has 2 attempts",
    "state: failed\n" + ATTEMPT % "": "the scenario has the state failed, and no job of it has failed",
    "state: failed\n" + ATTEMPT % "state: failed, soft_failed: true": "no job of it has failed",
    "state: passed\n"
    + ATTEMPT % "state: expired": "the scenario has the state passed, and a job of it the state expired",
    "state: blocked\n" + ATTEMPT % "": "the scenario has the state blocked, and no job of it is blocked",
    "state: canceled\n" + ATTEMPT % "": "the scenario has the state canceled, and no job of it was canceled",
    "state: not_run\n" + ATTEMPT % "": "the scenario has the state not_run, and a job of it the state passed",
    "state: skipped\n" + ATTEMPT % "": "the scenario has the state skipped, and a job of it the state passed",
    "pipeline: web\nstate: passed": "the scenario has the state passed, and no job of it ran",
    ATTEMPT % "state: passed, signal_reason: cancel": "has the state passed and the signal_reason cancel",
    ATTEMPT % "state: failed, retried_after: 5": "has no attempt behind its last one, of which retried_after is 5",
    ATTEMPT % "state: failed, retried: automatic, retried_after: 5}, {state: passed": "and has a retried_after",
    "pipeline: web\njobs: [{kind: script, parallel_group_index: 0}]": "job 1 of the scenario has the parallel_group_index 0 and the parallel_group_total None",
    "pipeline: web\njobs: [{kind: script, parallel_group_index: 2, parallel_group_total: 2}]": "the parallel_group_index 2",
    "pipeline: web\njobs: [{kind: waiter, parallel_group_total: 2}]": "is of the kind waiter and has a parallel_group_index",
    "pipeline: a/b c": "pipeline of the scenario is 'a/b c': give the slug",
    "pipeline: web\njobs: [{kind: trigger, pipeline: ../x}]": "pipeline of job 1 of the scenario is '../x'",
    ATTEMPT % r'log: "\ud83d"': "character",
    "pipeline: !!python/object/apply:os.getcwd []": "could not determine a constructor",
    "pipeline: web\n---\npipeline: api": "another document",
    "pipeline: web\nbranch: é\0": "line 2, column 10: the character U+0000 is not allowed",
    "pipeline: web\nbranch: \ud83d": "line 2, column 9: it holds half a character",
    "pipeline: web\nbranch: a: b": "line 2, column 10: mapping values are not allowed",
    "pipeline: web\njobs: &all [*all]": "job 1 of the scenario is a list, not a map",
    "[" * 100_000: "it is nested too deeply",
    f"pipeline: {'9' * 5000}": "",
    "a0: &a0 {x: 1}\n"
    + "".join(f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}\n" for n in range(1, 40)): "<< isn't used",
    "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40)): "has the key 'a0'",
}


@pytest.mark.parametrize("text", [pytest.param(text, id=text[:60]) for text in NO_SCENARIOS])
def test_a_text_that_is_no_scenario(text: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        Scenario.load(text)
    said = str(raised.value)
    assert said.startswith("the text isn't a scenario: ")
    assert NO_SCENARIOS[text] in said


@pytest.mark.parametrize(
    ("links", "attempts"),
    [
        ({"a": "a"}, [["a"]]),
        ({"a": "b", "b": "a"}, [["a", "b"]]),
        ({"c": "a", "a": "b", "b": "a"}, [["c", "a", "b"]]),
        ({"a": "lost", "b": None}, [["a"], ["b"]]),
    ],
)
def test_retries_that_go_round_in_a_circle_end(links: dict[str, str | None], attempts: list[list[str]]) -> None:
    jobs = [{"id": n, "type": "script", "state": n, "retried_in_job_id": other} for n, other in links.items()]
    build = {"id": "1", "number": 1, "state": "passed", "jobs": jobs}
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json=build))
    with BuildkiteClient("acme", token="bkua_0123456789", transport=transport) as buildkite:
        scenario = Scenario.from_build(buildkite, "web", 1)
    assert [[attempt.state for attempt in job.attempts] for job in scenario.jobs] == attempts


def test_a_pipeline_with_steps_is_refused() -> None:
    simulator = Simulator()
    simulator.pipeline("web").job("test")
    with pytest.raises(ValueError, match="has steps already"):
        Scenario(pipeline="web").play(simulator)
    with pytest.raises(ValueError, match="timing"):
        Scenario(pipeline="api").play(simulator, timing="fast")  # type: ignore[arg-type]


COMMANDS: dict[str, tuple[int | list[int], int]] = {
    "good": (0, 10),
    "bad": (3, 20),
    "slow": (0, 90),
    "flaky": ([1, 0], 5),
    "lame": ([1, 1, 0], 15),
    "worse": ([0, 1], 10),
}
COMMAND = st.fixed_dictionaries(
    {"command": st.sampled_from(list(COMMANDS))},
    optional={
        "soft_fail": st.just(True),
        "depends_on": st.sampled_from(["k0", "k1", "k2"]),
        "allow_dependency_failure": st.just(True),
        "cancel_on_build_failing": st.just(True),
        "if": st.just("build.branch == 'dev'"),
        "retry": st.sampled_from([{"automatic": {"limit": 1}}, {"manual": {"permit_on_passed": True}}]),
        "parallelism": st.just(2),
    },
)
WAIT = st.sampled_from(["wait", {"wait": None, "continue_on_failure": True}])
TRIGGER = st.sampled_from(["api", "broken", "mended", "none"]).map(lambda slug: {"trigger": slug})
STEP = st.one_of(COMMAND, COMMAND, WAIT, st.sampled_from([{"block": "B"}, {"input": "I"}]), TRIGGER)
GROUP = st.fixed_dictionaries({"group": st.just("G"), "steps": st.lists(COMMAND | WAIT, min_size=1, max_size=3)})
ACTS = st.tuples(
    st.sampled_from(["unblock", "retry", "retry failed", "cancel"]), st.integers(0, 5), st.sampled_from([12, 900])
)
"""What a user does: the call, the place of the job, and the seconds until the next one."""


@given(st.lists(STEP | GROUP, min_size=1, max_size=6), st.lists(ACTS, max_size=4))
@example([{"trigger": "mended"}, {"trigger": "none"}], [("retry", 0, 900), ("retry", 1, 12)])
@example([{"trigger": "broken"}, {"trigger": "broken"}, {"trigger": "mended"}], [("retry failed", 0, 900)])
@example(
    [{"command": "flaky"}, {"wait": None, "continue_on_failure": True}, {"command": "flaky"}], [("retry failed", 0, 12)]
)
@example(
    [
        {
            "group": "G",
            "steps": [
                {"command": "bad", "soft_fail": True},
                {"command": "good", "depends_on": "k0", "cancel_on_build_failing": True},
            ],
        }
    ],
    [("retry", 0, 12), ("retry", 0, 12)],
)
@example([{"block": "B"}, {"trigger": "api"}], [("cancel", 0, 12)])
@example([{"input": "I"}, {"command": "good"}], [("cancel", 0, 12)])
@example([{"command": "slow"}, {"command": "slow", "depends_on": "k0"}], [("cancel", 0, 12)])
@example(
    [{"command": "slow"}, "wait", {"command": "slow", "depends_on": "k9"}, {"command": "slow"}], [("cancel", 0, 12)]
)
@example(
    [{"command": "bad"}]
    + [{"command": "slow", "cancel_on_build_failing": True, **more} for more in ({}, {"depends_on": "k1"})],
    [],
)
@example([{"command": "bad"}], [("unblock", 0, 900), ("retry", 0, 12), ("cancel", 0, 12)])
@example([{"command": "good"}, {"command": "bad"}], [("unblock", 0, 12), ("retry", 1, 12), ("cancel", 0, 12)])
def test_each_job_ends_as_it_ended(steps: list[Any], acts: list[tuple[str, int, int]]) -> None:
    first = Simulator()
    first.pipeline("api").job("lint")
    first.pipeline("broken").job("lint", exit_status=1)
    first.pipeline("mended").configure("[{command: x, if: build.number == 1}, {command: y}]").script("x", exit_status=1)
    for number, step in enumerate(each for each in steps if isinstance(each, dict) and "command" in each):
        step["key"] = f"k{number}"
        if step.get("depends_on", "k0") >= step["key"]:
            step.pop("depends_on", None)
    for number, step in enumerate(each for each in steps if isinstance(each, dict) and "trigger" in each):
        step["label"] = f"t{number}"  # of two with one name, the API doesn't tell which one was retried
    web = first.pipeline("web").configure(json.dumps(steps))
    for name, (status, seconds) in COMMANDS.items():
        if f'"command": "{name}"' in json.dumps(steps):
            web.script(name, exit_status=status, after=seconds)
    web.build()
    first.clock.sleep(acts[0][2] if acts else 900)
    (original,) = web.builds
    with first.client() as buildkite:
        for act, place, seconds in acts:
            with suppress(BuildkiteError):  # it can't be done now
                do(buildkite, original, act, place)
            first.clock.sleep(seconds)
    first.clock.sleep(900)
    scenario = Scenario.load(recorded(first).dump())
    for timing in ("recorded", "at once"):
        again = Simulator()
        scenario.play(again, timing=timing)
        again.clock.sleep(86400)
        (played,) = again.pipeline("web").builds
        assert (timing, played.state, ends(played)) == (timing, original.state, ends(original))


def do(buildkite: BuildkiteClient, build: Build, act: str, place: int) -> None:
    job = build.jobs[place % len(build.jobs)]
    if act == "unblock":
        blocked = [each for each in build.jobs if each.state == "blocked"]
        buildkite.jobs.unblock("web", 1, (blocked or [job])[0].id)
    elif act == "retry":
        buildkite.jobs.retry("web", 1, job.id)
    elif act == "retry failed":
        buildkite.builds.retry_failed_jobs("web", 1)
    else:
        buildkite.builds.cancel("web", 1)


def ends(build: Build) -> list[list[tuple[str, str, int | None]]]:
    """Return the kinds, states and exit statuses of the jobs in the order of the steps, each with those that it retried."""
    return [[(each.type, each.state, each.exit_status) for each in attempts(job)] for job in build.current_jobs]


def attempts(job: Job | None) -> Iterator[Job]:
    while job is not None:
        yield job
        job = job.retry_of


FATES = {
    "a step that waited for a failed one": (
        "[{command: a, key: a}, {command: b, depends_on: a}, {command: c, depends_on: a, allow_dependency_failure: true}]",
        ["failed", "waiting_failed", "passed"],
    ),
    "a group with a wait step, and a step that is canceled": (
        "[{group: G, steps: [{command: a}, wait, {command: b}]}, {command: c, cancel_on_build_failing: true}]",
        ["failed", "waiting_failed", "waiting_failed", "canceled"],
    ),
    "a form that nobody filled in": ("[{input: B}, {command: b}]", ["blocked", "passed"]),
    "a block step behind a failure": (
        "[{command: a}, {block: B}, {command: b}]",
        ["failed", "blocked_failed", "waiting_failed"],
    ),
    "a trigger of a pipeline that there isn't": ("[{trigger: none}, {command: b}]", ["failed", "passed"]),
    "a wait step at the end": ("[{command: a}, {wait: , continue_on_failure: true}]", ["failed", "passed"]),
}


@pytest.mark.parametrize("name", FATES)
@pytest.mark.parametrize("timing", ["recorded", "at once"])
def test_a_job_that_never_ran_does_not_run(name: str, timing: Literal["recorded", "at once"]) -> None:
    text, wanted = FATES[name]
    first, again = Simulator(), Simulator()
    web = first.pipeline("web").configure(text)
    if "command: a" in text:
        web.script("a", exit_status=1, after=10)
    if "command: c" in text:
        web.script("c", after=60)
    web.build()
    first.clock.sleep(600)
    assert states(first)[1:] == wanted
    Scenario.load(recorded(first).dump()).play(again, timing=timing)
    again.clock.sleep(3600)
    assert states(again) == states(first)
    if "canceled" not in wanted:  # a job that takes no time may be canceled before it runs
        assert shown(again.pipeline("web").builds[0]) == shown(first.pipeline("web").builds[0])


def test_a_wait_step_without_a_state_goes_by_the_jobs_around_it() -> None:
    text = (
        "pipeline: web\nstate: failed\njobs:\n- {kind: script, name: a, attempts: [{state: failed, exit_status: 1}]}\n"
    )
    for last, wait in (("waiting_failed", "waiting_failed"), ("passed", "passed")):
        again = Simulator()
        more = f"- kind: waiter\n- {{kind: script, name: b, attempts: [{{state: {last}}}]}}\n"
        Scenario.load(text + more).play(again)
        again.clock.sleep(600)
        assert states(again) == ["failed", "failed", wait, last]
