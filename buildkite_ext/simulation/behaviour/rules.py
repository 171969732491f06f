"""Rules of behaviour: which steps behave how."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ...globs import matches_wildcard
from ..definition.steps import CommandStep, Step, TriggerStep
from .commands import CommandBehaviour, Upload

__all__ = ["BehaviourRule", "StepMatcher", "behaviour_of", "names_step"]

StepMatcher = str | Callable[[CommandStep], bool]
"""Which steps are meant: the key or the label of a step, a pattern of it with `*`, or a function of the step. A command step
without a label is named by its command."""


@dataclass(frozen=True, slots=True)
class BehaviourRule:
    """Rule of behaviour.

    Attributes:
        steps: the steps for which it holds.
        change: returns the behaviour of a step, given the one that earlier rules make.
        upload: the upload that it adds; None for none.
    """

    steps: StepMatcher
    change: Callable[[CommandBehaviour], CommandBehaviour]
    upload: Upload | None = None

    def matches(self, step: CommandStep | TriggerStep) -> bool:
        """Tell whether it holds for a step. A function is asked about command steps only."""
        if isinstance(self.steps, str):
            return names_step(self.steps, step)
        return isinstance(step, CommandStep) and self.steps(step)


def names_step(name: str, step: Step) -> bool:
    """Tell whether a name, or a pattern with `*`, is that of a step: its key, its label, or else its command.

    Example:
        >>> names_step("unit-*", CommandStep(label="Unit", key="unit-1")), names_step("*", CommandStep(command="make"))
        (True, True)
    """
    label = step.label or (step.command if isinstance(step, CommandStep) else "")
    return any(
        each == name or ("*" in name and matches_wildcard(each, name)) for each in (step.key, label) if each is not None
    )


def behaviour_of(
    step: CommandStep | TriggerStep, rules: Sequence[BehaviourRule], default: CommandBehaviour
) -> CommandBehaviour:
    """Return the behaviour of a step: the default one, changed by each rule that holds, in order."""
    found = default
    for rule in rules:
        if rule.matches(step):
            found = rule.change(found)
    return found
