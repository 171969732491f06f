"""Graph of the steps of a build: what each step waits for, and what follows from the end of a step.

It knows steps and their results, neither jobs nor times. Each method returns what becomes of other steps.
https://buildkite.com/docs/pipelines/configure/depends-on
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from ..definition.steps import BlockStep, Dependency, Group, InputStep, Step, WaitStep

__all__ = ["Edge", "EdgeKind", "Effect", "Graph", "Node", "Result", "gate_edges"]

Result = Literal["passed", "failed", "canceled", "unmet"]
"""Result of a step. `passed`: also softly failed, or left out. `canceled`: also expired. `unmet`: it can't run."""

EdgeKind = Literal["dependency", "before", "gate", "upload"]
"""Reason of an edge. `dependency`: `depends_on`. `before`: a wait or block step and each step before it. `gate`: a step and the
last wait or block step before it. `upload`: an uploaded step and the step that uploaded it."""


class Edge(Struct, frozen=True, gc=False):
    """Step that waits for another one.

    Attributes:
        to: the number of the step that waits.
        kind: why it waits.
        allow: True if it may continue after a failure.
        met_by: the results of the other one after which it may continue.
    """

    to: int
    kind: EdgeKind
    allow: bool
    met_by: frozenset[Result]


class Node(Struct, eq=False, gc=False):
    """Step in the graph. It refers to no other one, so that the garbage collector needn't look at it.

    Attributes:
        number: its number in the graph, in the order in which the steps were added.
        step: the step.
        result: how it ended; None while it hasn't.
        begun: True if its jobs may run, or if it has ended.
        missing: the keys that it waits for, and that no step has.
    """

    number: int
    step: Step
    result: Result | None = None
    begun: bool = False
    missing: frozenset[str] = frozenset()
    _ignored: bool = False
    _unfinished: int = 0
    _unmet: int = 0
    """How many of the steps that it waits for haven't ended, and how many have in a way that keeps it from running."""

    @property
    def is_gate(self) -> bool:
        """True if the steps behind it wait for it."""
        return (
            isinstance(self.step, WaitStep | BlockStep) and not isinstance(self.step, InputStep) and not self._ignored
        )

    @property
    def unblocked(self) -> bool:
        """True if it is a block or input step that was unblocked, or left out."""
        return isinstance(self.step, BlockStep) and self.result == "passed"


class Effect(Struct, frozen=True, gc=False):
    """What becomes of a step.

    Attributes:
        to: `ready`: it may run. `unmet`: it can't run. `waiting`: it couldn't run, and waits again. A block step that was
            unblocked stays so: `unmet` says that a step before it was retried and failed, `waiting` that this is over.
    """

    node: Node
    to: Literal["ready", "unmet", "waiting"]


@dataclass(slots=True)
class _Structure:
    """Edges and names of a graph: what the builds of a pipeline share until one of them changes it.

    Attributes:
        order: the numbers of the steps in their order.
        edges, sources, gates: by number, the edges to the steps that wait for a step, the steps that it waits for, and the
            last wait or block step before it, where it waits for that.
        keys, groups: the steps that have a key, and those whose group has it.
        empty_groups: the keys of groups without steps.
        wanted: the steps that wait for a key which no step has yet, and whether they may go on after a failure.
    """

    order: list[int] = field(default_factory=list[int])
    edges: list[list[Edge]] = field(default_factory=list[list[Edge]])
    sources: list[list[int]] = field(default_factory=list[list[int]])
    gates: list[int | None] = field(default_factory=list[int | None])
    keys: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    groups: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    empty_groups: set[str] = field(default_factory=set[str])
    wanted: dict[str, list[tuple[int, bool]]] = field(default_factory=dict[str, list[tuple[int, bool]]])

    def copy(self) -> _Structure:
        """Return a copy that can be changed."""
        return _Structure(
            self.order.copy(),
            [each.copy() for each in self.edges],
            [each.copy() for each in self.sources],
            self.gates.copy(),
            {key: each.copy() for key, each in self.keys.items()},
            {key: each.copy() for key, each in self.groups.items()},
            self.empty_groups.copy(),
            {key: each.copy() for key, each in self.wanted.items()},
        )


