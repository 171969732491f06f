"""Plan of a build: which of a pipeline's jobs run, in which order, and why the others don't."""

from __future__ import annotations

from dataclasses import dataclass

from ..unknown_names import nearest
from .definition.yaml_tree import PipelineProblem
from .plan_drawing import draw_text
from .plan_picture import draw_svg
from .planned_steps import PlannedJob, PlannedStep, waves_of

__all__ = ["Plan"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Plan of a build.

    Attributes:
        branch: the branch of the build.
        state: the last state of the build, such as `passed`, `failed`, `blocked` or `not_run`.
        steps: its steps, in the order of the text.
        warnings: what was found in the text without being an error.
        documents: how many documents the text has. One of them is planned.
    """

    branch: str
    state: str
    steps: tuple[PlannedStep, ...]
    warnings: tuple[PipelineProblem, ...] = ()
    documents: int = 1

    @property
    def waves(self) -> tuple[tuple[PlannedJob, ...], ...]:
        """The jobs that start, in the order in which they do. Those of one wave start at once."""
        return waves_of(self.steps)

    def step(self, name: str) -> PlannedStep:
        """Return the step with a key or a name.

        Raises:
            KeyError: no step has this name. The message gives the nearest one, or all.
        """
        for step in self.steps:
            if name in (step.key, step.name):
                return step
        names = list(dict.fromkeys(each for step in self.steps for each in (step.key, step.name) if each))
        near = nearest(name, names)
        hint = f"did you mean {near!r}?" if near else f"there are {', '.join(map(repr, names)) or 'none'}"
        raise KeyError(f"no step has the key or the name {name!r}; {hint}")

    def to_dict(self) -> dict[str, object]:
        """Return it as values of JSON. Indexes count the steps from 0."""
        return {
            "branch": self.branch,
            "state": self.state,
            "waves": [[job.name for job in wave] for wave in self.waves],
            "steps": [step.to_dict() for step in self.steps],
            "warnings": [
                {"line": each.mark.line, "column": each.mark.column, "message": each.message} for each in self.warnings
            ],
            "documents": self.documents,
        }

    def text(self, width: int = 100) -> str:
        """Return a picture of it for a terminal: the waves, what is left out, and what doesn't run.

        Args:
            width: the cells of a line.
        """
        return draw_text(self.branch, self.state, self.steps, self.documents, width)

    def svg(self) -> str:
        """Return a picture of its graph as SVG: one file that needs no other."""
        return draw_svg(f"Build of {self.branch}: {self.state}", self.steps)

    def __str__(self) -> str:
        return self.text()
