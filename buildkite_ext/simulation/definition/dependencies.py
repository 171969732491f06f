"""Dependencies between the steps of a pipeline's text: keys that no step has, and steps that wait for each other.

https://buildkite.com/docs/pipelines/configure/depends-on
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ...unknown_names import nearest
from .steps import Dependency, Group, Step
from .yaml_tree import PipelineProblem

__all__ = ["dependency_cycles", "unknown_keys"]


_MOST_GUESSES = 20
"""Unknown keys for which the key is looked for that was meant. Each is compared with all others."""


def unknown_keys(steps: Sequence[Step], groups: Sequence[Group]) -> Iterator[PipelineProblem]:
    """Yield a warning for each dependency on a key that no step and no group has. The first ones have a guess."""
    known = {each.key for each in (*steps, *groups) if each.key}
    guesses: dict[str, str | None] = {}
    for each in (*steps, *groups):
        for entry in each.depends_on or ():
            if entry.key not in known:
                if entry.key not in guesses and len(guesses) < _MOST_GUESSES:
                    guesses[entry.key] = nearest(entry.key, known)
                near = guesses.get(entry.key)
                hint = f". Did you mean {near!r}?" if near else ""
                message = f"no step has the key {entry.key!r} yet: the build fails, unless one is uploaded{hint}"
                yield PipelineProblem("warning", message, entry.mark)


def dependency_cycles(steps: Sequence[Step]) -> Iterator[PipelineProblem]:
    """Yield an error for each circle of steps that wait for each other by `depends_on`. No two of them share a step.

    Example:
        >>> from .compiler import compile_pipeline
        >>> from .parser import parse_pipeline
        >>> text = "[{command: a, key: a, depends_on: b}, {command: b, key: b, depends_on: a}]"
        >>> [problem.message for problem in dependency_cycles(compile_pipeline(parse_pipeline(text).tree).steps)]
        ['these steps wait for each other: a -> b -> a']
    """
    waits = _waits(steps)
    place = {step: index for index, step in enumerate(steps)}
    for circle in _circles(waits):
        first = min(range(len(circle)), key=lambda index: place[circle[index]])
        ordered = circle[first:] + circle[:first]
        entry = waits[ordered[0]][ordered[1 % len(ordered)]]
        names = " -> ".join(_name(step) for step in (*ordered, ordered[0]))
        message = f"these steps wait for each other: {names}"
        if len(ordered) == 1:
            message = f"the step {_name(ordered[0])} waits for itself"
        yield PipelineProblem("error", message, entry.mark)


def _circles(waits: Mapping[Step, Mapping[Step, Dependency]]) -> Iterator[list[Step]]:
    """Yield circles, in which each step waits for the next one, and the last one for the first.

    It goes along each dependency once. The steps of a circle that was found count as waiting for nothing.
    """
    done: set[Step] = set()
    for root in waits:
        path: dict[Step, Iterator[Step]] = {} if root in done else {root: iter(waits[root])}
        while path:
            step = next(reversed(path))
            other = next(path[step], None)
            if other is None:
                done.add(step)
                del path[step]
            elif other in path:
                circle = [other]
                while (last := path.popitem()[0]) is not other:
                    circle.insert(1, last)
                done.update(circle)
                yield circle
            elif other not in done:
                path[other] = iter(waits[other])


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
