"""Scenarios: a real build that a simulator plays again."""

from __future__ import annotations

import pytest

from buildkite_ext import ConfigurationError
from buildkite_ext.simulation import Scenario, Simulator
from buildkite_ext.simulation.state.builds import Build


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


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[1]",
        "pipeline: [",
        "jobs: []",
        "pipeline: web\nextra: 1",
        "pipeline: web\njobs: [{kind: scrip}]",
        "pipeline: web\njobs: [3]",
        pytest.param("[" * 5000, id="too deep"),
        pytest.param(f"pipeline: {'9' * 5000}", id="too long a number"),
    ],
)
def test_a_text_that_is_no_scenario(text: str) -> None:
    with pytest.raises(ConfigurationError, match="scenario"):
        Scenario.load(text)


def test_a_pipeline_with_steps_is_refused() -> None:
    simulator = Simulator()
    simulator.pipeline("web").job("test")
    with pytest.raises(ValueError, match="has steps already"):
        Scenario(pipeline="web").play(simulator)
    with pytest.raises(ValueError, match="timing"):
        Scenario(pipeline="api").play(simulator, timing="fast")  # type: ignore[arg-type]
