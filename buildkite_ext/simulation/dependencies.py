"""Dependencies between the steps of a pipeline's text: keys that no step has, and steps that wait for each other.

https://buildkite.com/docs/pipelines/configure/depends-on
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from ..unknown_names import nearest
from .definition.steps import Dependency, Group, Step
from .definition.yaml_tree import Mark, PipelineProblem
from .state.graph import EdgeKind, Graph, Node

__all__ = ["dependency_cycles", "unknown_keys"]


_MOST_GUESSES = 20
"""Unknown keys for which the key is looked for that was meant. Each is compared with all others."""

_Waits = Mapping[Node, Mapping[Node, EdgeKind]]
"""Steps that each step waits for, with the reason."""


def unknown_keys(steps: Sequence[Step], groups: Sequence[Group], *, expanded: bool = True) -> Iterator[PipelineProblem]:
    """Yield a warning for each dependency on a key that no step and no group has. The first ones have a guess.

    Args:
        steps: the steps.
        groups: the groups.
        expanded: False if keys may hold variables. Such a key counts as each one that begins as it does.
    """
    known = {each.key for each in (*steps, *groups) if each.key}
    beginnings = () if expanded else tuple(key.partition("$")[0] for key in known if "$" in key)
    guesses: dict[str, str | None] = {}
    for each in (*steps, *groups):
        for entry in each.depends_on or ():
            if entry.key in known or entry.key.startswith(beginnings) or ("$" in entry.key and not expanded):
                continue
            if entry.key not in guesses and len(guesses) < _MOST_GUESSES:
                guesses[entry.key] = nearest(entry.key, known)
            near = guesses.get(entry.key)
            hint = f". Did you mean {near!r}?" if near else ""
            message = f"no step has the key {entry.key!r} yet: the build fails, unless one is uploaded{hint}"
            yield PipelineProblem("warning", message, entry.mark)


def dependency_cycles(steps: Sequence[Step]) -> Iterator[PipelineProblem]:
    """Yield a problem for each circle of steps that wait for each other, in the graph that a build has. No two share a step.

    Circles of `depends_on` alone come first. If there is none, those are looked for that go by way of a wait or block step. A
    circle is a warning if one of its steps may be left out: the others run then.

    Example:
        >>> from .definition.compiler import compile_pipeline
        >>> from .definition.parser import parse_pipeline
        >>> text = "[{command: a, key: a, depends_on: b}, {command: b, key: b, depends_on: a}]"
        >>> steps = compile_pipeline(parse_pipeline(text).tree).steps
        >>> [problem.message for problem in dependency_cycles(steps)]
        ['these steps wait for each other: a -> b -> a']
    """
    graph = Graph()
    nodes = graph.add(steps, excluded=[step for step in steps if _is_skipped(step)])
    if all(source.number < to.number for source, _, to in graph.edges()):
        return  # in a circle, one waits for a step behind it
    waits: dict[Node, dict[Node, EdgeKind]] = {node: {} for node in nodes}
    for source, edge, to in graph.edges():
        waits[to].setdefault(source, edge.kind)
    named: _Waits = {
        to: {source: kind for source, kind in each.items() if kind == "dependency"} for to, each in waits.items()
    }
    told: set[Mark] = set()
    for circle in list(_circles(named)) or list(_circles(waits)):
        first = circle.index(min(circle, key=lambda node: node.number))
        problem = _problem([*circle[first:], *circle[:first], circle[first]], waits)
        if problem.mark not in told:  # the steps of a group have its `depends_on` in common
            told.add(problem.mark)
            yield problem


def _problem(circle: Sequence[Node], waits: _Waits) -> PipelineProblem:
    """Return the problem of a circle, whose first step stands at its end again."""
    steps = [node.step for node in circle]
    entry = _entry(steps[0], steps[1])
    if len(circle) == 2:
        message = _own(steps[0], entry)
    elif all(waits[node][other] == "dependency" for node, other in pairwise(circle)):
        message = f"these steps wait for each other: {' -> '.join(map(_name, steps))}"
    else:
        # Only `depends_on` lets a step wait for one behind it.
        entry = next(_entry(node.step, other.step) for node, other in pairwise(circle) if other.number > node.number)
        message = f"the step waits for {entry.key!r}, which a wait or block step behind this one holds back"
    if any(map(_may_be_left_out, steps)):
        return PipelineProblem("warning", f"{message}, unless one of them is left out", entry.mark)
    return PipelineProblem("error", message, entry.mark)


def _own(step: Step, entry: Dependency) -> str:
    """Return the message about a step that waits for itself."""
    group = step.group
    if group is not None and entry in (group.depends_on or ()):
        return f"the group waits for {'itself' if entry.key == group.key else f'its own step {entry.key!r}'}"
    if group is not None and entry.key == group.key:
        return f"the step waits for {entry.key!r}, the group in which it stands"
    return f"the step {_name(step)} waits for itself"


def _circles(waits: _Waits) -> Iterator[list[Node]]:
    """Yield circles, in which each step waits for the next one, and the last one for the first.

    It goes along each dependency once. The steps of a circle that was found count as waiting for nothing.
    """
    done: set[Node] = set()
    for root in waits:
        path: dict[Node, Iterator[Node]] = {} if root in done else {root: iter(waits[root])}
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


def _entry(step: Step, other: Step) -> Dependency:
    """Return the entry of `depends_on`, of a step or its group, that names another step or its group."""
    own, groups = step.depends_on or (), (step.group.depends_on if step.group else None) or ()
    keys = (other.key, other.group.key if other.group else None)
    return next(entry for entry in (*own, *groups) if entry.key in keys)


def _is_skipped(step: Step) -> bool:
    """Tell whether `skip` leaves a step out of each build."""
    return any(each is not None and each.skip is True for each in (step, step.group))


def _may_be_left_out(step: Step) -> bool:
    """Tell whether a build may leave a step out."""
    by = [(each.condition, each.if_changed, each.skip) for each in (step, step.group) if each is not None]
    return step.branches is not None or any(map(any, by))


def _name(step: Step) -> str:
    return step.key or step.label or f"line {step.line}"
