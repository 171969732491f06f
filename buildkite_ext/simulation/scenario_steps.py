"""Steps of a scenario: each waits for those that let it end as it ended in the recorded build."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ..states import FAILED_JOBS, FAILING_JOBS
from .definition.steps import BlockStep, CommandStep, Dependency, InputStep, RetryRule, Step, TriggerStep, WaitStep
from .scenario_jobs import HELD, LEFT_OUT, NOT_BEGUN, UNREACHED, RecordedBuild, ScenarioAttempt, last_of, ran

__all__ = ["ends_itself", "scenario_steps", "seconds_before_signal"]

_GATES = frozenset({"waiter", "manual"})
_NOWHERE = ""
"""Slug that no pipeline has, for a trigger that created no build."""

_STOPPED = frozenset({"canceled", "timed_out"})
"""Last states of commands that were to stop."""

_BY_AGENT = -1
"""Exit status of a command that was to stop and that its agent ended."""

_FOR_NOTHING = (Dependency("a step that wasn't recorded"),)
"""Dependencies of a step that never ran although nothing had failed: in the recorded build no step had the key that it named."""


def scenario_steps(scenario: RecordedBuild, scale: float, grace: float) -> list[Step]:
    """Return the steps of a scenario, one for each job.

    The REST API doesn't tell which step waits for which. A job that ran waits for the last wait or block step before it that let
    the build go on. One that never ran waits for a job that failed, or that was canceled with the build. One that waits yet waits
    for a block step.

    Args:
        scenario: the recorded build.
        scale: the factor of all times.
        grace: the seconds for which a command runs on that is timed out.
    """
    return _Steps(scenario, scale, grace).made()


class _Steps:
    """Steps of a scenario while they are made."""

    def __init__(self, scenario: RecordedBuild, scale: float, grace: float) -> None:
        self._scenario = scenario
        self._scale = scale
        self._grace = grace
        self._jobs = scenario.jobs
        self._last = [last_of(job) for job in self._jobs]
        self._states = [each.state for each in self._last]
        for position, job in enumerate(self._jobs):
            if job.kind == "waiter" and not job.attempts:
                self._states[position] = self._state_of_wait(position)
        if scenario.state == "canceled":  # the cancellation ends what waits
            self._states = ["canceled" if each in HELD else each for each in self._states]
        self._steps: dict[int, Step] = {}

    def made(self) -> list[Step]:
        """Return the steps. Those that were reached come into being first: the others wait for them, wherever they stand."""
        later = [at for at, state in enumerate(self._states) if state in NOT_BEGUN]
        gate: int | None = None
        closed: int | None = None
        stopped: int | None = None
        since: list[int] = []
        for at, state in enumerate(self._states):
            if state in NOT_BEGUN:
                continue
            is_gate = self._jobs[at].kind in _GATES and state not in LEFT_OUT
            script = self._jobs[at].kind == "script"
            before = gate
            if state == "canceled" and not (script and ran(self._last[at])):
                before = next((each for each in (closed, stopped if script else None) if each is not None), gate)
            self._steps[at] = self._step(at, tuple(self._behind(at, since) if is_gate else self._after(before)))
            since.append(at)
            if self._scenario.state == state == "canceled" and script and ran(self._last[at]):
                stopped = at
            if is_gate and state == "canceled":
                closed = at
            elif is_gate and state != "blocked":
                gate, closed, since = at, None, [at]
        causes = [
            at
            for at, (job, each) in enumerate(zip(self._jobs, self._last, strict=True))
            if job.kind != "waiter" and each.state in FAILING_JOBS and not each.soft_failed
        ]
        blocked = [at for at, state in enumerate(self._states) if state == "blocked"]
        for at in later:
            found = _nearest(at, blocked if self._states[at] in HELD else causes)
            self._steps[at] = self._step(at, _FOR_NOTHING if found is None else tuple(self._after(found)))
        return [self._steps[at] for at in range(len(self._jobs))]

    def _behind(self, at: int, since: Sequence[int]) -> Iterator[Dependency]:
        """Yield what a wait or block step waits for. It went on after each failure that stands before it."""
        canceled, manual = self._states[at] == "canceled", self._jobs[at].kind == "manual"
        behind_all = canceled and not (manual and self._scenario.state != "canceled")
        for each in since:
            state = self._states[each]
            if (behind_all and not (manual and state == "expired")) or state not in {"canceled", "expired", "blocked"}:
                allowed = state in FAILED_JOBS and (manual or not canceled)
                yield Dependency(self._jobs[each].name, allowed, on=self._steps[each])

    def _after(self, at: int | None) -> Iterator[Dependency]:
        if at is not None:
            yield Dependency(self._jobs[at].name, on=self._steps[at])

    def _state_of_wait(self, position: int) -> str:
        """Return the last state of a wait step that isn't told, by those of the jobs around it."""
        before = self._last[:position]
        after = {each.state for each in self._last[position + 1 :]} - LEFT_OUT
        if any(each.state == "blocked" for each in before) and after <= NOT_BEGUN:
            return "waiting"
        if any(each.state in FAILING_JOBS and not each.soft_failed for each in before) and after <= UNREACHED | {
            "blocked"
        }:
            return "waiting_failed"
        return "canceled" if after == {"canceled"} else "passed"

    def _step(self, at: int, depends_on: tuple[Dependency, ...]) -> Step:
        job, last = self._jobs[at], self._last[at]
        left_out = last.state in LEFT_OUT and not (last.state == self._scenario.state == "skipped")
        soft = any(each.soft_failed for each in job.attempts)
        if job.kind == "waiter":
            return WaitStep(skip=left_out, depends_on=depends_on)
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
        timed = [each for each in job.attempts if each.state == "timed_out"]
        timeout: float | None = None
        if timed:  # no attempt that ran longer may be timed out as well
            longest = max((each.seconds for each in job.attempts if each.state in ("passed", "failed")), default=0.0)
            timeout = max(seconds_before_signal(timed[0], self._scale, self._grace), longest * self._scale)
        made = CommandStep(
            label=job.name,
            command=job.command or "",
            key=job.key,
            soft_fail=soft,
            retry=(RetryRule(limit=automatic),) if automatic else (),
            timeout=timeout,
            parallelism=job.parallel_group_total,
            skip=left_out,
            depends_on=depends_on,
        )
        # One job of several that are parallel: as of a matrix, the job has a step of its own.
        return made if made.parallelism is None else replace(made, parallelism=None, combinations=(made,))


def seconds_before_signal(attempt: ScenarioAttempt, scale: float, grace: float) -> float:
    """Return the seconds that a command ran until it was to stop, which its agent lets it do for some time.

    Args:
        attempt: the attempt.
        scale: the factor of all times.
        grace: the seconds after which the agent ends a command that hasn't ended.
    """
    return max(0.0, attempt.seconds * scale - (0.0 if ends_itself(attempt) else grace))


def ends_itself(attempt: ScenarioAttempt) -> bool:
    """Tell whether a command ended with an exit status of its own when it was to stop."""
    return attempt.state in _STOPPED and attempt.exit_status not in (None, _BY_AGENT)


def _nearest(at: int, others: Sequence[int]) -> int | None:
    """Return the last one before a place, or the first one behind it."""
    before = [each for each in others if each < at]
    return before[-1] if before else next(iter(others), None)
