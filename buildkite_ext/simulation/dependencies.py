"""Dependencies between the steps of a pipeline's text: keys that no step has, and steps that wait for each other.

https://buildkite.com/docs/pipelines/configure/depends-on
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain, pairwise

from ..unknown_names import nearest
from .definition.selection import may_be_left_out
from .definition.steps import BlockStep, Dependency, Group, Step, WaitStep
from .definition.yaml_tree import Mark, PipelineProblem
from .state.graph import gate_edges

__all__ = ["dependency_cycles", "unknown_keys"]


_MOST_GUESSES = 20
"""Unknown keys for which the key is looked for that was meant. Each is compared with all others."""


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

    A circle of which no step may be left out is an error; one that a build may leave open is a warning. Of each, those of
    `depends_on` alone come first. If there is none, those are looked for that go by way of a wait or block step. The cost grows
    with the steps and the entries of `depends_on`, not with the pairs of steps in groups that wait for each other.

    Example:
        >>> from .definition.compiler import compile_pipeline
        >>> from .definition.parser import parse_pipeline
        >>> text = "[{command: a, key: a, depends_on: b}, {command: b, key: b, depends_on: a}]"
        >>> steps = compile_pipeline(parse_pipeline(text).tree).steps
        >>> [problem.message for problem in dependency_cycles(steps)]
        ['these steps wait for each other: a -> b -> a']
    """
    named = _NamedSteps(steps)
    if not any(named.waits_for_later(number) for number in range(len(steps))):
        return  # in a circle, one waits for a step behind it
    optional = frozenset(filter(may_be_left_out, steps)) - named.skipped
    circles = named.circles(optional)
    if optional:
        circles += named.circles(known=circles)
    told: set[Mark] = set()
    for circle in circles:
        first = circle.index(min(circle))
        problem = _problem([*circle[first:], *circle[:first], circle[first]], steps, named)
        if problem.mark not in told:  # the steps of a group have its `depends_on` in common
            told.add(problem.mark)
            yield problem


class _Sources:
    """Numbers of the steps that other steps wait for. A group is one item, which all that wait for it share."""

    def __init__(self, items: Iterable[tuple[int, _Sources | None]]) -> None:
        """Take the number of each step, and that of the first step of each group with the steps of that."""
        self._items = sorted(items, key=lambda item: item[0])
        self._next = 0

    def first(self, done: Collection[int]) -> int | None:
        """Return the first step that isn't done; None if all are. A step that is done stays so: none is looked at twice."""
        while self._next < len(self._items):
            number, steps = self._items[self._next]
            if steps is not None:
                found = steps.first(done)
                if found is not None:
                    return found
            elif number not in done:
                return number
            self._next += 1
        return None