_NO_STEPS = _Structure()


class Graph(Struct, eq=False, gc=False):
    """Graph of one build. It refers to steps and numbers alone, so that the garbage collector needn't look at it.

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

    _nodes: tuple[Node, ...] = ()
    """All steps by number, also those that were removed."""

    _structure: _Structure = _NO_STEPS
    _shared: bool = True
    """True if other graphs have the same structure. It is copied before it is changed."""

    @property
    def nodes(self) -> list[Node]:
        """All steps in their order."""
        if self._shared:  # none was uploaded or removed
            return list(self._nodes)
        return [self._nodes[number] for number in self._structure.order]

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
        if self._nodes:
            return self._add(tuple(steps), frozenset(excluded), tuple(groups), uploader)
        first = _graph_of(tuple(steps), frozenset(excluded), tuple(groups))
        self._structure = first._structure
        self._nodes = tuple([replace(node) for node in first._nodes])
        return self.nodes

    def _add(
        self,
        steps: Sequence[Step],
        excluded: Collection[Step],
        groups: Sequence[Group],
        uploader: Node | None,
        *,
        keys: bool = True,
    ) -> list[Node]:
        known = self._changeable()
        added: list[Node] = []
        for number, step in enumerate(steps, len(self._nodes)):
            out = step in excluded
            added.append(Node(number, step, "passed" if out else None, begun=out))
            known.edges.append([])
            known.sources.append([])
            known.gates.append(None)
        self._nodes += tuple(added)
        at = len(known.order) if uploader is None else known.order.index(uploader.number) + 1
        after = [self._nodes[number] for number in known.order[at:]]
        known.order[at:at] = [node.number for node in added]
        self._name(added, groups)
        self._ignore_waits_beside_blocks(added)
        self._connect(added, uploader, keys=keys)
        self._connect_named(added)
        if uploader is not None:
            self._connect_upload(uploader, added, after)
        if known.wanted:
            self._resolve_wanted(added, groups)
        return added

    def _changeable(self) -> _Structure:
        if self._shared:
            self._structure = self._structure.copy()
            self._shared = False
        return self._structure

    def begin(self) -> list[Effect]:
        """Return what becomes of the steps that have not begun: those that wait for nothing are ready."""
        effects: list[Effect] = []
        for node in self.nodes:
            if not node.begun and self._check(node, effects):
                self._follow(node, effects)
        return effects

    def unfinished_behind(self, node: Node) -> list[Node]:
        """Return the steps behind a step that have not ended."""
        order = self._structure.order
        behind = (self._nodes[number] for number in order[order.index(node.number) + 1 :])
        return [each for each in behind if each.result is None]

    def remove(self, nodes: Iterable[Node]) -> None:
        """Remove steps that have not ended, which an upload replaces.

        What waits for a key that no step has any more waits for the next step that has it.
        """
        known = self._changeable()
        gone = {node.number for node in nodes}
        known.order = [number for number in known.order if number not in gone]
        for named in (known.keys, known.groups):
            for key, numbers in list(named.items()):
                named[key] = [number for number in numbers if number not in gone]
                if not named[key]:
                    del named[key]
        for key, wanting in list(known.wanted.items()):
            known.wanted[key] = [(number, allow) for number, allow in wanting if number not in gone]
        for node in self.nodes:
            number = node.number
            known.edges[number] = [edge for edge in known.edges[number] if edge.to not in gone]
            before = len(known.sources[number])
            known.sources[number] = [source for source in known.sources[number] if source not in gone]
            node._unfinished -= before - len(known.sources[number])
            if not node.begun or node.result == "unmet":
                self._want(node)

    def edges(self) -> Iterator[tuple[Node, Edge, Node]]:
        """Yield each step with each step that waits for it, and why that does."""
        for node in self.nodes:
            for edge in self._structure.edges[node.number]:
                yield node, edge, self._nodes[edge.to]

    def has_key(self, key: str, *, without: Collection[Node] = ()) -> bool:
        """Tell whether a step or a group of the build has a key, other than some steps."""
        known = self._structure
        named = (*known.keys.get(key, ()), *known.groups.get(key, ()))
        return key in known.empty_groups or any(self._nodes[number] not in without for number in named)

    def behind_block(self, node: Node) -> bool:
        """Tell whether a user has to unblock the build, or to fill in a form, before a step can run."""
        return any(isinstance(each.step, BlockStep) for each in self.unfinished_before(node))

    def unfinished_before(self, node: Node) -> Iterator[Node]:
        """Yield the steps that have to end before a step can run."""
        seen = {node.number}
        pending = [node.number]
        while pending:
            for number in self._structure.sources[pending.pop()]:
                source = self._nodes[number]
                if source.result is None and number not in seen:
                    seen.add(number)
                    pending.append(number)
                    yield source

    # Results -------------------------------------------------------------------------------------------------------

    def finish(self, node: Node, result: Result) -> list[Effect]:
        """Note the result of a step, and return what becomes of others."""
        effects: list[Effect] = []
        node.result, node.begun = result, True
        self._follow(node, effects)
        return effects

    def reopen(self, node: Node) -> list[Effect]:
        """Note that a finished step runs again, since one of its jobs is retried, and return what becomes of others."""
        effects: list[Effect] = []
        pending = deque([] if node.result is None else [node])
        while pending:
            found = pending.popleft()
            for edge in self._structure.edges[found.number]:
                to = self._nodes[edge.to]
                to._unfinished += 1
                to._unmet -= found.result not in edge.met_by
                if to.result == "unmet" and to.begun:
                    to.begun = False
                    pending.append(to)
                    effects.append(Effect(to, "waiting"))
                elif not to._unmet and to.unblocked:
                    effects.append(Effect(to, "waiting"))
            found.result = None
        return effects

    def give_up(self) -> list[Effect]:
        """Return what becomes of steps that can't begin, since a key never appears, or since they wait for each other.

        Call it when no step runs or waits for a user.
        """
        stuck = [node for node in self.nodes if not node.begun]
        effects: list[Effect] = []
        for node in [node for node in stuck if node.missing] or stuck:
            if not node.begun:
                effects += self.drop(node)
        return effects

    def drop(self, node: Node) -> list[Effect]:
        """Return what becomes of a step that can't begin."""
        return [Effect(node, "unmet"), *self.finish(node, "unmet")]

    def _follow(self, node: Node, effects: list[Effect]) -> None:
        """Add what becomes of the steps that wait for one that has ended."""
        nodes, edges = self._nodes, self._structure.edges
        pending = [node]
        for ended in pending:
            for edge in edges[ended.number]:
                to = nodes[edge.to]
                to._unfinished -= 1
                if ended.result not in edge.met_by:
                    to._unmet += 1
                if not to.begun:
                    if self._check(to, effects):
                        pending.append(to)
                elif to._unmet and to.unblocked:
                    effects.append(Effect(to, "unmet"))

    @staticmethod
    def _check(node: Node, effects: list[Effect]) -> bool:
        """Add what becomes of a step that hasn't begun, and tell whether it has ended by that."""
        if not (node._unfinished or node._unmet or node.missing):
            node.begun = True
            effects.append(Effect(node, "ready"))
        elif node._unmet and not (node._unfinished and isinstance(node.step, WaitStep | BlockStep)):
            node.result, node.begun = "unmet", True
            effects.append(Effect(node, "unmet"))
            return True
        return False

    # Edges ---------------------------------------------------------------------------------------------------------

    def _name(self, nodes: Sequence[Node], groups: Iterable[Group]) -> None:
        known = self._structure
        for node in nodes:
            if node.step.key is not None:
                known.keys.setdefault(node.step.key, []).append(node.number)
            group = node.step.group
            if group is not None and group.key is not None:
                known.groups.setdefault(group.key, []).append(node.number)
        known.empty_groups.update(
            group.key for group in groups if group.key is not None and group.key not in known.groups
        )

    def _ignore_waits_beside_blocks(self, nodes: Sequence[Node]) -> None:
        if not any(isinstance(node.step, WaitStep) for node in nodes):
            return
        kept = [node for node in nodes if node.result is None]
        for before, after in pairwise(kept):
            if before.step.group is not after.step.group:
                continue
            for wait, block in ((before, after), (after, before)):
                if isinstance(wait.step, WaitStep) and _blocks(block):
                    wait._ignored = True

    def _connect(self, nodes: Sequence[Node], uploader: Node | None, *, keys: bool) -> None:
        """Add the edges between new steps, and to steps that are there; those to the steps that have keys if `keys` is True."""
        gates: dict[Group | None, Node | None] = {None: None}
        since: dict[Group | None, list[Node]] = {None: []}
        """By group, and for the whole: the last gate, and the steps since the last step that waited for all before it."""
        for node in nodes:
            group = node.step.group
            if group is not None and group not in gates:
                gates[group], since[group] = None, []
            if node.result is None:
                if keys:
                    for entry, allow in _entries(node.step):
                        self._depend(node, entry.key, allow=allow)
                    self._want(node)
                self._connect_gates(node, group, gates, since)
            since[None].append(node)
            if group is not None:
                since[group].append(node)
            if node.result is None and node.is_gate:
                gates[group] = node
                lets_go = isinstance(node.step, WaitStep) and node.step.continue_on_failure
                if node.step.depends_on is None and not lets_go:
                    since[group] = [node]  # all before it has passed when it passes
            if uploader is not None and node.result is None:
                self._edge(uploader, node, "upload", allow=True)

    def _connect_named(self, nodes: Sequence[Node]) -> None:
        """Add the edges to steps from those that `depends_on` names themselves."""
        known = {node.step: node for node in nodes}
        for node in nodes:
            if not node.begun:
                for entry in node.step.depends_on or ():
                    if entry.on is not None:
                        self._edge(known[entry.on], node, "dependency", allow=entry.allow_failure)

    def _connect_gates(
        self,
        node: Node,
        group: Group | None,
        gates: dict[Group | None, Node | None],
        since: dict[Group | None, list[Node]],
    ) -> None:
        step = node.step
        if step.depends_on is not None:
            return
        if isinstance(step, WaitStep | BlockStep) and not isinstance(step, InputStep):
            allow = isinstance(step, WaitStep) and step.continue_on_failure
            for before in since[group]:
                if not isinstance(before.step, InputStep):
                    self._edge(before, node, "before", allow=allow)
            if (gate := gates[group]) is not None:
                self._structure.gates[node.number] = gate.number
        elif not isinstance(step, InputStep) and (gate := gates[group]) is not None:
            self._gate(gate, node)
        outer = gates[None]
        if group is not None and group.depends_on is None and outer is not None and not isinstance(step, InputStep):
            self._gate(outer, node)

    def _depend(self, node: Node, key: str, *, allow: bool) -> None:
        known = self._structure
        sources = [self._nodes[number] for number in (*known.keys.get(key, ()), *known.groups.get(key, ()))]
        self._connect_to(sources, node, Edge(node.number, "dependency", allow, _NOT_CANCELED if allow else _PASSED))

    def _want(self, node: Node) -> None:
        """Let a step wait for the keys on which it depends and that no step has."""
        missing = set(node.missing)
        for entry, allow in _entries(node.step):
            if entry.key not in missing and not self.has_key(entry.key):
                missing.add(entry.key)
                self._structure.wanted.setdefault(entry.key, []).append((node.number, allow))
        if len(missing) > len(node.missing):
            node.missing = frozenset(missing)

    def _resolve_wanted(self, added: Sequence[Node], groups: Iterable[Group]) -> None:
        """Connect the steps that waited for a key with the new steps that have it."""
        named = [node.step for node in added] + [node.step.group for node in added] + list(groups)
        for key in sorted({each.key for each in named if each is not None and each.key is not None}):
            for number, allow in self._structure.wanted.pop(key, ()):
                node = self._nodes[number]
                node.missing -= {key}
                self._depend(node, key, allow=allow)

    def _connect_upload(self, uploader: Node, added: Sequence[Node], after: Sequence[Node]) -> None:
        """Let what waits for the uploading step wait for the uploaded ones, too, and what follows for their gates.

        What that step uploaded itself doesn't: one that depends on it would wait for those that depend on the first one.
        """
        kept = [node for node in added if node.result is None]
        known = self._structure
        edges = known.edges[uploader.number]
        uploaded = {edge.to for edge in edges if edge.kind == "upload"}
        for edge in [edge for edge in edges if edge.to not in uploaded]:
            to = self._nodes[edge.to]
            if not to.begun:
                for node in kept:
                    if not isinstance(node.step, InputStep):
                        self._edge(node, to, edge.kind, allow=edge.allow)
        gate = next((node for node in reversed(kept) if node.is_gate and node.step.group is None), None)
        if gate is None:
            return
        for node in after:
            group = node.step.group
            free = node.step.depends_on is None and (group is None or group.depends_on is None)
            if free and not node.begun and not isinstance(node.step, InputStep) and known.gates[node.number] is None:
                self._gate(gate, node)
            if node.is_gate and group is None and free:
                return

    def _gate(self, gate: Node, node: Node) -> None:
        """Let a step wait for a wait or block step before it."""
        known = self._structure
        if known.gates[node.number] is None:
            known.gates[node.number] = gate.number
        self._edge(gate, node, "gate")

    def _edge(self, source: Node, to: Node, kind: EdgeKind, *, allow: bool = False) -> None:
        self._connect_to([source], to, Edge(to.number, kind, allow, _met_by(kind, source, to, allow=allow)))

    def _connect_to(self, sources: Sequence[Node], to: Node, edge: Edge) -> None:
        """Let a step wait for others, which share the edge: a group may have many steps, and many may wait for it."""
        edges = self._structure.edges
        for source in sources:
            edges[source.number].append(edge)
            if source.result is None:
                to._unfinished += 1
            else:
                to._unmet += source.result not in edge.met_by
        self._structure.sources[to.number] += [source.number for source in sources]


