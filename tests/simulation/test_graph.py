"""The graph of a build's steps: which step waits for which and why, and what follows when one ends, runs again or uploads."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

import pytest

from buildkite_ext.simulation.definition.compiler import Definition, compile_pipeline
from buildkite_ext.simulation.definition.parser import parse_pipeline
from buildkite_ext.simulation.definition.steps import Dependency
from buildkite_ext.simulation.state.graph import Effect, Graph, Node, Result


def read(text: str) -> Definition:
    return compile_pipeline(parse_pipeline(text).tree)


class Built:
    """Graph of the steps of a text, which are named by their keys."""

    def __init__(self, text: str, *, excluded: Collection[str] = (), begun: bool = True) -> None:
        self.graph = Graph()
        self.begun = self.upload(text, excluded=excluded, begun=begun)

    def upload(
        self, text: str, by: str | None = None, *, excluded: Collection[str] = (), begun: bool = True
    ) -> list[str]:
        """Add steps, and return what becomes of which ones."""
        added = read(text)
        uploader = None if by is None else self[by]
        out = [step for step in added.steps if step.key in excluded]
        self.graph.add(added.steps, excluded=out, groups=added.groups, uploader=uploader)
        return told(self.graph.begin()) if begun else []

    def __getitem__(self, key: str) -> Node:
        return next(node for node in self.graph.nodes if node.step.key == key)

    def end(self, key: str, result: Result = "passed") -> list[str]:
        return told(self.graph.finish(self[key], result))

    def reopen(self, key: str) -> list[str]:
        return told(self.graph.reopen(self[key]))

    def replace(self, after: str) -> list[str | None]:
        gone = [node for node in self.graph.unfinished_behind(self[after]) if not node.begun]
        self.graph.remove(gone)
        return [node.step.key for node in gone]

    @property
    def order(self) -> str:
        return " ".join(node.step.key or "" for node in self.graph.nodes)

    @property
    def edges(self) -> list[str]:
        """What waits for what, sorted. A `?` stands where it may go on after a failure."""
        return sorted(
            f"{edge.kind}: {source.step.key} > {to.step.key}{'?' if edge.allow else ''}"
            for source, edge, to in self.graph.edges()
        )


def told(effects: Iterable[Effect]) -> list[str]:
    return [f"{effect.node.step.key} {effect.to}" for effect in effects]


A, B, C = (f"{{command: x, key: {key}}}" for key in "abc")
WAIT, NEXT = "{wait: ~, key: w}", "{wait: ~, key: v}"
GOES_ON = "{wait: ~, key: w, continue_on_failure: true}"
ALLOW, BG = "allow_dependency_failure: true", "{command: x, key: b, depends_on: g}"
BLOCK, INPUT = "{block: Go, key: go}", "{input: Name, key: name}"

FAILURES = (
    f"[{A}, {{command: x, key: b, depends_on: a, {ALLOW}}},"
    " {command: x, key: c, depends_on: [{step: a, allow_failure: true}, b]},"
    f" {{group: g, depends_on: a, {ALLOW}, steps: [{{command: x, key: d, depends_on: c}}]}}]"
)

EDGES = [
    ("nothing waits", f"[{A}, {B}]", []),
    ("a wait", f"[{A}, {WAIT}, {B}]", ["before: a > w", "gate: w > b"]),
    ("a block", f"[{A}, {BLOCK}, {B}]", ["before: a > go", "gate: go > b"]),
    ("an input", f"[{A}, {INPUT}, {B}]", []),
    ("an input between waits", f"[{A}, {WAIT}, {INPUT}, {NEXT}]", ["before: a > w", "before: w > v"]),
    ("a wait at the beginning", f"[{WAIT}, {A}, {B}]", ["gate: w > a", "gate: w > b"]),
    (
        "a wait that lets go",
        f"[{A}, {GOES_ON}, {B}]",
        ["before: a > w?", "gate: w > b"],
    ),
    (
        "a wait waits for all since the last one",
        f"[{A}, {WAIT}, {B}, {NEXT}, {C}]",
        ["before: a > w", "before: b > v", "before: w > v", "gate: v > c", "gate: w > b"],
    ),
    (
        "behind one that lets go it waits for those before, too",
        f"[{A}, {GOES_ON}, {B}, {NEXT}, {C}]",
        ["before: a > v", "before: a > w?", "before: b > v", "before: w > v", "gate: v > c", "gate: w > b"],
    ),
    (
        "and behind one with dependencies of its own",
        f"[{A}, {{block: Go, key: go, depends_on: a}}, {B}, {NEXT}, {C}]",
        ["before: a > v", "before: b > v", "before: go > v", "dependency: a > go", "gate: go > b", "gate: v > c"],
    ),
    (
        "depends_on takes the place of waits",
        f"[{A}, {WAIT}, {{command: x, key: b, depends_on: a}}, {{command: x, key: c, depends_on: []}}]",
        ["before: a > w", "dependency: a > b"],
    ),
    (
        "a wait beside a block",
        f"[{A}, {WAIT}, {BLOCK}, {B}]",
        ["before: a > go", "before: a > w", "before: w > go", "gate: go > b"],
    ),
    (
        "a wait behind a block",
        f"[{A}, {BLOCK}, {WAIT}, {B}]",
        ["before: a > go", "before: go > w", "gate: go > b"],
    ),
    (
        "a wait beside an input",
        f"[{A}, {WAIT}, {INPUT}, {B}]",
        ["before: a > w", "gate: w > b"],
    ),
    (
        "two waits side by side",
        f"[{A}, {WAIT}, {NEXT}, {B}]",
        ["before: a > w", "before: w > v", "gate: v > b"],
    ),
    (
        "a wait beside the block of a group",
        f"[{A}, {WAIT}, {{group: g, steps: [{BLOCK}]}}]",
        ["before: a > w", "gate: w > go"],
    ),
    (
        "a wait beside a block, behind a pair that isn't in one group",
        f"[{{group: g, steps: [{A}]}}, {WAIT}, {BLOCK}, {B}]",
        ["before: a > go", "before: a > w", "before: w > go", "gate: go > b"],
    ),
    (
        "a wait in a group",
        f"[{{group: g, steps: [{A}, {WAIT}, {B}]}}, {C}, {NEXT}]",
        ["before: a > v", "before: a > w", "before: b > v", "before: c > v", "before: w > v", "gate: w > b"],
    ),
    (
        "waits in two groups",
        f"[{{group: g, steps: [{A}, {WAIT}, {B}]}}, {{group: h, steps: [{C}, {NEXT}]}}]",
        ["before: a > w", "before: c > v", "gate: w > b"],
    ),
    (
        "a group behind a wait",
        f"[{A}, {WAIT}, {{group: g, steps: [{B}, {NEXT}, {INPUT}, {C}]}}]",
        ["before: a > w", "before: b > v", "gate: v > c", "gate: w > b", "gate: w > c", "gate: w > v"],
    ),
    (
        "a group that depends on a step",
        f"[{A}, {WAIT}, {{group: g, depends_on: a, steps: [{B}, {NEXT}, {C}]}}]",
        ["before: a > w", "before: b > v", "dependency: a > b", "dependency: a > c", "dependency: a > v", "gate: v > c"],
    ),
    (
        "a dependency on a group, on a step of it, and on its own one",
        f"[{{group: g, key: g, steps: [{A}, {BG}]}}, {{command: x, key: c, depends_on: [g, b]}}]",
        ["dependency: a > b", "dependency: a > c", "dependency: b > b", "dependency: b > c", "dependency: b > c"],
    ),
    (
        "a failure that a step, an entry or a group allows",
        FAILURES,
        ["dependency: a > b?", "dependency: a > c?", "dependency: a > d?", "dependency: b > c", "dependency: c > d?"],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "edges"), [pytest.param(*row, id=name) for name, *row in EDGES])
def test_what_waits_for_what(text: str, edges: list[str]) -> None:
    assert Built(text).edges == edges


@pytest.mark.parametrize(
    ("excluded", "edges"),
    [
        ("a", ["before: a > w", "before: b > v", "before: go > v", "gate: go > b", "gate: v > c", "before: w > go", "before: a > go"]),
        ("w", ["before: a > go", "gate: go > b", "before: w > go", "before: go > v", "before: b > v", "gate: v > c"]),
        ("go", ["before: a > w", "gate: w > b", "before: w > v", "before: go > v", "before: b > v", "gate: v > c"]),
        ("wgo", ["before: a > v", "before: w > v", "before: go > v", "before: b > v", "gate: v > c"]),
    ],
)  # fmt: skip
def test_a_step_that_is_left_out_has_ended_and_waits_for_nothing(excluded: str, edges: list[str]) -> None:
    built = Built(
        f"[{A}, {WAIT}, {BLOCK}, {B}, {NEXT}, {C}]", excluded=[key for key in ("a", "w", "go") if key in excluded]
    )
    assert built.edges == sorted(edges)
    ended = [node.step.key for node in built.graph.nodes if node.result == "passed"]
    assert not {f"{key} ready" for key in ended} & set(built.begun)
    assert ended == [key for key in ("a", "w", "go") if key in excluded]
    assert all(built[key or ""].begun for key in ended)


# Ends -----------------------------------------------------------------------------------------------------------------

CHAIN = "[{command: x, key: a}, {command: x, key: b, depends_on: a}, {command: x, key: c, depends_on: b}]"


def test_steps_begin_in_their_order_and_once() -> None:
    built = Built(f"[{A}, {B}, {WAIT}, {C}]", begun=False)
    assert [told(built.graph.begin()) for _ in range(2)] == [["a ready", "b ready"], []]
    assert [built.end("b"), built.end("a"), built.end("w")] == [[], ["w ready"], ["c ready"]]
    assert built["c"].begun


def test_what_depends_on_steps_that_fail_is_told_once_and_in_order() -> None:
    text = f"[{A}, {{command: x, key: b, depends_on: a}}, {{command: x, key: c, depends_on: a}}, {{command: x, key: d, depends_on: [b, c]}}]"
    built = Built(text)
    assert built.end("a", "failed") == ["b unmet", "c unmet", "d unmet"]
    assert [(node.result, node.begun) for node in built.graph.nodes] == [("failed", True), *[("unmet", True)] * 3]
    assert built.reopen("a") == ["b waiting", "c waiting", "d waiting"]
    assert [(node.result, node.begun) for node in built.graph.nodes] == [(None, True), *[(None, False)] * 3]
    assert [built.end("a"), built.end("b"), built.end("c")] == [["b ready", "c ready"], [], ["d ready"]]


def test_a_wait_is_told_when_all_before_it_have_ended_and_a_job_at_once() -> None:
    built = Built(f"[{A}, {B}, {WAIT}, {C}, {{command: x, key: d, depends_on: [a, b]}}]")
    assert built.end("a", "failed") == ["d unmet"]
    assert built.end("b") == ["w unmet", "c unmet"]


def test_a_step_that_cannot_run_from_the_beginning_is_told_at_the_beginning() -> None:
    built = Built("[{command: x, key: a}]")
    built.end("a", "failed")
    uploaded = "[{command: x, key: b, depends_on: a}, {command: x, key: c, depends_on: b}, {command: x, key: d}]"
    assert built.upload(uploaded, by="a") == ["b unmet", "c unmet", "d ready"]
    assert built.graph.begin() == []
    assert [built.reopen("a"), built.end("a"), built.end("b")] == [["b waiting", "c waiting"], ["b ready"], ["c ready"]]


def test_a_step_that_runs_again_holds_back_others_as_before() -> None:
    built = Built(f"[{A}, {B}, {WAIT}, {C}]")
    assert [built.end("a", "failed"), built.end("b", "failed")] == [[], ["w unmet", "c unmet"]]
    assert [built.reopen("b"), built.reopen("a"), built.reopen("a")] == [["w waiting", "c waiting"], [], []]
    assert [built.end("a"), built.end("b"), built.end("w")] == [[], ["w ready"], ["c ready"]]


def test_what_has_begun_goes_on_when_a_step_before_it_runs_again() -> None:
    built = Built(f"[{A}, {{command: x, key: b, depends_on: a}}, {{command: x, key: c, depends_on: [a, b]}}]")
    built.end("a")
    assert built.reopen("a") == []
    assert [built.end("b"), built.end("a")] == [[], ["c ready"]]


def test_an_unblocked_step_is_told_that_a_step_before_it_failed_at_another_attempt_and_when_that_is_over() -> None:
    built = Built(f"[{A}, {BLOCK}, {B}]")
    assert [built.end("a"), built.end("go")] == [["go ready"], ["b ready"]]
    assert [built.reopen("a"), built.end("a", "failed")] == [["go waiting"], ["go unmet"]]
    assert (built["go"].result, built["b"].begun) == ("passed", True)
    assert [built.reopen("a"), built.end("a")] == [["go waiting"], []]


def test_an_unblocked_step_is_told_nothing_while_another_step_before_it_has_failed() -> None:
    built = Built(f"[{A}, {B}, {BLOCK}]")
    assert [built.end("a"), built.end("b"), built.end("go")] == [[], ["go ready"], []]
    for key in "ab":
        assert built.reopen(key) == ["go waiting"]
    assert [built.end("a", "failed"), built.end("b")] == [["go unmet"], ["go unmet"]]
    assert [built.reopen("b"), built.reopen("a")] == [[], ["go waiting"]]


def test_steps_without_an_end_are_given_up() -> None:
    text = "[{command: x, key: a, depends_on: b}, {command: x, key: b, depends_on: a}, {command: x, key: c, depends_on: a}]"
    built = Built(text)
    assert told(built.graph.give_up()) == ["a unmet", "b unmet", "c unmet"]
    assert [node.result for node in built.graph.nodes] == ["unmet"] * 3
    assert built.graph.give_up() == []


def test_steps_whose_keys_never_come_are_given_up_before_those_that_wait_for_them() -> None:
    text = (
        f"[{A}, {{command: x, key: d, depends_on: [{{step: c, allow_failure: true}}]}},"
        " {command: x, key: b, depends_on: nowhere}, {command: x, key: c, depends_on: [never]}]"
    )
    built = Built(text)
    assert [sorted(built[key].missing) for key in "bc"] == [["nowhere"], ["never"]]
    assert told(built.graph.give_up()) == ["b unmet", "c unmet", "d ready"]
    assert built["a"].result is None


def test_a_step_that_is_dropped_takes_with_it_what_depends_on_it() -> None:
    built = Built(CHAIN)
    assert told(built.graph.drop(built["b"])) == ["b unmet", "c unmet"]
    assert [node.result for node in built.graph.nodes] == [None, "unmet", "unmet"]
    assert built.end("a") == []


# Questions ------------------------------------------------------------------------------------------------------------


def test_which_keys_there_are() -> None:
    built = Built("[{command: x, key: a}, {group: G, key: g, steps: [{command: x}]}, {group: H, key: h, steps: []}]")
    assert [key for key in "abghi" if built.graph.has_key(key)] == ["a", "g", "h"]


def test_what_stands_behind_a_block() -> None:
    text = f"[{A}, {BLOCK}, {B}, {{command: x, key: c, depends_on: b}}, {{command: x, key: d, depends_on: a}}, {INPUT}, {{command: x, key: e, depends_on: name}}]"
    built = Built(text)

    def behind() -> str:
        return "".join(key for key in "abcde" if built.graph.behind_block(built[key]))

    assert behind() == "bce"
    built.end("a")
    built.end("go")
    assert behind() == "e"
    assert [key for key in ("go", "a", "d") if Built(text, excluded=["go"]).graph.behind_block(Built(text)[key])] == []
    assert not (out := Built(text, excluded=["go"])).graph.behind_block(out["c"])


def test_which_step_a_step_waits_for() -> None:
    built = Built(CHAIN)
    pairs = [
        (one, other) for one in "abc" for other in "abc" if built[other] in built.graph.unfinished_before(built[one])
    ]
    assert pairs == [("b", "a"), ("c", "a"), ("c", "b")]
    circle = Built(
        "[{command: x, key: a, depends_on: b}, {command: x, key: b, depends_on: a}, {command: x, key: c, depends_on: a}]"
    )
    assert [key for key in "abc" if circle[key] in circle.graph.unfinished_before(circle["a"])] == ["b"]
    assert [key for key in "abc" if circle[key] in circle.graph.unfinished_before(circle["c"])] == ["a", "b"]


# Uploads --------------------------------------------------------------------------------------------------------------


def test_uploaded_steps_stand_behind_their_step_and_others_at_the_end() -> None:
    built = Built(f"[{A}, {B}, {C}]")
    built.upload("[{command: x, key: d}, {command: x, key: e}]", by="b")
    built.upload("[{command: x, key: f}]", by="b")
    built.upload("[{command: x, key: g}]", by="c")
    built.upload("[{command: x, key: h}]")
    assert built.order == "a b f d e c g h"
    assert built.edges == ["upload: b > d?", "upload: b > e?", "upload: b > f?", "upload: c > g?"]


GROUPS = (
    f"[{{command: x, key: up}}, {{group: g, steps: [{B}, {WAIT}, {{command: x, key: d}}, {{wait: ~, key: u}}]}},"
    " {group: h, depends_on: up, steps: [{command: x, key: e}]}, {command: x, key: f, depends_on: []},"
    f" {BLOCK}, {{command: x, key: h}}]"
)

UPLOADS = [
    # (rule, text, what "up" uploads, edges that are new)
    (
        "what depends on the step depends on its uploads",
        "[{command: x, key: up}, {command: x, key: b, depends_on: [{step: up, allow_failure: true}]}]",
        f"[{C}, {INPUT}]",
        ["dependency: c > b?", "upload: up > c?", "upload: up > name?"],
    ),
    (
        "a wait behind the step waits for its uploads",
        f"[{{command: x, key: up}}, {WAIT}, {B}]",
        f"[{C}, {INPUT}]",
        ["before: c > w", "upload: up > c?", "upload: up > name?"],
    ),
    (
        "an uploaded wait holds back what follows, up to the next wait",
        f"[{A}, {{command: x, key: up}}, {INPUT}, {{command: x, key: d, depends_on: a}}, {WAIT}, {B}]",
        f"[{C}, {NEXT}]",
        ["before: c > v", "before: c > w", "before: v > w", "gate: v > w", "upload: up > c?", "upload: up > v?"],
    ),
    (
        "what an earlier upload brought waits for an uploaded wait, too",
        f"[{{command: x, key: up}}, {WAIT}]",
        f"[{C}, {NEXT}, {BLOCK}, {{command: x, key: d}}]",
        [
            "before: c > go", "before: c > v", "before: v > go", "gate: go > d", "gate: go > w",
            *(f"before: {key} > w" for key in ("c", "d", "go", "v")), *(f"upload: up > {key}?" for key in ("c", "d", "go", "v")),
        ],
    ),
    (
        "behind an uploaded wait, a group stands that depends on nothing",
        GROUPS,
        f"[{C}, {NEXT}]",
        [
            "before: c > go", "before: c > v", "before: v > go", "dependency: c > e", "dependency: v > e", "gate: v > go", "gate: v > w",
            "upload: up > c?", "upload: up > v?",
        ],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "upload", "new"), [pytest.param(*row, id=name) for name, *row in UPLOADS])
def test_what_waits_for_uploads(text: str, upload: str, new: list[str]) -> None:
    built = Built(text)
    before = built.edges
    built.upload(upload, by="up")
    found = built.edges
    for edge in before:
        found.remove(edge)
    assert found == sorted(new)


def test_steps_that_have_begun_do_not_wait_for_uploads() -> None:
    built = Built(
        "[{command: x, key: up}, {command: x, key: b}, {command: x, key: c, depends_on: [{step: up, allow_failure: true}]}]"
    )
    built.end("up")
    built.reopen("up")
    built.upload(f"[{A}, {WAIT}]", by="up")
    assert built.edges == ["before: a > w", "dependency: up > c?", "upload: up > a?", "upload: up > w?"]


def test_uploaded_steps_wait_for_the_end_of_their_step_unless_it_is_canceled() -> None:
    results: list[Result] = ["passed", "failed", "unmet", "canceled"]
    for result in results:
        built = Built("[{command: x, key: up}]")
        assert built.upload(f"[{A}]", by="up") == []
        assert built.end("up", result) == ["a unmet" if result == "canceled" else "a ready"]


def test_an_uploaded_key_is_waited_for_as_the_entry_says() -> None:
    text = (
        "[{command: x, key: up}, {command: x, key: b, depends_on: [{step: late, allow_failure: true}]},"
        " {command: x, key: c, depends_on: [late, more]}]"
    )
    built = Built(text)
    assert [sorted(built[key].missing) for key in "bc"] == [["late"], ["late", "more"]]
    assert built.upload("[{command: x, key: late}, {group: G, key: other, steps: [{command: x}]}]", by="up") == []
    assert [sorted(built[key].missing) for key in "bc"] == [[], ["more"]]
    assert [edge for edge in built.edges if "dependency" in edge] == ["dependency: late > b?", "dependency: late > c"]
    assert built.upload("[{group: G, key: more, steps: [{command: x, key: d}, {command: x, key: e}]}]", by="up") == []
    assert [edge for edge in built.edges if edge.startswith("dependency: ") and " c" in edge] == [
        "dependency: d > c",
        "dependency: e > c",
        "dependency: late > c",
    ]
    built.end("up")
    assert [built.end("late", "failed"), built.end("d")] == [["b ready", "c unmet"], []]


def test_the_key_of_an_empty_group_is_waited_for_no_longer() -> None:
    built = Built("[{command: x, key: up}, {command: x, key: b, depends_on: late}]")
    assert built.upload("[{group: G, key: late, steps: []}]", by="up") == ["b ready"]


def test_a_step_may_wait_for_another_one_that_is_named_by_itself() -> None:
    one, other = read("[{command: x, key: a}, {command: x, key: b}]").steps
    on = [Dependency("no key", on=one), Dependency("no key", allow_failure=True, on=other)]
    then = [replace(each, depends_on=tuple(on)) for each in read("[{command: x, key: c}, {command: x, key: d}]").steps]
    graph = Graph()
    first, second, third, last = graph.add([one, other, *then], excluded=then[1:])
    assert [(source, to, edge.kind, edge.allow) for source, edge, to in graph.edges()] == [
        (first, third, "dependency", False),
        (second, third, "dependency", True),
    ]
    assert (third.missing, last.missing) == (frozenset(), frozenset())


# Uploads that replace the rest ----------------------------------------------------------------------------------------


def test_what_has_not_begun_behind_the_step_is_removed() -> None:
    built = Built(
        f"[{{command: x, key: z, depends_on: up}}, {{command: x, key: up}}, {A}, {WAIT}, {{group: g, key: g, steps: [{B}]}}, {C}]"
    )
    before = built.edges
    assert built.replace("up") == ["w", "b", "c"]
    assert built.order == "z up a"
    assert built.edges == ["dependency: up > z"] != before
    assert [key for key in ("z", "up", "a", "w", "b", "c", "g") if built.graph.has_key(key)] == ["z", "up", "a"]
    assert built.upload("[{command: x, key: c}, {command: x, key: d, depends_on: c}]", by="up") == []
    assert built.order == "z up c d a"
    assert [built.end("a"), built.end("up"), built.end("c")] == [[], ["c ready"], ["d ready"]]
    assert built.end("d") == ["z ready"]


def test_the_rest_of_a_group_keeps_its_key() -> None:
    built = Built(f"[{{group: g, key: g, steps: [{{command: x, key: up}}, {WAIT}, {B}]}}, {C}]")
    assert built.replace("up") == ["w", "b"]
    assert built.graph.has_key("g")
    built.upload("[{command: x, key: d, depends_on: g}]", by="up")
    assert built.edges == ["dependency: up > d", "upload: up > d?"]


def test_a_step_that_waited_for_a_removed_one_waits_for_its_key() -> None:
    text = (
        "[{command: x, key: b, depends_on: [o, {step: late, allow_failure: true}, never]}, {command: x, key: o}, {command: x, key: up}, wait,"
        " {command: x, key: late}]"
    )
    built = Built(text)
    built.replace("up")
    assert sorted(built["b"].missing) == ["late", "never"]
    assert Built(text)["late"] not in built.graph.unfinished_before(built["b"])
    assert built.upload("[{command: x, key: late}, {command: x, key: never}]", by="up") == []
    assert built["b"].missing == frozenset()
    assert [edge for edge in built.edges if "dependency" in edge] == [
        "dependency: late > b?",
        "dependency: never > b",
        "dependency: o > b",
    ]
    assert [built.end("up"), built.end("late", "failed")] == [["late ready", "never ready"], []]
    assert [built.end("never"), built.end("o")] == [[], ["b ready"]]


def test_a_removed_step_waits_for_nothing_anymore() -> None:
    built = Built("[{command: x, key: up}, {command: x, key: b, depends_on: late}]")
    assert built.replace("up") == ["b"]
    assert built.upload("[{command: x, key: late}]", by="up") == []
    assert [built.end("up"), built.end("late")] == [["late ready"], []]


def test_a_removed_dependency_of_a_step_that_could_not_run_is_waited_for_when_it_waits_again() -> None:
    built = Built(
        "[{command: x, key: a}, {command: x, key: b, depends_on: [a, late]}, {command: x, key: up}, wait, {command: x, key: late}]"
    )
    assert built.end("a", "failed") == ["b unmet"]
    assert built.replace("up") == [None, "late"]
    assert [built.reopen("a"), built.end("a")] == [["b waiting"], []]
    assert sorted(built["b"].missing) == ["late"]
    assert built.upload("[{command: x, key: late}]", by="up") == []
    assert [built.end("up"), built.end("late")] == [["late ready"], ["b ready"]]


def test_a_step_that_has_begun_does_not_wait_for_a_removed_dependency() -> None:
    built = Built("[{command: x, key: z, depends_on: a}, {command: x, key: up}, {command: x, key: a}]")
    assert built.end("a") == ["z ready"]
    built.graph.remove([built["a"]])
    assert built["z"].missing == frozenset()