class _NamedSteps:
    """Steps by the keys that `depends_on` names: their own ones, and those of their groups.

    Attributes:
        skipped: the steps that no build runs.
    """

    def __init__(self, steps: Sequence[Step]) -> None:
        self._steps = steps
        self.skipped = frozenset(step for step in steps if _is_skipped(step))
        self._keys: dict[str, list[int]] = {}
        self._members: dict[str, list[int]] = {}
        self._entries: dict[Group, dict[str, tuple[int, Dependency]]] = {}
        """By group, the first entry of its `depends_on` with each key, and its index."""

        self._all_entries: dict[Group, frozenset[Dependency]] = {}
        for number, step in enumerate(steps):
            if step.key is not None:
                self._keys.setdefault(step.key, []).append(number)
            group = step.group
            if group is None:
                continue
            if group.key is not None:
                self._members.setdefault(group.key, []).append(number)
            if group not in self._entries:
                self._all_entries[group] = frozenset(group.depends_on or ())
                entries = self._entries[group] = {}
                for index, entry in enumerate(group.depends_on or ()):
                    entries.setdefault(entry.key, (index, entry))
        self._last = {
            key: max(numbers[-1] for numbers in (self._keys.get(key), self._members.get(key)) if numbers)
            for key in self._keys.keys() | self._members.keys()
        }
        self._last_of_groups = {
            group: max((self._last.get(key, -1) for key in entries), default=-1)
            for group, entries in self._entries.items()
        }

    def waits_for_later(self, number: int) -> bool:
        """Tell whether a step waits for itself, or for one behind it."""
        step = self._steps[number]
        if step in self.skipped:
            return False
        last = -1 if step.group is None else self._last_of_groups[step.group]
        return last >= number or any(self._last.get(entry.key, -1) >= number for entry in step.depends_on or ())

    def entry(self, number: int, other: int) -> Dependency | None:
        """Return the entry of `depends_on`, of a step or its group, that names another step or its group."""
        step, named = self._steps[number], self._steps[other]
        keys = (named.key, named.group.key if named.group else None)
        for entry in step.depends_on or ():
            if entry.key in keys:
                return entry
        entries = {} if step.group is None else self._entries[step.group]
        return min((entries[key] for key in keys if key in entries), default=(0, None), key=lambda each: each[0])[1]

    def of_group(self, group: Group, entry: Dependency) -> bool:
        """Tell whether the `depends_on` of a group has an entry, wherever that stands."""
        return entry in self._all_entries[group]

    def circles(self, left_out: frozenset[Step] = frozenset(), known: Sequence[Sequence[int]] = ()) -> list[list[int]]:
        """Return circles, those of `depends_on` alone before others.

        Args:
            left_out: steps of which none is in a circle.
            known: circles that were found before. None that is returned shares a step with them.
        """
        found = list(_circles(self._sources(left_out, {}), set(chain.from_iterable(known))))
        if found or known:
            return found
        # One that doesn't wait for those before it lets the steps behind it go on, if a build has it.
        freeing = {step for step in left_out if isinstance(step, WaitStep | BlockStep) and step.depends_on is not None}
        gates: dict[int, list[int]] = {}
        for source, to in gate_edges(self._steps, self.skipped | (left_out - freeing)):
            gates.setdefault(to, []).append(source)
        return list(_circles(self._sources(left_out, gates), set()))

    def _sources(self, left_out: frozenset[Step], gates: Mapping[int, Sequence[int]]) -> list[tuple[_Sources, ...]]:
        """Return the steps for which each step waits.

        Args:
            left_out: steps that wait for nothing, beside those that no build runs.
            gates: those for which it waits for another reason than `depends_on`.
        """
        members = {key: _Sources((number, None) for number in numbers) for key, numbers in self._members.items()}

        def items(keys: Iterable[str]) -> Iterator[tuple[int, _Sources | None]]:
            for key in keys:
                for number in self._keys.get(key, ()):
                    yield number, None
                if key in members:
                    yield self._members[key][0], members[key]

        groups = {group: _Sources(items(entries)) for group, entries in self._entries.items()}
        found: list[tuple[_Sources, ...]] = []
        for number, step in enumerate(self._steps):
            if step in self.skipped or step in left_out:
                found.append(())
                continue
            own = [*items(entry.key for entry in step.depends_on or ())]
            own += [(gate, None) for gate in gates.get(number, ())]
            found.append((_Sources(own), *(() if step.group is None else (groups[step.group],))))
        return found


def _problem(circle: Sequence[int], steps: Sequence[Step], named: _NamedSteps) -> PipelineProblem:
    """Return the problem of a circle, whose first step stands at its end again."""
    entries = [named.entry(number, other) for number, other in pairwise(circle)]
    entry = entries[0]
    assert entry is not None  # only `depends_on` lets a step wait for itself, or for one behind it
    found = [steps[number] for number in circle]
    if len(circle) == 2:
        message = _own(found[0], entry, named)
    elif all(entries):
        message = f"these steps wait for each other: {' -> '.join(map(_name, found))}"
    else:
        message = f"the step waits for {entry.key!r}, which a wait or block step behind this one holds back"
    if any(map(may_be_left_out, found)):
        return PipelineProblem("warning", f"{message}, unless one of them is left out", entry.mark)
    return PipelineProblem("error", message, entry.mark)


def _own(step: Step, entry: Dependency, named: _NamedSteps) -> str:
    """Return the message about a step that waits for itself."""
    group = step.group
    if group is not None and named.of_group(group, entry):
        return f"the group waits for {'itself' if entry.key == group.key else f'its own step {entry.key!r}'}"
    if group is not None and entry.key == group.key:
        return f"the step waits for {entry.key!r}, the group in which it stands"
    return f"the step {_name(step)} waits for itself"


def _circles(sources: Sequence[Iterable[_Sources]], done: set[int]) -> Iterator[list[int]]:
    """Yield circles, in which each step waits for the next one, and the last one for the first.

    It goes from each step to each one once. The steps of a circle that was found count as waiting for nothing.

    Args:
        sources: the steps for which each step waits.
        done: the steps that are in no circle. Those that were looked at are added.
    """
    for root in range(len(sources)):
        path: dict[int, None] = {} if root in done else {root: None}
        while path:
            step = next(reversed(path))
            found = [other for each in sources[step] if (other := each.first(done)) is not None]
            other = min(found, default=None)
            if other is None:
                done.add(step)
                del path[step]
            elif other in path:
                circle = [path.popitem()[0]]
                while circle[-1] != other:
                    circle.append(path.popitem()[0])
                done.update(circle)
                yield circle[::-1]
            else:
                path[other] = None


def _is_skipped(step: Step) -> bool:
    """Tell whether `skip` leaves a step out of each build."""
    return any(each is not None and each.skip is True for each in (step, step.group))


def _name(step: Step) -> str:
    return step.key or step.label or f"line {step.line}"
