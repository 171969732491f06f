"""States: each has a meaning, and an unknown one counts as active."""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from itertools import combinations
from typing import Any, get_args

import pytest
from buildkite_api.models import AgentConnectionState, ArtifactState, BuildState, BuildStateFilter, JobState, TestState
from buildkite_api.operations import OPERATIONS
from hypothesis import given
from hypothesis import strategies as st

from buildkite_ext import states
from buildkite_ext.cli import exit_codes
from buildkite_ext.cli.exit_codes import ExitCode
from buildkite_ext.models import Build, Job

from .fakes import build, job

BUILDS = (states.ACTIVE_BUILDS, states.BLOCKED_BUILDS, states.FINISHED_BUILDS)
JOBS = (states.ACTIVE_JOBS, states.HELD_JOBS, states.FINISHED_JOBS)


@pytest.mark.parametrize(("described", "classes"), [(BuildState, BUILDS), (JobState, JOBS)], ids=["builds", "jobs"])
def test_each_state_of_the_description_is_in_one_class(described: Any, classes: tuple[frozenset[str], ...]) -> None:
    known = {str(state) for state in described}
    assert known <= frozenset().union(*classes)
    assert not [first & second for first, second in combinations(classes, 2) if first & second]


def test_the_narrower_classes_are_parts_of_the_wider() -> None:
    assert states.RUNNING_BUILDS < states.ACTIVE_BUILDS
    assert states.RUNNING_JOBS < states.ACTIVE_JOBS
    assert states.FAILED_JOBS < states.FINISHED_JOBS
    assert states.FINISHED_FILTER <= states.FINISHED_BUILDS | states.BLOCKED_BUILDS


def test_the_names_that_editors_offer_are_those_of_the_description() -> None:
    assert {str(state) for state in BuildStateFilter} == states.BUILD_FILTERS
    assert {str(state) for state in JobState} == states.JOB_STATES
    in_events = {str(state) for kind in (BuildState, JobState, AgentConnectionState) for state in kind}
    assert in_events == states.EVENT_STATES


def described_filters() -> dict[str, tuple[str, frozenset[str]]]:
    """Return the operations that take states in their query, with the states of the description."""
    kinds = {kind.__name__: kind for kind in (BuildStateFilter, JobState, ArtifactState, TestState)}
    found: dict[str, tuple[str, frozenset[str]]] = {}
    for operation in OPERATIONS.values():
        module = import_module(f"buildkite_api.api.{operation.group}.{operation.id}")
        for name, parameter in inspect.signature(module._get_kwargs).parameters.items():
            for kind in re.findall(r"\w*State\w*", str(parameter.annotation)):
                found[operation.id] = (name, frozenset(str(state) for state in kinds[kind]))
    return found


def test_the_filters_are_those_of_the_description() -> None:
    assert described_filters() == states.FILTERS


@pytest.mark.parametrize(
    ("job", "over"),
    [
        ({"state": "passed"}, True),
        ({"state": "waiting_failed"}, True),
        ({"state": "a state of tomorrow"}, False),
        ({"state": "a state of tomorrow", "finished_at": "2026-01-05T12:00:00Z"}, True),
        ({"state": "running", "finished_at": None}, False),
    ],
)
def test_a_job_with_a_time_at_which_it_finished_is_over(job: dict[str, Any], over: bool) -> None:
    assert states.is_job_over(Job.from_dict({"id": "j", **job})) is over


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        *(({"state": state}, state) for state in ("passed", "failed", "timed_out", "canceled", "expired", "skipped", "broken")),
        ({"state": "waiting_failed"}, "not_run"),
        ({"state": "blocked_failed", "type": "manual"}, "not_run"),
        ({"state": "unblocked_failed", "type": "manual"}, "not_run"),
        ({"state": "unblocked", "type": "manual"}, "unblocked"),
        ({"state": "unblocked", "type": "a type of tomorrow"}, "unblocked"),
        ({"state": "unblocked"}, None),  # a command behind a block step is about to be scheduled
        ({"state": "blocked", "type": "manual"}, None),
        ({"state": "running"}, None),
        ({"state": "canceling"}, None),
        ({"state": "a state of tomorrow"}, None),
        ({"state": "a state of tomorrow", "finished_at": "2026-01-05T12:00:00Z"}, "failed"),
        ({"state": "running", "finished_at": "2026-01-05T12:00:00Z"}, "failed"),
        ({"state": "canceling", "finished_at": "2026-01-05T12:00:00Z"}, "canceled"),
        ({"state": "timing_out", "finished_at": "2026-01-05T12:00:00Z"}, "timed_out"),
        ({"state": "failed", "soft_failed": True}, "soft_failed"),
        ({"state": "timed_out", "soft_failed": True}, "timed_out"),
        ({"state": "passed", "soft_failed": True}, "passed"),
    ],
)  # fmt: skip
def test_a_job_that_is_over_has_an_outcome(changes: dict[str, Any], outcome: str | None) -> None:
    assert states.job_outcome(Job.from_dict(job("a", **changes))) == outcome


