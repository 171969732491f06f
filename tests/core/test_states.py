"""States: each has a meaning, and an unknown one counts as active."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
from buildkite_api.models import BuildState, JobState

from buildkite_ext import states

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


@pytest.mark.parametrize("state", ["limiting", "reserved", "platform_limited", "a state of tomorrow", JobState("new")])
def test_an_unknown_state_of_a_job_counts_as_active(state: object) -> None:
    assert states.is_job_active(state)
