"""Rules of behaviour: which steps behave how."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ...globs import matches_wildcard
from ..definition.steps import CommandStep
from .commands import CommandBehaviour

__all__ = ["BehaviourRule", "StepMatcher", "behaviour_of"]

StepMatcher = str | Callable[[CommandStep], bool]
"""Which steps are meant: the key or the label of a step, a pattern of it with `*`, or a function of the step."""


@dataclass(frozen=True, slots=True)
class BehaviourRule:
    """Rule of behaviour.

    Attributes:
        steps: the steps for which it holds.
        change: returns the behaviour of a step, given the one that earlier rules make.
    """

    steps: StepMatcher
    change: Callable[[CommandBehaviour], CommandBehaviour]

    def matches(self, step: CommandStep) -> bool:
        """Tell whether it holds for a step."""
        if not isinstance(self.steps, str):
            return self.steps(step)
        names = [name for name in (step.key, step.label) if name]
        return any(name == self.steps or ("*" in self.steps and matches_wildcard(name, self.steps)) for name in names)


def behaviour_of(step: CommandStep, rules: Sequence[BehaviourRule], default: CommandBehaviour) -> CommandBehaviour:
    """Return the behaviour of a step: the default one, changed by each rule that holds, in order."""
    found = default
    for rule in rules:
        if rule.matches(step):
            found = rule.change(found)
    return found
