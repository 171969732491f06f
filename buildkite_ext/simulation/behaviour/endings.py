"""Endings: what happens in the jobs of a build whose outcome a test has chosen."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import get_args

from ...states import Outcome
from ..definition.steps import CommandStep
from .commands import CommandBehaviour

__all__ = ["ENDINGS", "ended_as", "passing"]

ENDINGS: tuple[Outcome, ...] = get_args(Outcome)
"""Outcomes that a test can choose: all."""

_FAILING = 120.0
"""Seconds that a job of a failing build runs at least, so that a program which polls sees it fail."""

_PROMISED = 0.1
"""Fraction of the duration of such a job after which it promises to fail."""

_RUNNING = 1.0
"""Seconds that a job of a canceled build runs at least, so that it can be canceled."""


def ended_as(
    outcome: Outcome, step: CommandStep, behaviour: CommandBehaviour, timeout: float | None
) -> CommandBehaviour:
    """Return the behaviour of a step's jobs that lets their build end with an outcome.

    Args:
        outcome: the outcome.
        step: the step.
        behaviour: its behaviour without the outcome.
        timeout: the seconds that its jobs may run.

    Example:
        >>> ended_as("failed", CommandStep(label="test"), CommandBehaviour(), None).exit_statuses
        (1,)
        >>> ended_as("failed", CommandStep(label="lint", soft_fail=True), CommandBehaviour(), None).exit_statuses
        (0,)
    """
    sound = passing(step, behaviour, timeout)
    if outcome == "canceled":
        return replace(sound, duration=max(sound.duration, _RUNNING))
    if outcome not in ("failed", "failing") or step.allows_failure(1):
        return sound
    if outcome == "failed":
        return replace(sound, exit_statuses=(1,))
    duration = max(sound.duration, _FAILING)
    promised = _PROMISED * min(duration, math.inf if timeout is None else timeout)
    return replace(sound, exit_statuses=(1,), duration=duration, promise=(promised, 1))


def passing(step: CommandStep, behaviour: CommandBehaviour, timeout: float | None) -> CommandBehaviour:
    """Return the behaviour of a step's jobs, changed so that they fail only where their failure is allowed.

    Args:
        step: the step.
        behaviour: its behaviour.
        timeout: the seconds that its jobs may run.
    """
    found = replace(behaviour, promise=None, interrupted=None)
    if any(status and not step.allows_failure(status) for status in found.exit_statuses):
        found = replace(found, exit_statuses=(0,))
    if timeout is not None and timeout < found.duration:
        found = replace(found, duration=timeout)
    return found
