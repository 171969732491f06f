"""Dependencies between the steps of a pipeline's text: keys that no step has, and steps that wait for each other.

https://buildkite.com/docs/pipelines/configure/depends-on
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from graphlib import CycleError, TopologicalSorter

from ...unknown_names import nearest
from .steps import Dependency, Group, Step
from .yaml_tree import PipelineProblem

__all__ = ["dependency_cycles", "unknown_keys"]


def unknown_keys(steps: Sequence[Step], groups: Sequence[Group]) -> Iterator[PipelineProblem]:
    """Yield a warning for each dependency on a key that no step and no group has."""
    known = {each.key for each in (*steps, *groups) if each.key}
    for each in (*steps, *groups):
        for entry in each.depends_on or ():
            if entry.key not in known:
                near = nearest(entry.key, known)
                hint = f". Did you mean {near!r}?" if near else ""
                message = f"no step has the key {entry.key!r} yet: the build fails, unless one is uploaded{hint}"
                yield PipelineProblem("warning", message, entry.mark)


def dependency_cycles(steps: Sequence[Step]) -> Iterator[PipelineProblem]:
    """Yield an error for each circle of steps that wait for each other by `depends_on`.

    Example:
        >>> from .compiler import compile_pipeline
        >>> from .parser import parse_pipeline
        >>> text = "[{command: a, key: a, depends_on: b}, {command: b, key: b, depends_on: a}]"
        >>> [problem.message for problem in dependency_cycles(compile_pipeline(parse_pipeline(text).tree).steps)]
        ['these steps wait for each other: a -> b -> a']
    """
    waits = _waits(steps)
    while True:
        try:
            TopologicalSorter(waits).prepare()
        except CycleError as error:
            circle: list[Step] = error.args[1][:0:-1]  # each waits for the next one, the last one for the first
            first = min(range(len(circle)), key=lambda index: steps.index(circle[index]))
            circle = circle[first:] + circle[:first]
            entry = waits[circle[0]][circle[1 % len(circle)]]
            names = " -> ".join(_name(step) for step in (*circle, circle[0]))
            message = f"these steps wait for each other: {names}"
            if len(circle) == 1:
                message = f"the step {_name(circle[0])} waits for itself"
            yield PipelineProblem("error", message, entry.mark)
            for step in circle:
                waits[step] = {}
        else:
            return


def _waits(steps: Sequence[Step]) -> dict[Step, dict[Step, Dependency]]:
    """Return the steps that each step waits for, with the entry of `depends_on` that says so."""
    named: dict[str, list[Step]] = {}
    for step in steps:
        for key in dict.fromkeys((step.key, step.group.key if step.group else None)):
            if key:
                named.setdefault(key, []).append(step)
    return {
        step: {
            other: entry
            for entry in (*(step.depends_on or ()), *((step.group.depends_on if step.group else None) or ()))
            for other in named.get(entry.key, ())
            if other is not step or entry.key == step.key
        }
        for step in steps
    }


def _name(step: Step) -> str:
    return step.key or step.label or f"line {step.line}"