@pytest.mark.parametrize("state", ["limiting", "reserved", "platform_limited", "a state of tomorrow", JobState("new")])
def test_an_unknown_state_of_a_job_counts_as_active(state: object) -> None:
    assert states.is_job_active(state)


@pytest.mark.parametrize("state", ["waiting", "blocked", "unblocked", "passed", "broken", JobState.SKIPPED])
def test_a_job_that_waits_for_others_or_has_ended_is_not_active(state: object) -> None:
    assert not states.is_job_active(state)


@pytest.mark.parametrize("outcome", [*get_args(states.Outcome), None])
def test_a_script_gets_the_exit_code_of_the_command(outcome: Any) -> None:
    code = states.exit_code_of(outcome)
    assert (code == 0) == (outcome == "passed")
    assert code == (ExitCode.TIMEOUT if outcome is None else exit_codes.exit_code_of(outcome))


def test_the_states_of_the_diagram_are_those_of_builds() -> None:
    drawn = set(states.BUILD_TRANSITIONS)
    assert frozenset().union(*states.BUILD_TRANSITIONS.values()) <= drawn
    assert {str(state) for state in BuildState} - drawn == {"waiting", "waiting_failed"}
    assert {state for state, after in states.BUILD_TRANSITIONS.items() if not after} < states.FINISHED_BUILDS


ENDED = ("passed", "failed", "canceled", "skipped", "not_run")
GOING = ("creating", "scheduled", "running", "failing", "canceling")


def a_build(state: str | None, **changes: Any) -> Build:
    return Build.from_dict(build(7, state=state, **changes))


@pytest.mark.parametrize("state", ENDED)
def test_a_build_that_ended_has_its_state_as_its_outcome(state: str) -> None:
    assert states.outcome_of(a_build(state)) == state


@pytest.mark.parametrize("state", GOING)
def test_a_build_that_goes_on_has_none(state: str) -> None:
    assert states.outcome_of(a_build(state)) is None


@pytest.mark.parametrize("state", ["waiting", "waiting_failed", "something new"])
def test_a_state_that_nobody_documents_as_an_end_is_none(state: str) -> None:
    assert states.outcome_of(a_build(state)) is None


FINISHED_AT = "2026-01-05T12:00:00.000Z"


@pytest.mark.parametrize(
    ("state", "blocked", "outcome"),
    [
        *((state, False, state) for state in ENDED),
        ("waiting_failed", False, "failed"),
        ("waiting", False, "failed"),
        ("something new", False, "failed"),
        ("running", None, "failed"),
        ("failing", False, "failed"),
        ("canceling", False, "canceled"),
        ("canceling", True, "canceled"),
        ("passed", True, "blocked"),
        ("running", True, "blocked"),
        ("something new", True, "blocked"),
        ("blocked", False, "blocked"),
        ("canceled", True, "canceled"),
    ],
)
def test_a_build_with_a_time_at_which_it_finished_is_over(state: str, blocked: bool | None, outcome: str) -> None:
    jobs = [job("a", state="running")]  # as it was when the build was asked for
    assert states.outcome_of(a_build(state, blocked=blocked, jobs=jobs, finished_at=FINISHED_AT)) == outcome


