"""Builds of the past: their outcomes, branches and retries."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildkite_ext.simulation import SimulatedPipeline, Simulator, Timing
from buildkite_ext.simulation.behaviour.history import OUTCOMES, plan
from buildkite_ext.simulation.demo import demo_organization

from .helpers import ORG, WEB, connect


def web(simulator: Simulator) -> SimulatedPipeline:
    pipeline = simulator.pipeline("web").job("lint", after=3).job("test", after=60, parallelism=2)
    return pipeline.wait().block("Ship?", ["version"]).job("deploy", after=20)


def states(pipeline: SimulatedPipeline) -> Counter[str]:
    return Counter(build.state for build in pipeline.builds)


def test_outcomes_branches_and_retries_are_mixed() -> None:
    simulator = Simulator()
    now = simulator.clock.time()
    shares = {"passed": 6, "failed": 2, "canceled": 1, "blocked": 1}
    branches = ("main", "dev", "fix/login")
    pipeline = web(simulator).history(40, every=600, outcomes=shares, retried=0.25, branch=branches)
    builds = pipeline.builds
    assert states(pipeline) == {"passed": 24, "failed": 8, "canceled": 4, "blocked": 4}
    assert {build.request.branch for build in builds} == set(branches)
    flaky = [build for build in builds if len(build.jobs) > len(build.current_jobs)]
    assert [build.state for build in flaky] == ["passed"] * 6
    for build in flaky:
        (retried,) = [job for job in build.jobs if job.retried]
        assert (retried.state, retried.retry_type, retried.retried_in and retried.retried_in.state) == (
            "failed", "manual", "passed",
        )  # fmt: skip
    # The outcomes don't come in blocks, and every build was over before now.
    assert len({build.state for build in builds[:10]}) > 1
    for build in builds:
        assert build.finished_at is not None
        assert build.finished_at <= now
        assert all(job.finished_at is None or job.finished_at <= now for job in build.jobs)
    gaps = {round(after.created_at - before.created_at) for before, after in itertools.pairwise(builds)}
    assert gaps == {600}


def test_the_seed_decides_how_each_build_goes() -> None:
    def seen(seed: int) -> list[tuple[str, str, str, int]]:
        mixed = {"passed": 3, "failed": 2, "canceled": 1}
        pipeline = web(Simulator(seed=seed)).history(30, outcomes=mixed, branch=["main", "dev"], retried=0.3)
        return [(build.id, build.state, build.request.branch, len(build.jobs)) for build in pipeline.builds]

    assert seen(1) == seen(1)
    assert [found[1:] for found in seen(1)] != [found[1:] for found in seen(2)]


def test_a_second_history_of_the_same_simulator_goes_otherwise() -> None:
    simulator = Simulator()
    mixed = {"passed": 1, "failed": 1}
    first, second = (
        simulator.pipeline(slug).job("test").history(30, outcomes=mixed) for slug in ("one", "two")
    )  # fmt: skip
    assert [build.state for build in first.builds] != [build.state for build in second.builds]
    assert states(first) == states(second) == {"passed": 15, "failed": 15}


def test_without_shares_the_steps_say_how_builds_go() -> None:
    pipeline = Simulator().pipeline("web").job("test", exit_status=1).history(5)
    assert states(pipeline) == {"failed": 5}
    assert states(Simulator().pipeline("web").job("test").history(5, branch=["a", "b"])) == {"passed": 5}
    assert states(web(Simulator()).history(3)) == {"blocked": 3}


def test_shares_prevail_over_the_steps_for_the_past_alone(simulator: Simulator) -> None:
    pipeline = simulator.pipeline("web").job("test", exit_status=1).job("slow", after=100, timeout=9)
    pipeline.job("lax", exit_status=3, soft_fail=True)
    pipeline.history(4, outcomes={"passed": 1})
    assert states(pipeline) == {"passed": 4}
    assert [job.soft_failed for job in pipeline.builds[0].jobs] == [False, False, True]
    pipeline.build()
    simulator.clock.sleep(200)
    assert [build.state for build in pipeline.builds] == ["passed"] * 4 + ["failed"]


def test_a_job_with_automatic_retries_is_retried_automatically(simulator: Simulator) -> None:
    pipeline = simulator.pipeline("web").job("test", automatic_retries=2)
    pipeline.history(2, retried=1.0).history(1, outcomes={"failed": 1})
    assert [(build.state, len(build.jobs)) for build in pipeline.builds] == [
        ("passed", 2),
        ("passed", 2),
        ("failed", 3),
    ]
    assert pipeline.builds[0].jobs[0].retry_type == "automatic"


def test_the_api_answers_them(simulator: Simulator, api: httpx.Client) -> None:
    web(simulator).history(20, outcomes={"passed": 2, "failed": 1, "blocked": 1}, branch=["main", "dev"])

    def count(**query: str) -> int:
        return len(api.get(f"{WEB}/builds", params={"per_page": "100", **query}).json())

    assert (count(), count(state="failed"), count(state="blocked")) == (20, 5, 5)
    assert 0 < count(branch="dev") < 20
    blocked = api.get(f"{WEB}/builds", params={"state": "blocked"}).json()[0]
    (block,) = [job for job in blocked["jobs"] if job["type"] == "manual"]
    assert api.put(block["unblock_url"], json={"fields": {"version": "1"}}).status_code == 200


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"outcomes": {"pased": 1}}, "there is no such outcome; did you mean 'passed'"),
        ({"outcomes": {"odd": 1}}, "give one of blocked, canceled, failed, passed"),
        ({"outcomes": {"passed": -1}}, "is negative"),
        ({"outcomes": {"passed": float("nan")}}, "is negative or infinite"),
        ({"outcomes": {"passed": 0}}, "share above 0"),
        ({"outcomes": {}}, "share above 0"),
        ({"retried": 1.5}, "from 0 to 1"),
        ({"retried": -0.1}, "from 0 to 1"),
        ({"branch": []}, "at least one branch"),
        ({"outcomes": {"blocked": 1}}, "add a block step"),
        ({"outcomes": {"failed": 1}}, "add a job without soft_fail"),
        ({"retried": 0.5}, "add a job without soft_fail"),
    ],
)
def test_an_impossible_mix_is_refused_and_adds_nothing(
    simulator: Simulator, options: dict[str, Any], said: str
) -> None:
    pipeline = simulator.pipeline("web").job("test", soft_fail=True)
    with pytest.raises(ValueError, match=said):
        pipeline.history(10, **options)
    assert pipeline.builds == []


shares = st.dictionaries(st.sampled_from(OUTCOMES), st.integers(0, 9), min_size=1).filter(
    lambda found: sum(found.values())
)


@given(count=st.integers(0, 60), outcomes=shares, retried=st.floats(0, 1), seed=st.integers())
def test_the_numbers_are_those_of_the_shares(count: int, outcomes: dict[str, float], retried: float, seed: int) -> None:
    plans = plan(count, branches=["main"], outcomes=outcomes, retried=retried, random=Random(seed))
    assert len(plans) == count
    total = sum(outcomes.values())
    for name, share in outcomes.items():
        assert abs(sum(each.outcome == name for each in plans) - count * share / total) < 1
    again = [each for each in plans if each.retried]
    assert all(each.outcome == "passed" for each in again)
    assert abs(len(again) - sum(each.outcome == "passed" for each in plans) * retried) <= 0.5


timings = st.builds(
    Timing,
    creating=st.sampled_from([0.0, 2.0]),
    pickup=st.sampled_from([0.0, 5.0]),
    accepted=st.sampled_from([0.0, 1.0]),
    canceling=st.sampled_from([0.0, 30.0]),
)
step_adders: list[Callable[[SimulatedPipeline], SimulatedPipeline]] = [
    lambda pipeline: pipeline.job("quick", after=1),
    lambda pipeline: pipeline.job("slow", after=500, automatic_retries=1),
    lambda pipeline: pipeline.job("failing", exit_status=2),
    lambda pipeline: pipeline.job("lax", exit_status=2, soft_fail=True),
    lambda pipeline: pipeline.job("hurried", after=50, timeout=5),
    lambda pipeline: pipeline.wait(),
    lambda pipeline: pipeline.wait(continue_on_failure=True),
    lambda pipeline: pipeline.block("Go?", ["version"]),
]


@given(
    adders=st.lists(st.sampled_from(step_adders), max_size=5),
    outcomes=shares,
    retried=st.sampled_from([0.0, 0.5, 1.0]),
    timing=timings,
)
def test_any_pipeline_has_the_history_that_was_asked_for(
    adders: list[Callable[[SimulatedPipeline], SimulatedPipeline]],
    outcomes: dict[str, float],
    retried: float,
    timing: Timing,
) -> None:
    simulator = Simulator(timing=timing)
    pipeline = simulator.pipeline("web").job("first", after=7)
    pipeline.block("Ready?")
    for add in adders:
        add(pipeline)
    pipeline.history(8, outcomes=outcomes, retried=retried)
    planned = plan(8, branches=["main"], outcomes=outcomes, retried=retried, random=Random(1))
    assert states(pipeline) == Counter(str(each.outcome) for each in planned)
    now = simulator.clock.time()
    assert all(build.finished_at is not None and build.finished_at <= now for build in pipeline.builds)


def test_the_demo_has_builds_of_every_outcome() -> None:
    simulator = demo_organization()
    builds = simulator.state.builds
    assert {build.state for build in builds} == {"passed", "failed", "canceled", "blocked"}
    assert any(job.retried for build in builds for job in build.jobs)
    assert len({build.request.branch for build in builds}) > 2
    with connect(simulator) as api:
        for slug, expected in (("web", 40), ("api", 12), ("release", 6)):
            path = f"{ORG}/pipelines/{slug}/builds"
            assert len(api.get(path, params={"per_page": "100"}).json()) == expected
            assert api.get(path, params={"state": "failed" if slug != "release" else "blocked"}).json()


# Other names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scope", "said"),
    [
        ("read_build", "did you mean 'read_builds'"),
        ("write-builds", "did you mean 'write_builds'"),
        ("x", "lists them"),
    ],
)
def test_a_scope_that_does_not_exist_is_refused(scope: str, said: str) -> None:
    for give in (lambda scopes: Simulator(scopes=scopes), lambda scopes: Simulator().add_token("t", scopes=scopes)):
        with pytest.raises(ValueError, match=said):
            give({"read_builds", scope})


def test_a_single_string_of_scopes_is_refused() -> None:
    with pytest.raises(TypeError, match=r"give a set of scopes, such as \{'read_builds'\}"):
        Simulator(scopes="read_builds")


def test_each_scope_that_an_operation_needs_is_known() -> None:
    from buildkite_api.operations import OPERATIONS

    for operation in OPERATIONS.values():
        for scope in (operation.scope or "graphql").split("+"):
            Simulator(scopes=[scope])


def test_other_names_that_do_not_exist_are_refused(simulator: Simulator) -> None:
    web = simulator.pipeline("web").job("test")
    with pytest.raises(ValueError, match="did you mean 'webhook'"):
        web.build(source="webhok")
    with pytest.raises(ValueError, match="did you mean 'failed'"):
        web.block("Go?", blocked_state="faild")
    for status in (0, 199, 600):
        with pytest.raises(ValueError, match="from 400 to 599"):
            simulator.fail_next(status=status)
    assert web.builds == []
    assert len(web.state.steps) == 1
