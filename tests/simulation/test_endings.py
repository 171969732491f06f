"""Builds that end as a test has chosen, whatever their steps are."""

from __future__ import annotations

from typing import get_args

import pytest

from buildkite_ext import Outcome
from buildkite_ext.simulation import BuildChanged, Simulator, Timing

OUTCOMES = get_args(Outcome)
AT_ONCE = Timing(creating=0, pickup=0, assigned=0, accepted=0, canceling=0)
TEXT = """
steps:
  - {label: Unit, command: make unit, key: unit, timeout_in_minutes: 1}
  - wait
  - {block: Ship it?, fields: [{text: Version, key: version}]}
  - {label: Deploy, command: make deploy, depends_on: unit, if: build.branch == "main", soft_fail: true}
"""


def one_job(simulator: Simulator) -> None:
    simulator.pipeline("web").job("test", after=0)


def block_first(simulator: Simulator) -> None:
    web = simulator.pipeline("web").block("Begin?", ["version"]).job("test", exit_status=[1, 0], timeout=3, after=9)
    web.wait().job("lint", soft_fail=True, exit_status=1)


def of_a_text(simulator: Simulator) -> None:
    simulator.pipeline("web", maximum_timeout=30).configure(TEXT).script("Unit", after=500, promise=(5, 1))


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize("timing", [None, AT_ONCE], ids=["timing", "at once"])
@pytest.mark.parametrize("steps", [one_job, block_first, of_a_text])
def test_a_build_ends_as_it_was_told_to(steps: object, timing: Timing | None, outcome: Outcome) -> None:
    simulator = Simulator(timing=timing)
    assert callable(steps)
    steps(simulator)
    web = simulator.pipeline("web")
    if outcome == "blocked" and steps is one_job:
        web.block("Ship it?")
    web.ends(outcome)
    with simulator.client() as buildkite:
        build = buildkite.builds.create("web", commit="HEAD", branch="main")
        until = "failing" if outcome == "failing" else "finished"
        assert buildkite.builds.wait("web", build.number, until=until).outcome == outcome
        if outcome == "failing":
            assert buildkite.builds.wait("web", build.number).outcome == "failed"


def test_a_retried_and_a_rebuilt_build_end_alike() -> None:
    simulator = Simulator()
    simulator.pipeline("web").job("test").job("lint").ends("failed")
    with simulator.client() as buildkite:
        build = buildkite.builds.create("web", commit="HEAD", branch="main")
        buildkite.builds.wait("web", build.number)
        buildkite.builds.retry_failed_jobs("web", build.number)
        assert buildkite.builds.wait("web", build.number).outcome == "failed"
        again = buildkite.builds.rebuild("web", build.number)
        assert buildkite.builds.wait("web", again.number).outcome == "failed"


def test_the_last_outcome_counts_and_only_for_its_pipeline() -> None:
    simulator = Simulator()
    web = simulator.pipeline("web").job("test").ends("canceled").ends("passed")
    other = simulator.pipeline("other").job("test", exit_status=1)
    web.build()
    other.build()
    simulator.clock.sleep(60)
    assert [web.builds[0].state, other.builds[0].state] == ["passed", "failed"]


def test_steps_that_a_job_uploads_end_likewise() -> None:
    simulator = Simulator()
    web = simulator.pipeline("web").job("upload").on_upload("upload", "- {label: Test, command: make test}")
    web.script("T*", exit_status=1).ends("passed").build()
    simulator.clock.sleep(60)
    assert (web.builds[0].state, len(web.builds[0].jobs)) == ("passed", 2)


def test_a_skipped_build_never_runs() -> None:
    simulator, states = Simulator(), list[str]()
    simulator.on_change(lambda change: states.append(change.after) if isinstance(change, BuildChanged) else None)
    simulator.pipeline("web").job("test").ends("skipped").build()
    simulator.clock.sleep(60)
    simulator.catch_up()
    assert states == ["creating", "scheduled", "skipped"]


def test_builds_of_the_past_go_as_the_steps_say() -> None:
    web = Simulator().pipeline("web").job("test").ends("failed")
    assert [build.state for build in web.history(3).builds] == ["passed"] * 3
    assert web.state.ending == "failed"


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        ("blocked", "no build of 'web' can be blocked: add a block step"),
        ("failed", "no build of 'web' can be failed: add a job without soft_fail"),
        ("failing", "no build of 'web' can be failing: add a job without soft_fail"),
        ("pased", "did you mean 'passed'"),
    ],
)
def test_what_the_steps_cannot_bring_about_is_refused(outcome: Outcome, said: str) -> None:
    web = Simulator().pipeline("web").job("lint", soft_fail=True)
    with pytest.raises(ValueError, match=said):
        web.ends(outcome)
    with pytest.raises(ValueError, match="can be canceled: add a job"):
        Simulator().pipeline("web").ends("canceled")
    with pytest.raises(TypeError, match="outcome"):
        web.ends(None)  # type: ignore[arg-type]