@pytest.mark.parametrize(
    ("state", "blocked", "counts", "jobs", "outcome"),
    [
        ("passed", True, None, [], "blocked"),
        ("failed", True, None, [], "blocked"),
        ("blocked", False, None, [], "blocked"),
        ("blocked", True, None, [], "blocked"),
        ("running", True, None, [], "blocked"),
        ("running", True, {"running": 1, "blocked": 1}, [], None),
        ("running", True, {"running": 0, "blocked": 1, "passed": 3}, [], "blocked"),
        ("running", True, {"limited": 2, "blocked": 1}, [], None),
        ("running", True, {"waiting": 2, "blocked": 1}, [], "blocked"),
        ("running", True, None, [job("a", state="running")], None),
        ("running", True, None, [job("a", state="reserved")], None),
        ("running", True, None, [job("a", state="platform_limited")], None),
        ("running", True, None, [job("a", state="a state of tomorrow")], None),
        ("running", True, None, [job("a", type="trigger", state="running")], None),
        ("running", True, None, [job("a", state="a state of tomorrow", finished_at="2026-01-05T12:00:00Z")], "blocked"),
        ("running", True, {"reserved": 1, "blocked": 1}, [], None),
        ("running", True, {"platform_limiting": 1, "blocked": 1}, [], None),
        ("running", True, {"a state of tomorrow": 1}, [], None),
        ("running", True, {}, [job("a", state="running")], None),
        ("running", True, None, [job("a", state="waiting")], "blocked"),
        ("running", True, None, [job("a", type="waiter", state="a state of tomorrow")], "blocked"),
        ("running", True, None, [job("a", state="passed"), job("b", type="manual", state="blocked")], "blocked"),
        ("canceled", True, None, [], "canceled"),
        ("canceling", True, None, [], None),
        ("failing", True, None, [], None),
        ("passed", None, None, [], "passed"),
    ],
)
def test_a_blocked_build_is_told_by_blocked_and_not_by_its_state(
    state: str, blocked: bool | None, counts: dict[str, int] | None, jobs: list[Any], outcome: str | None
) -> None:
    changes = {} if counts is None else {"job_state_counts": {"total": sum(counts.values()), "states": counts}}
    assert states.outcome_of(a_build(state, blocked=blocked, jobs=jobs, **changes)) == outcome


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({"state": "passed"}, "passed"),
        ({"state": "passed", "blocked": None}, "passed"),
        ({"state": "passed", "blocked": True}, "blocked"),
        ({"state": "blocked", "blocked": False}, "blocked"),
        ({"state": None}, None),
    ],
)
def test_the_state_of_a_build_at_a_block_step_is_blocked(changes: dict[str, Any], shown: str | None) -> None:
    assert states.build_state(a_build(**changes)) == shown


@pytest.mark.parametrize(
    ("changes", "settled"),
    [
        *(({"state": state, "finished_at": FINISHED_AT}, True) for state in ENDED),
        ({"state": "passed", "finished_at": FINISHED_AT, "blocked": None}, True),
        ({"state": "passed", "finished_at": FINISHED_AT, "blocked": True}, False),
        ({"state": "passed", "finished_at": None}, False),
        ({"state": "running", "finished_at": FINISHED_AT}, False),
        ({"state": "a state of tomorrow", "finished_at": FINISHED_AT}, False),
    ],
)
def test_a_build_that_ended_and_is_not_blocked_stays_as_it_is(changes: dict[str, Any], settled: bool) -> None:
    assert states.is_build_settled(a_build(**changes)) is settled


def test_every_documented_state_is_accounted_for() -> None:
    assert {str(state) for state in BuildState} <= {*ENDED, *GOING, "blocked", "waiting", "waiting_failed"}


