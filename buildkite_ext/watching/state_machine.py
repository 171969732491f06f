"""State machine of builds and jobs: which changes between two polls Buildkite documents.

https://buildkite.com/docs/pipelines/configure/defining-steps
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ..states import ACTIVE_JOBS, BUILD_TRANSITIONS, FINISHED_JOBS, HELD_JOBS, JOB_STATES, RUNNING_JOBS

__all__ = ["StateMachine", "StateProblem", "reachable"]

_UNDRAWN_BUILDS = frozenset({"waiting", "waiting_failed"})
"""States of a build that Buildkite lists, but that its diagram doesn't show. Any change from and to them is accepted. A job has
states of these names too, which are known."""

_REVIVED_JOBS = frozenset({"broken", "waiting_failed", "blocked_failed", "unblocked_failed"})
"""States in which a job ended because of another job. A retry of that one revives it."""

_NOT_BEGUN = (ACTIVE_JOBS - RUNNING_JOBS) | HELD_JOBS | _REVIVED_JOBS


def reachable(edges: Mapping[str, frozenset[str]]) -> Mapping[str, frozenset[str]]:
    """Return the states that each state leads to in any number of steps.

    Args:
        edges: the states that each state leads to in one step.
    """
    found: dict[str, frozenset[str]] = {}
    for state in edges:
        reached: set[str] = set()
        waiting = list(edges[state])
        while waiting:
            after = waiting.pop()
            if after not in reached:
                reached.add(after)
                waiting += edges[after]
        found[state] = frozenset(reached)
    return found


_BUILDS = reachable(BUILD_TRANSITIONS)
_JOBS: Mapping[str, frozenset[str]] = {
    state: JOB_STATES
    if state in _NOT_BEGUN
    else FINISHED_JOBS | RUNNING_JOBS
    if state in RUNNING_JOBS
    else frozenset[str]()
    for state in JOB_STATES
}
"""A job doesn't return to an earlier stage: it hasn't begun, it runs, it has ended. Its retry is another job."""


@dataclass(frozen=True, slots=True)
class StateProblem:
    """Difference between what was seen and what Buildkite documents.

    Attributes:
        kind: `unknown`: this version doesn't know the state `after`. `impossible`: `before` never leads to `after`.
        before: the state that was seen before; None for the first one.
        after: the state that was seen then.
    """

    kind: Literal["unknown", "impossible"]
    before: str | None
    after: str


class StateMachine:
    """States of one build or one job, as polls see them. It refuses nothing: it says what isn't documented, once each.

    Between two polls a build may go through several states, so each state that the diagram leads to is accepted. A blocked build
    is `blocked` here: see `states.build_state`.

    Args:
        of: whose states they are.

    Example:
        >>> machine = StateMachine("build")
        >>> [machine.see(state) for state in ("scheduled", "failed", "running", "passed")]  # a job was retried
        [None, None, None, None]
        >>> machine.see("scheduled").kind, machine.see("a state of tomorrow").kind
        ('impossible', 'unknown')
    """

    def __init__(self, of: Literal["build", "job"]) -> None:
        self._changes = _BUILDS if of == "build" else _JOBS
        self._told: set[StateProblem] = set()
        self.state: str | None = None

    def see(self, state: str) -> StateProblem | None:
        """Take in the state that a poll has shown, and return what isn't documented about it.

        Returns:
            The problem; None if there is none, or if it was returned before.
        """
        before, self.state = self.state, state
        problem = self._problem(before, state)
        if problem is None or problem in self._told:
            return None
        self._told.add(problem)
        return problem

    def _problem(self, before: str | None, after: str) -> StateProblem | None:
        if after not in self._changes:
            # What came before doesn't matter: each unknown state is told once.
            return None if after in _UNDRAWN_BUILDS else StateProblem("unknown", None, after)
        if before is None or before == after or before not in self._changes or after in self._changes[before]:
            return None
        return StateProblem("impossible", before, after)