def gate_edges(steps: Sequence[Step], excluded: Collection[Step]) -> Iterator[tuple[int, int]]:
    """Yield the numbers of each step that another one waits for, and of that one, for another reason than `depends_on`.

    Args:
        steps: the steps of a pipeline.
        excluded: those of them that are left out.
    """
    graph = Graph()
    graph._add(steps, excluded, (), None, keys=False)
    return ((source.number, to.number) for source, _, to in graph.edges())


@lru_cache(maxsize=64)
def _graph_of(steps: tuple[Step, ...], excluded: frozenset[Step], groups: tuple[Group, ...]) -> Graph:
    """Return the graph of a new build. Most builds of a pipeline have the same."""
    graph = Graph()
    graph._add(steps, excluded, groups, None)
    return graph


def _entries(step: Step) -> Iterator[tuple[Dependency, bool]]:
    """Yield the dependencies of a step and its group, each with whether it accepts a failure."""
    group = step.group
    allowed = step.allow_dependency_failure or (group is not None and group.allow_dependency_failure)
    for entry in (*((group.depends_on if group is not None else None) or ()), *(step.depends_on or ())):
        if entry.on is None:
            yield entry, allowed or entry.allow_failure


def _blocks(node: Node) -> bool:
    return isinstance(node.step, BlockStep) and not isinstance(node.step, InputStep)


def _met_by(kind: EdgeKind, source: Node, to: Node, *, allow: bool) -> frozenset[Result]:
    """Return the results of a step after which one that waits for it may go on."""
    if not allow:
        return _PASSED
    if kind == "before" and source.is_gate and source.step.group is to.step.group:  # what it stops stays stopped
        return _PASSED
    return _NOT_CANCELED


_PASSED: frozenset[Result] = frozenset({"passed"})
_NOT_CANCELED: frozenset[Result] = frozenset({"passed", "failed", "unmet"})
