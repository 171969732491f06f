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

from buildkite_ext import states
from buildkite_ext.cli import exit_codes
from buildkite_ext.cli.exit_codes import ExitCode
from buildkite_ext.models import Job

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


@pytest.mark.parametrize("state", ["limiting", "reserved", "platform_limited", "a state of tomorrow", JobState("new")])
def test_an_unknown_state_of_a_job_counts_as_active(state: object) -> None:
    assert states.is_job_active(state)


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
