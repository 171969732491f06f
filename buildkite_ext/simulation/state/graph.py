"""Graph of the steps of a build: what each step waits for, and what follows from the end of a step.

It knows steps and their results, neither jobs nor times. Each method returns what becomes of other steps.
https://buildkite.com/docs/pipelines/configure/depends-on
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from ..definition.steps import BlockStep, Dependency, Group, InputStep, Step, WaitStep

__all__ = ["Edge", "EdgeKind", "Effect", "Graph", "Node", "Result"]

Result = Literal["passed", "failed", "canceled", "unmet"]
"""Result of a step. `passed`: also softly failed, or left out. `canceled`: also expired. `unmet`: it can't run."""

EdgeKind = Literal["dependency", "before", "gate", "upload"]
"""Reason of an edge. `dependency`: `depends_on`. `before`: a wait or block step and each step before it. `gate`: a step and the
last wait or block step before it. `upload`: an uploaded step and the step that uploaded it."""


@dataclass(slots=True)
class Edge:
    """Step that waits for another one.

    Attributes:
        to: the step that waits.
        kind: why it waits.
        allow: True if it may continue after a failure.
        unmet: True if the other one has ended in a way that keeps this one from running.
    """

    to: Node
    kind: EdgeKind
    allow: bool
    unmet: bool = False


@dataclass(slots=True, eq=False)
class Node:
    """Step in the graph.

    Attributes:
        step: the step.
        result: how it ended; None while it hasn't.
        begun: True if its jobs may run, or were run.
        gate: the last wait or block step before it, where it waits for that.
        sources: the steps that it waits for.
        uploader: the step that uploaded it.
    """

    step: Step
    result: Result | None = None
    begun: bool = False
    gate: Node | None = None
    uploader: Node | None = None
    missing: frozenset[str] = frozenset()
    sources: list[Node] = field(default_factory=list["Node"])
    _unfinished: int = 0
    _unmet: int = 0
    """How many of the steps that it waits for haven't ended, and how many have in a way that keeps it from running."""

    _edges: list[Edge] = field(default_factory=list[Edge])
    _ignored: bool = False

    @property
    def is_gate(self) -> bool:
        """True if the steps behind it wait for it."""
        return (
            isinstance(self.step, WaitStep | BlockStep) and not isinstance(self.step, InputStep) and not self._ignored
        )

    @property
    def ready(self) -> bool:
        """True if nothing is left that it waits for."""
        return not self._unfinished and not self._unmet and not self.missing

    @property
    def behind_block(self) -> bool:
        """True if a user has to unblock the build, or to fill in a form, before it can run."""
        return any(isinstance(node.step, BlockStep) for node in self._unfinished_before())

    def waits_for(self, other: Node) -> bool:
        """Tell whether it can't run before another step has ended."""
        return any(node is other for node in self._unfinished_before())

    def _unfinished_before(self) -> Iterator[Node]:
        """Yield the steps that have to end before it can run."""
        seen = {self}
        pending = [self]
        while pending:
            for source in pending.pop().sources:
                if source.result is None and source not in seen:
                    seen.add(source)
                    pending.append(source)
                    yield source


@dataclass(frozen=True, slots=True)
class Effect:
    """What becomes of a step.

    Attributes:
        to: `ready`: it may run. `unmet`: it can't run. `waiting`: it couldn't run, and waits again.
    """

    node: Node
    to: Literal["ready", "unmet", "waiting"]