@pytest.mark.parametrize(
    ("blocked_state", "jobs", "outcome"),
    [
        ("passed", [job("a", state="running")], "blocked"),
        ("failed", [job("a", state="running")], "blocked"),
        ("running", [job("a", state="running")], None),
        ("running", [job("a", state="platform_limited")], None),
        ("running", [job("a", state="passed")], "blocked"),
        (None, [job("a", state="running")], "blocked"),
    ],
)
@pytest.mark.parametrize("blocked", [True, False])
def test_the_state_behind_a_block_step_is_read(
    blocked_state: str | None, jobs: list[Any], outcome: str | None, blocked: bool
) -> None:
    build = a_build("blocked", blocked=blocked, blocked_state=blocked_state, jobs=jobs)
    assert states.outcome_of(build) == outcome


KNOWN_STATES = st.sampled_from([str(state) for state in BuildState])


@given(
    KNOWN_STATES | st.text(max_size=10),
    st.none() | st.booleans(),
    st.none() | KNOWN_STATES,
    st.sampled_from([None, FINISHED_AT]),
    st.lists(st.sampled_from(["running", "blocked", "passed", "failed", "odd"]), max_size=3),
)
def test_no_state_is_too_odd(
    state: str, blocked: bool | None, blocked_state: str | None, finished_at: str | None, of_jobs: list[str]
) -> None:
    jobs = [job(str(number), state=each) for number, each in enumerate(of_jobs)]
    build = a_build(state, blocked=blocked, blocked_state=blocked_state, finished_at=finished_at, jobs=jobs)
    outcome = states.outcome_of(build)
    assert outcome in (None, "blocked", *ENDED)
    assert outcome is not None or finished_at is None
    assert outcome != "passed" or (state == "passed" and not blocked)
    assert not states.failed_jobs(build) or outcome in ("failed", "blocked") or states.is_failing(build)
    assert not states.is_failing(build) or outcome is None
    assert outcome != "blocked" or states.is_blocked(build)


def test_the_jobs_that_broke_a_build_are_those_that_failed_for_good() -> None:
    jobs = [
        job("passed", state="passed"),
        job("failed", state="failed"),
        job("soft", state="failed", soft_failed=True),
        job("retried", state="failed", retried=True),
        job("slow", state="timed_out"),
        job("expired", state="expired"),
        job("canceled", state="canceled"),
        job("broken", state="broken"),
        job("waiting", state="waiting_failed"),
    ]
    assert [one.name for one in states.failed_jobs(a_build("failed", jobs=jobs))] == ["failed", "slow", "expired"]


def test_a_failed_build_whose_only_bad_job_was_canceled_lists_it() -> None:
    jobs = [
        job("passed", state="passed"),
        job("canceled", state="canceled"),
        job("retried", state="canceled", retried=True),
        job("soft", state="canceled", soft_failed=True),
        job("wait", type="waiter", state="canceled"),
        job("block", type="manual", state="canceled"),
    ]
    assert [one.name for one in states.failed_jobs(a_build("failed", jobs=jobs))] == ["canceled"]


@pytest.mark.parametrize("kind", ["waiter", "manual"])
@pytest.mark.parametrize("state", ["failed", "timed_out", "canceled", "blocked_failed"])
def test_waiters_and_blocks_never_broke_a_build(kind: str, state: str) -> None:
    jobs = [job("step", type=kind, state=state), job("trigger", type="trigger", state="failed")]
    assert [one.name for one in states.failed_jobs(a_build("failed", jobs=jobs))] == ["trigger"]
    assert states.failed_jobs(a_build("failed", jobs=jobs[:1])) == []


