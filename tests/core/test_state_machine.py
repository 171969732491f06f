"""The state machine accepts what the simulator does, at each change and between any polls, and reports what can't be."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from buildkite_ext import states
from buildkite_ext.simulation import BuildChanged, JobChanged, Simulator, Timing
from buildkite_ext.watching.state_machine import StateMachine, StateProblem, reachable

from ..simulation.helpers import connect
from ..simulation.test_properties import act, actions, add_steps, steps, timings

ENDS = ("canceled", "skipped", "not_run")


@settings(max_examples=settings().max_examples // 3)
@given(found=steps, script=actions, timing=timings, agents=st.sampled_from([None, 1, 0]), seed=st.randoms())
def test_what_the_simulator_does_is_accepted_at_each_change_and_between_any_two(
    found: list[tuple[str, dict[str, Any]]],
    script: list[tuple[str, int]],
    timing: Timing,
    agents: int | None,
    seed: Any,
) -> None:
    simulator = Simulator(timing=timing, agents=agents)
    add_steps(simulator, found)
    each: dict[str, StateMachine] = {}
    some: dict[str, StateMachine] = {}
    problems: list[StateProblem | None] = []

    def look(change: object) -> None:
        if isinstance(change, BuildChanged):
            of, key = "build", change.build.id
        elif isinstance(change, JobChanged):
            of, key = "job", change.job.id
        else:
            return
        for machines in (each, *([some] if seed.random() < 0.3 else [])):
            problems.append(machines.setdefault(key, StateMachine(of)).see(change.after))  # type: ignore[arg-type]

    simulator.on_change(look)
    with connect(simulator) as api:
        for action, number in [("create", 0), *script, ("sleep", 500)]:
            act(api, simulator, action, number)
    assert [problem for problem in problems if problem] == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("creating", "passed"),  # fast
        ("scheduled", "failed"),
        ("scheduled", "canceled"),
        ("running", "running"),
        ("failing", "running"),
        ("failing", "blocked"),
        ("blocked", "passed"),
        ("blocked", "failing"),
        ("blocked", "canceled"),
        ("failed", "running"),
        ("failed", "passed"),
        ("passed", "failed"),
        ("canceling", "canceled"),
        ("waiting", "passed"),
        ("canceled", "waiting_failed"),
    ],
)
def test_a_build_may_have_changed_more_than_once_between_two_polls(before: str, after: str) -> None:
    machine = StateMachine("build")
    assert machine.state is None
    assert (machine.see(before), machine.see(after), machine.state) == (None, None, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        *product(ENDS, ("running", "passed", "failed", "scheduled")),
        ("running", "scheduled"),
        ("running", "creating"),
        ("running", "skipped"),
        ("running", "not_run"),
        ("passed", "scheduled"),
        ("canceling", "running"),
        ("canceling", "passed"),
    ],
)
def test_what_the_diagram_never_leads_to_is_named_once(before: str, after: str) -> None:
    machine = StateMachine("build")
    assert machine.see(before) is None
    assert machine.see(after) == StateProblem("impossible", before, after)
    machine.see(before)
    assert machine.see(after) is None


@pytest.mark.parametrize(
    ("before", "after", "possible"),
    [
        ("scheduled", "passed", True),
        ("waiting", "unblocked", True),
        ("assigned", "scheduled", True),
        ("waiting_failed", "scheduled", True),
        ("blocked_failed", "blocked", True),
        ("broken", "skipped", True),
        ("timing_out", "timed_out", True),
        ("running", "canceling", True),
        ("running", "scheduled", False),
        ("failed", "running", False),
        ("passed", "failed", False),
        ("canceled", "scheduled", False),
        ("canceling", "waiting", False),
    ],
)
def test_a_job_never_returns_to_an_earlier_stage(before: str, after: str, possible: bool) -> None:
    machine = StateMachine("job")
    assert machine.see(before) is None
    assert machine.see(after) == (None if possible else StateProblem("impossible", before, after))


@pytest.mark.parametrize("of", ["build", "job"])
def test_an_unknown_state_is_told_once_and_may_lead_anywhere(of: Any) -> None:
    machine = StateMachine(of)
    assert machine.see("of tomorrow") == StateProblem("unknown", None, "of tomorrow")
    assert [machine.see(state) for state in ("running", "of tomorrow", "passed")] == [None, None, None]
    assert machine.see("another") == StateProblem("unknown", None, "another")


def test_a_state_leads_to_all_that_those_behind_it_lead_to() -> None:
    edges = {"a": "bc", "b": "d", "c": "d", "d": "", "e": "ae", "f": "g", "g": "f"}
    assert reachable({state: frozenset(after) for state, after in edges.items()}) == {
        "a": set("bcd"),
        "b": {"d"},
        "c": {"d"},
        "d": set(),
        "e": set("abcde"),
        "f": set("fg"),
        "g": set("fg"),
    }


def test_each_state_of_the_description_is_known_to_its_machine() -> None:
    builds = states.ACTIVE_BUILDS | states.BLOCKED_BUILDS | states.FINISHED_BUILDS
    assert [state for state in builds if StateMachine("build").see(state)] == []
    assert [state for state in states.JOB_STATES if StateMachine("job").see(state)] == []


@given(st.lists(st.sampled_from([*states.BUILD_FILTERS, "odd", ""]), max_size=12))
def test_each_problem_is_told_once_at_most(seen: list[str]) -> None:
    machine = StateMachine("build")
    told = [problem for state in seen if (problem := machine.see(state))]
    assert len(told) == len(set(told))