class Graph:
    """Graph of one build.

    Example:
        >>> from ..definition.steps import CommandStep
        >>> graph = Graph()
        >>> build, wait, test = CommandStep(label="build"), WaitStep(), CommandStep(label="test")
        >>> nodes = graph.add([build, wait, test])
        >>> [effect.node.step.label for effect in graph.begin()]
        ['build']
        >>> [effect.to for effect in graph.finish(nodes[0], "passed")]
        ['ready']
        >>> [effect.node.step.label for effect in graph.finish(nodes[1], "passed")]
        ['test']
    """

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        """All steps in their order."""

        self._keys: dict[str, list[Node]] = {}
        self._groups: dict[str, list[Node]] = {}
        self._empty_groups: set[str] = set()
        self._wanted: dict[str, list[tuple[Node, bool]]] = {}
        """Steps that wait for a key which no step has yet, and whether they may go on after a failure."""

    # Building ------------------------------------------------------------------------------------------------------

    def add(
        self,
        steps: Iterable[Step],
        *,
        excluded: Iterable[Step] = (),
        groups: Iterable[Group] = (),
        uploader: Node | None = None,
    ) -> list[Node]:
        """Add the steps of a pipeline at the end, or of an upload directly behind the step that uploaded them.

        Args:
            steps: the steps.
            excluded: those of them that are left out.
            groups: the groups, also those without steps.
            uploader: the step that uploaded them.

        Returns:
            The new nodes. Call `begin` when their jobs are there.
        """
        out = set(map(id, excluded))
        added = [
            Node(step, "passed" if id(step) in out else None, begun=id(step) in out, uploader=uploader)
            for step in steps
        ]
        at = len(self.nodes) if uploader is None else self.nodes.index(uploader) + 1
        after = self.nodes[at:]
        self.nodes[at:at] = added
        self._name(added, groups)
        self._ignore_waits_beside_blocks(added)
        self._connect(added)
        if uploader is not None:
            self._connect_upload(uploader, added, after)
        self._resolve_wanted(added, groups)
        return added

    def begin(self) -> list[Effect]:
        """Return what becomes of the steps that have not begun: those that wait for nothing are ready."""
        effects: list[Effect] = []
        for node in self.nodes:
            self._check(node, effects)
        return effects

    def remove_waiting(self, after: Node) -> list[Node]:
        """Remove the steps behind a step that haven't begun, and return them. It serves uploads that replace the rest."""
        at = self.nodes.index(after) + 1
        removed = [node for node in self.nodes[at:] if not node.begun and node.result is None]
        gone = set(map(id, removed))
        self.nodes = [node for node in self.nodes if id(node) not in gone]
        for node in self.nodes:
            node._edges = [edge for edge in node._edges if id(edge.to) not in gone]
            node.sources = [source for source in node.sources if id(source) not in gone]
        for names in (self._keys, self._groups):
            for key in list(names):
                names[key] = [node for node in names[key] if id(node) not in gone]
                if not names[key]:
                    del names[key]
        return removed

    def edges(self) -> Iterator[tuple[Node, Edge]]:
        """Yield each step with the steps that wait for it."""
        for node in self.nodes:
            for edge in node._edges:
                yield node, edge

    def has_key(self, key: str) -> bool:
        """Tell whether a step or a group of the build has a key."""
        return key in self._keys or key in self._groups or key in self._empty_groups

    # Results -------------------------------------------------------------------------------------------------------

    def finish(self, node: Node, result: Result) -> list[Effect]:
        """Note the result of a step, and return what becomes of others."""
        effects: list[Effect] = []
        self._finish(deque([(node, result)]), effects)
        return effects

    def reopen(self, node: Node) -> list[Effect]:
        """Note that a finished step runs again, since one of its jobs is retried, and return what becomes of others."""
        effects: list[Effect] = []
        pending = deque([node])
        while pending:
            found = pending.popleft()
            if found.result is None:
                continue
            found.result = None
            for edge in found._edges:
                to = edge.to
                to._unfinished += 1
                to._unmet -= edge.unmet
                edge.unmet = False
                if to.result == "unmet":
                    pending.append(to)
                    effects.append(Effect(to, "waiting"))
                    to.begun = False
        return effects

    def give_up(self) -> list[Effect]:
        """Return what becomes of steps that can't begin, since a key never appears, or since they wait for each other.

        Call it when no step runs or waits for a user.
        """
        stuck = [node for node in self.nodes if node.result is None and not node.begun]
        effects: list[Effect] = []
        for node in [node for node in stuck if node.missing] or stuck:
            if node.result is None:
                effects += self.drop(node)
        return effects

    def drop(self, node: Node) -> list[Effect]:
        """Return what becomes of a step that can't begin."""
        effects = [Effect(node, "unmet")]
        node.result = "unmet"
        self._finish(deque([(node, "unmet")]), effects)
        return effects

    def _finish(self, pending: deque[tuple[Node, Result]], effects: list[Effect]) -> None:
        while pending:
            node, result = pending.popleft()
            node.result, node.begun = result, True
            for edge in node._edges:
                to = edge.to
                to._unfinished -= 1
                edge.unmet = not _meets(edge, node, result)
                to._unmet += edge.unmet
                if not to.begun and to.result is None:
                    self._check(to, effects, pending)

    def _check(self, node: Node, effects: list[Effect], pending: deque[tuple[Node, Result]] | None = None) -> None:
        """Add what becomes of a step that hasn't begun."""
        if node.begun or node.result is not None:
            return
        if node.ready:
            node.begun = True
            effects.append(Effect(node, "ready"))
        elif node._unmet and not (node._unfinished and isinstance(node.step, WaitStep | BlockStep)):
            effects.append(Effect(node, "unmet"))
            found: deque[tuple[Node, Result]] = deque() if pending is None else pending
            node.result = "unmet"  # so that it isn't found a second time
            found.append((node, "unmet"))
            if pending is None:
                self._finish(found, effects)

    # Edges ---------------------------------------------------------------------------------------------------------

    def _name(self, nodes: Sequence[Node], groups: Iterable[Group]) -> None:
        for node in nodes:
            if node.step.key is not None:
                self._keys.setdefault(node.step.key, []).append(node)
            group = node.step.group
            if group is not None and group.key is not None:
                self._groups.setdefault(group.key, []).append(node)
        self._empty_groups.update(
            group.key for group in groups if group.key is not None and group.key not in self._groups
        )

    def _ignore_waits_beside_blocks(self, nodes: Sequence[Node]) -> None:
        kept = [node for node in nodes if node.result is None]
        for before, after in pairwise(kept):
            if before.step.group is not after.step.group:
                continue
            for wait, block in ((before, after), (after, before)):
                if isinstance(wait.step, WaitStep) and _blocks(block):
                    wait._ignored = True

    def _connect(self, nodes: Sequence[Node]) -> None:
        """Add the edges between new steps, and to steps that are there."""
        gates: dict[Group | None, Node | None] = {None: None}
        since: dict[Group | None, list[Node]] = {None: []}
        """By group, and for the whole: the last gate, and the steps since the last step that waited for all before it."""
        for node in nodes:
            group = node.step.group
            if group is not None and group not in gates:
                gates[group], since[group] = None, []
            if node.result is None:
                self._connect_one(node, group, gates, since)
            for scope in {None, group}:
                since[scope].append(node)
            if node.result is None and node.is_gate:
                gates[group] = node
                lets_go = isinstance(node.step, WaitStep) and node.step.continue_on_failure
                if node.step.depends_on is None and not lets_go:
                    since[group] = [node]  # all before it has passed when it passes
            if node.uploader is not None and node.result is None:
                self._edge(node.uploader, node, "upload", allow=True)

    def _connect_one(
        self,
        node: Node,
        group: Group | None,
        gates: dict[Group | None, Node | None],
        since: dict[Group | None, list[Node]],
    ) -> None:
        step = node.step
        for entry in (*(group.depends_on or () if group is not None else ()), *(step.depends_on or ())):
            allowed = entry.allow_failure or step.allow_dependency_failure
            self._depend(node, entry, allow=allowed or (group is not None and group.allow_dependency_failure))
        if step.depends_on is not None:
            return
        if isinstance(step, WaitStep | BlockStep) and not isinstance(step, InputStep):
            allow = isinstance(step, WaitStep) and step.continue_on_failure
            for before in since[group]:
                if not isinstance(before.step, InputStep):
                    self._edge(before, node, "before", allow=allow)
            node.gate = gates[group]
        elif not isinstance(step, InputStep) and (gate := gates[group]) is not None:
            node.gate = gate
            self._edge(gate, node, "gate", allow=False)
        outer = gates[None]
        if group is not None and group.depends_on is None and outer is not None and not isinstance(step, InputStep):
            node.gate = node.gate or outer
            self._edge(outer, node, "gate", allow=False)

    def _depend(self, node: Node, entry: Dependency, *, allow: bool) -> None:
        found = self._keys.get(entry.key, []) + self._groups.get(entry.key, [])
        if not found and entry.key not in self._empty_groups:
            node.missing |= {entry.key}
            self._wanted.setdefault(entry.key, []).append((node, allow))
        for each in found:
            if each is not node:
                self._edge(each, node, "dependency", allow=allow)

    def _resolve_wanted(self, added: Sequence[Node], groups: Iterable[Group]) -> None:
        """Connect the steps that waited for a key with the new steps that have it."""
        named = [node.step for node in added] + [node.step.group for node in added] + list(groups)
        for key in sorted({each.key for each in named if each is not None and each.key is not None}):
            for node, allow in self._wanted.pop(key, ()):
                node.missing -= {key}
                self._depend(node, Dependency(key), allow=allow)

    def _connect_upload(self, uploader: Node, added: Sequence[Node], after: Sequence[Node]) -> None:
        """Let what waits for the uploading step wait for the uploaded ones, too, and what follows for their gates."""
        kept = [node for node in added if node.result is None]
        for edge in list(uploader._edges):
            if edge.kind in ("dependency", "before") and not edge.to.begun:
                for node in kept:
                    if node is not edge.to and not isinstance(node.step, InputStep):
                        self._edge(node, edge.to, edge.kind, allow=edge.allow)
        gate = next((node for node in reversed(kept) if node.is_gate), None)
        if gate is None:
            return
        for node in after:
            group = node.step.group
            free = node.step.depends_on is None and (group is None or group.depends_on is None)
            if free and not node.begun and not isinstance(node.step, InputStep) and node.gate is None:
                node.gate = gate
                self._edge(gate, node, "gate", allow=False)
            if node.is_gate and group is None and free:
                break

    @staticmethod
    def _edge(source: Node, to: Node, kind: EdgeKind, *, allow: bool) -> None:
        edge = Edge(to, kind, allow)
        source._edges.append(edge)
        to.sources.append(source)
        if source.result is None:
            to._unfinished += 1
        else:
            edge.unmet = not _meets(edge, source, source.result)
            to._unmet += edge.unmet


def _blocks(node: Node) -> bool:
    return isinstance(node.step, BlockStep) and not isinstance(node.step, InputStep)


def _meets(edge: Edge, node: Node, result: Result) -> bool:
    """Tell whether the step of an edge may go on after a result of what it waits for."""
    match edge.kind:
        case "upload":
            return result != "canceled"
        case "gate":
            return result == "passed"
        case "dependency":
            return result == "passed" or (edge.allow and result in ("failed", "unmet"))
        case "before":
            if node.is_gate:  # what stopped before stays stopped
                return result == "passed"
            return result == "passed" or (edge.allow and result in ("failed", "unmet"))