@pytest.mark.parametrize(
    ("state", "changes", "names"),
    [
        ("passed", {}, []),
        ("canceled", {}, []),
        ("running", {}, []),
        ("passed", {"blocked": True}, []),
        ("failed", {"blocked": True}, ["a"]),
        ("blocked", {"blocked_state": "failed"}, ["a"]),
        ("blocked", {"blocked_state": "passed"}, []),
        ("waiting_failed", {"finished_at": FINISHED_AT}, ["a"]),
    ],
)
def test_jobs_break_failed_builds_only(state: str, changes: dict[str, Any], names: list[str]) -> None:
    build = a_build(state, jobs=[job("a", state="failed"), job("b", state="canceled")], **changes)
    assert [one.name for one in states.failed_jobs(build)] == names


T = "2026-01-05T12:00:00Z"


@pytest.mark.parametrize(
    ("state", "changes", "failing"),
    [
        ("failing", {}, True),
        ("failing", {"jobs": [job("a", state="passed")]}, True),  # Buildkite says so
        ("failing", {"finished_at": FINISHED_AT}, False),
        ("running", {"failing_at": T, "jobs": [job("a", state="failed"), job("b")]}, True),
        ("running", {"failing_at": T, "jobs": [job("a", state="canceled"), job("b")]}, True),
        ("running", {"failing_at": T, "jobs": [job("a", state="failed", soft_failed=True), job("b")]}, False),
        ("running", {"failing_at": T, "jobs": [job("a", state="failed", retried=True), job("b")]}, False),
        ("running", {"failing_at": T, "jobs": [job("a", state="broken"), job("b", state="waiting_failed")]}, False),
        ("running", {"failing_at": T, "jobs": []}, False),
        ("running", {"jobs": [job("a", state="failed"), job("b")]}, False),  # it may be retried
        ("canceling", {"failing_at": T, "jobs": [job("a", state="failed")]}, False),
        ("failed", {"failing_at": T, "jobs": [job("a", state="failed")]}, False),
        ("passed", {"failing_at": T}, False),
    ],
)
def test_a_build_that_continues_may_be_going_to_fail(state: str, changes: dict[str, Any], failing: bool) -> None:
    found = a_build(state, **changes)
    assert states.is_failing(found) is failing
    assert not failing or states.outcome_of(found) is None


@pytest.mark.parametrize(
    ("state", "changes", "blocked"),
    [
        ("passed", {"blocked": True, "finished_at": FINISHED_AT}, True),
        ("blocked", {}, True),
        ("running", {"blocked": True, "jobs": [job("a")]}, True),
        ("canceling", {"blocked": True}, False),
        ("canceling", {"blocked": True, "finished_at": FINISHED_AT}, False),
        ("canceled", {"blocked": True, "finished_at": FINISHED_AT}, False),
        ("passed", {}, False),
    ],
)
def test_a_step_may_block_a_build_while_other_jobs_run(state: str, changes: dict[str, Any], blocked: bool) -> None:
    assert states.is_blocked(a_build(state, **changes)) is blocked


def test_what_a_build_waits_for_are_its_block_steps_and_the_jobs_that_continue() -> None:
    jobs = [
        job("ended", state="passed"),
        job("runs", state="running"),
        job("queued", state="scheduled"),
        job("of tomorrow", state="a state of tomorrow"),
        job("wait", type="waiter", state="waiting"),
        job("wait of tomorrow", type="waiter", state="a state of tomorrow"),
        job("behind", state="waiting"),
        job("deploy", type="manual", state="blocked"),
    ]
    names = [one.name for one in states.unfinished_jobs(a_build("running", jobs=jobs))]
    assert names == ["deploy", "runs", "queued", "of tomorrow"]


def test_the_steps_that_block_a_build_are_those_that_a_user_unblocks() -> None:
    jobs = [
        job("deploy", type="manual", state="blocked"),
        job("input", type="a type of tomorrow", state="blocked"),
        job("done", type="manual", state="unblocked"),
        job("behind", type="script", state="blocked"),
        job("wait", type="waiter", state="blocked"),
        job("failed", type="manual", state="blocked_failed"),
    ]
    assert [one.name for one in states.blocking_jobs(a_build("passed", blocked=True, jobs=jobs))] == ["deploy", "input"]
