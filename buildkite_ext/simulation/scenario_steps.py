"""Steps of a scenario: each waits for those that let it end as it ended in the recorded build."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..states import FAILED_JOBS, FAILING_JOBS, UNREACHED_JOBS
from .definition.steps import BlockStep, CommandStep, Dependency, InputStep, RetryRule, Step, TriggerStep, WaitStep
from .scenario_jobs import RecordedBuild, ScenarioAttempt, ScenarioJob

__all__ = ["scenario_steps"]

_LEFT_OUT = frozenset({"broken", "skipped"})
"""Last states of jobs whose step a condition, a branch or `skip` left out."""

_UNREACHED = UNREACHED_JOBS - _LEFT_OUT
_HELD = frozenset({"waiting", "pending"})
_NOT_BEGUN = _UNREACHED | _HELD
_GATES = frozenset({"waiter", "manual"})
_NOWHERE = ""
"""Slug that no pipeline has, for a trigger that created no build."""

_FOR_NOTHING = (Dependency("a step that wasn't recorded"),)
"""Dependencies of a step that never ran although nothing had failed: in the recorded build no step had the key that it named."""


def scenario_steps(scenario: RecordedBuild, scale: float) -> list[Step]:
    """Return the steps of a scenario, one for each job.

    The REST API doesn't tell which step waits for which. A job that ran waits for the last wait or block step before it that let
    the build go on. One that never ran waits for a job that failed, and one that waits yet for a block step.

    Args:
        scenario: the recorded build.
        scale: the factor of all times.
    """
    return _Steps(scenario, scale).made()


class _Steps:
    """Steps of a scenario while they are made."""

    def __init__(self, scenario: RecordedBuild, scale: float) -> None:
        self._scenario = scenario
        self._scale = scale
        self._jobs = scenario.jobs
        self._last = [_last(job) for job in self._jobs]
        self._states = [each.state for each in self._last]
        for position, job in enumerate(self._jobs):
            if job.kind == "waiter" and not job.attempts:
                self._states[position] = self._state_of_wait(position)
        self._steps: dict[int, Step] = {}

    def made(self) -> list[Step]:
        """Return the steps. Those that were reached come into being first: the others wait for them, wherever they stand."""
        later = [at for at, state in enumerate(self._states) if state in _NOT_BEGUN]
        gate: int | None = None
        closed: int | None = None
        since: list[int] = []
        for at, state in enumerate(self._states):
            if state in _NOT_BEGUN:
                continue
            is_gate = self._jobs[at].kind in _GATES and state not in _LEFT_OUT
            before = gate if closed is None or state != "canceled" else closed
            self._steps[at] = self._step(at, tuple(self._behind(at, since) if is_gate else self._after(before)))
            since.append(at)
            if is_gate and state == "canceled":
                closed = at
            elif is_gate and state != "blocked":
                gate, closed, since = at, None, [at]
        causes = [at for at, each in enumerate(self._last) if each.state in FAILING_JOBS and not each.soft_failed]
        blocked = [at for at, state in enumerate(self._states) if state == "blocked"]
        for at in later:
            found = _nearest(at, blocked if self._states[at] in _HELD else causes)
            self._steps[at] = self._step(at, _FOR_NOTHING if found is None else tuple(self._after(found)))
        return [self._steps[at] for at in range(len(self._jobs))]

    def _behind(self, at: int, since: Sequence[int]) -> Iterator[Dependency]:
        """Yield what a wait or block step waits for. It went on after each failure that stands before it."""
        canceled = self._states[at] == "canceled"
        for each in since:
            state = self._states[each]
            if canceled or state not in {"canceled", "expired", "blocked"}:
                yield Dependency(self._jobs[each].name, not canceled and state in FAILED_JOBS, on=self._steps[each])

    def _after(self, at: int | None) -> Iterator[Dependency]:
        if at is not None:
            yield Dependency(self._jobs[at].name, on=self._steps[at])

    def _state_of_wait(self, position: int) -> str:
        """Return the last state of a wait step that isn't told, by those of the jobs around it."""
        before = self._last[:position]
        after = {each.state for each in self._last[position + 1 :]} - _LEFT_OUT
        if any(each.state == "blocked" for each in before) and after <= _NOT_BEGUN:
            return "waiting"
        if any(each.state in FAILING_JOBS and not each.soft_failed for each in before) and after <= _UNREACHED | {
            "blocked"
        }:
            return "waiting_failed"
        return "canceled" if after == {"canceled"} else "passed"

    def _step(self, at: int, depends_on: tuple[Dependency, ...]) -> Step:
        job, last = self._jobs[at], self._last[at]
        left_out = last.state in _LEFT_OUT
        soft = any(each.soft_failed for each in job.attempts)
        if job.kind == "waiter":
            return WaitStep(depends_on=depends_on)
        if job.kind == "manual":
            kind = InputStep if last.state == "blocked" and self._scenario.state == "failed" else BlockStep
            return kind(label=job.name or "Block", key=job.key, skip=left_out, depends_on=depends_on)
        target = job.pipeline
        if job.kind == "trigger" and target is None and last.state != "passed":
            target = _NOWHERE
            if last.state == "canceled":  # it was before it could create a build
                depends_on = (*depends_on, *_FOR_NOTHING)
        if job.kind == "trigger" and target not in (None, self._scenario.pipeline):
            return TriggerStep(
                pipeline=target or _NOWHERE,
                label=job.name or target or "",
                key=job.key,
                soft_fail=soft,
                skip=left_out,
                depends_on=depends_on,
            )
        automatic = sum(each.retried == "automatic" for each in job.attempts)
        timed = [each.seconds * self._scale for each in job.attempts if each.state == "timed_out"]
        return CommandStep(
            label=job.name,
            command=job.command or "",
            key=job.key,
            soft_fail=soft,
            retry=(RetryRule(limit=automatic),) if automatic else (),
            timeout=timed[0] if timed else None,
            skip=left_out,
            depends_on=depends_on,
        )


def _last(job: ScenarioJob) -> ScenarioAttempt:
    return job.attempts[-1] if job.attempts else ScenarioAttempt()


def _nearest(at: int, others: Sequence[int]) -> int | None:
    """Return the last one before a place, or the first one behind it."""
    before = [each for each in others if each < at]
    return before[-1] if before else next(iter(others), None)
