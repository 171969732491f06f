"""What a pipeline.yml says: YAML as Buildkite reads it, the one form of each step, interpolation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from buildkite_ext.simulation.definition.compiler import compile_pipeline
from buildkite_ext.simulation.definition.interpolation import InterpolationError, expand, interpolate
from buildkite_ext.simulation.definition.parser import parse_pipeline, parse_pipelines
from buildkite_ext.simulation.definition.yaml_tree import Mark, PipelineError, documents, text_of

from .test_costs import instructions

PARSED = Path("/work/shared/reference/pipelines/parsed.jsonl")
"""Public pipelines, and what Buildkite's own parser reads in them."""

SCHEMA = PARSED.with_name("schema.json")


def _rows() -> list[Any]:
    if not PARSED.exists():
        return []
    rows = [json.loads(line) for line in PARSED.read_text().splitlines()]
    return [pytest.param(row, id=row["file"]) for row in rows]


@pytest.mark.skipif(not PARSED.exists(), reason="the pipelines are not here")
@pytest.mark.parametrize("row", _rows())
def test_what_buildkites_parser_reads(row: dict[str, Any]) -> None:
    assert parse_pipeline(row["yaml"]).tree == row["parsed"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("~", None),
        ("NULL", None),
        ("TRUE", True),
        ("tRUE", "tRUE"),
        ("yes", "yes"),
        ("on", "on"),
        ("n", "n"),
        ("1_000", 1000),
        ("0x1F", 31),
        ("-0b11", -3),
        ("0o17", 15),
        ("017", 15),
        ("08", 8.0),
        ("099", 99.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("1e3", 1000.0),
        ("1e999", "1e999"),
        ("12:30", "12:30"),
        ("1.5.2", "1.5.2"),
        ("2020-01-01", "2020-01-01T00:00:00Z"),
        ("2001-12-14t21:59:43.10-05:00", "2001-12-14T21:59:43.1-05:00"),
        ("2001-12-14 21:59:43", "2001-12-14T21:59:43Z"),
        ("2001-13-14", "2001-13-14"),
        ("0999-01-02", "0999-01-02T00:00:00Z"),
        ("0001-1-1", "0001-01-01T00:00:00Z"),
        ("0000-02-29", "0000-02-29T00:00:00Z"),
        ("999-01-02", "999-01-02"),
        ("10000-01-02", "10000-01-02"),
        ("2001-12-14 24:00:00", "2001-12-14 24:00:00"),
        ("0099-12-14T01:02:03.5-05:30", "0099-12-14T01:02:03.5-05:30"),
        ("2001-12-14T01:02:03-00:00", "2001-12-14T01:02:03Z"),
        ("2001-12-14T01:02:03+24:00", "2001-12-14T01:02:03+24:00"),
        ("2001-12-14T01:02:03", "2001-12-14T01:02:03"),
        ("2001-12-14 01:02:03 -5", "2001-12-14 01:02:03 -5"),
        ("2001-12-14   1:2:3,1234567891", "2001-12-14T01:02:03.123456789Z"),
        ("9223372036854775808", 2**63),
        ("18446744073709551615", 2**64 - 1),
        ("18446744073709551616", float(2**64)),
        ("-9223372036854775809", -float(2**63)),
        ("0x10000000000000000", "0x10000000000000000"),
        ("0o7777777777777777777777777", "0o7777777777777777777777777"),
        ("0x" + "0" * 99 + "1", 1),
        ("9" * 5000, "9" * 5000),
        ("1" * 300, float("1" * 300)),
        ("0O17", 15),
        ("0o18", "0o18"),
        ("+017", 15),
        ("._5", "._5"),
        (".inf", ".inf"),
        ("-.INF", "-.INF"),
        (".nan", ".nan"),
        ("190:20:30", "190:20:30"),
        ("190:20:30.15", "190:20:30.15"),
        ("1__0", 10),
        ("!!str 1.10", "1.10"),
        ("!!str 2020-01-01", "2020-01-01"),
        ("! 017", "017"),
        ("!Ref 5", "5"),
        ("!!int 5", 5),
        ("'017'", "017"),
        ('"true"', "true"),
        ("|\n  true\n", "true\n"),
    ],
)
def test_scalars(text: str, value: object) -> None:
    ((tree, _),) = documents(f"a: {text}")
    assert isinstance(tree, dict)
    assert (tree["a"], type(tree["a"])) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true: 1", {"true": 1}),
        ("1: a", {"1": "a"}),
        ("1.5: a", {"1.500000e+00": "a"}),
        ("a: 1\na: 2", {"a": 2}),
        ("x: &x {a: 1, b: 2}\ny: {<<: *x, b: 3}", {"x": {"a": 1, "b": 2}, "y": {"a": 1, "b": 3}}),
        ("x: &x {a: 1}\ny: {b: 3, <<: [*x, {a: 2, c: 4}]}", {"x": {"a": 1}, "y": {"b": 3, "a": 1, "c": 4}}),
        ("a: &a [1]\nb: [*a, *a]", {"a": [1], "b": [[1], [1]]}),
        ('"<<": {a: 1}', {"<<": {"a": 1}}),
    ],
)
def test_mappings(text: str, value: object) -> None:
    assert documents(text)[0][0] == value


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("steps:\n  - command: [\n", 3, 1, "not YAML"),
        ("steps:\n\t- wait", 2, 1, "not YAML"),
        ("a: \x01", 1, 4, "not YAML: the character U+0001 is not allowed"),
        ("steps:\n- command: a\0b\n", 2, 13, "not YAML: the character U+0000 is not allowed"),
        ("é:\r\n- ü\x7f", 2, 4, "not YAML: the character U+007F is not allowed"),
        ("a: 1\nb: \ud83d", 2, 4, "not YAML: it holds half a character"),
        ("? \n: a", 1, 2, "a key is empty"),
        ("? [a]\n: b", 1, 3, "a key has to be a text"),
        ("a: &a\n  b: *a", 1, 4, "infinite recursion"),
        ("a: {<<: 1}", 1, 9, "`<<` takes a mapping"),
        ("[" * 200 + "]" * 200, 1, 101, "nested deeper"),
        ("[" * 100_000, 1, 101, "nested deeper"),
        ("hello", 1, 1, "a pipeline was expected"),
        (".buildkite/pipeline.yml", 1, 1, "It looks like the path of a file: give what it holds"),
        (r"C:\ci\my pipeline.yaml", 1, 1, "It looks like the path of a file: give what it holds"),
        ("", 1, 1, "a pipeline was expected"),
        ("steps: 5", 1, 8, "`steps` is a number: a list of steps was expected"),
        ("steps:\n  - wait\n  - 5", 3, 5, "a step was expected"),
        ("- [wait]", 1, 3, "a step was expected"),
        ("steps:\n  -\n  - wait", 2, 4, "a step was expected"),
        ("env: [A]\nsteps: []", 1, 6, "a mapping of names and texts was expected"),
        ("steps:\n  - group: a\n    steps: b", 3, 12, "a list of steps was expected"),
    ],
)
def test_errors_name_the_place_and_what_was_expected(text: str, line: int, column: int, words: str) -> None:
    with pytest.raises(PipelineError) as raised:
        parse_pipeline(text)
    problem = raised.value.problem
    assert words in problem.message
    assert problem.mark == Mark(line, column)


def _aliases(levels: int) -> str:
    """Return a text in which each list holds the list before it nine times."""
    lines = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, levels)]
    return "\n".join(["a0: &a0 [x, x, x, x, x, x, x, x, x]", *lines])


_KEYS = ", ".join(f"k{n}: v" for n in range(999))
_TOO_LARGE = {
    "aliases of aliases": (_aliases(50), 6),
    "a mapping that is merged often": (f"a: &a {{{_KEYS}}}\nb: [{', '.join(['{<<: *a}'] * 999)}]", 2),
    "a list of merges": (f"a: &a {{{_KEYS}}}\nb: {{<<: [{', '.join(['*a'] * 999)}]}}", 2),
    "merges of merges": ("a0: &a0 {}\n" + "".join(f"a{n}: &a{n} {{<<: *a{n - 1}, k{n}: v}}\n" for n in range(1, 999)), 224),
    "aliases as keys of a merge": (f"a: &a {{{_KEYS}}}\nb: &b [{', '.join(['*a'] * 20)}]\nc: [*b, {{<<: *b}}, *b]", 3),
    "many values": (f"a: [{'b, ' * 99_999}]", 1),
    "many documents": (f"--- [{'b, ' * 99_000}]\n--- [{'b, ' * 999}]", 2),
}  # fmt: skip


@pytest.mark.parametrize(("text", "line"), _TOO_LARGE.values(), ids=_TOO_LARGE)
def test_a_text_that_is_too_large_is_refused_before_it_is_built(text: str, line: int) -> None:
    with pytest.raises(
        PipelineError,
        match=f"more than 100,000 keys and values{', when aliases are followed' * ('*' in text)}: it is the most that is read here$",
    ) as raised:
        parse_pipelines(text)
    assert raised.value.problem.mark.line == line


def test_what_is_refused_costs_as_much_as_its_text() -> None:
    def refused(levels: int) -> None:
        with pytest.raises(PipelineError):
            parse_pipelines(_aliases(levels))

    assert instructions(lambda: refused(50)) < 20_000


def test_deep_texts_are_refused_also_by_aliases() -> None:
    text = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 200))
    with pytest.raises(PipelineError, match="nested deeper than 100"):
        parse_pipelines(text)


@pytest.mark.parametrize(
    ("step", "parsed"),
    [
        ("wait", "wait"),
        ("{command: [a, 1, true, ~, 1.0]}", {"command": "a\n1\ntrue\n\n1"}),
        ("{command: a, commands: [b]}", {"command": "b"}),
        ("{commands: ~}", {"command": ""}),
        ("{plugins: [docker]}", {"command": "", "plugins": [{"github.com/buildkite-plugins/docker-buildkite-plugin": None}]}),
        ("{command: a, id: k, identifier: other}", {"command": "a", "key": "k", "identifier": "other"}),
        ("{command: a, label: '', name: n}", {"command": "a", "name": "n"}),
        ("{command: a, env: {A: 1, B: ~}, matrix: ~, secrets: [], cache: ~}", {"command": "a", "env": {"A": "1", "B": ""}}),
        ("{command: a, cache: false}", {"command": "a", "cache": False}),
        ("{command: a, cache: x}", {"command": "a", "cache": {"paths": ["x"]}}),
        ("{command: a, cache: {paths: x, name: ''}}", {"command": "a", "cache": {"paths": ["x"]}}),
        ("{command: a, secrets: {E: K}}", {"command": "a", "secrets": [{"key": "K", "environment_variable": "E"}]}),
        ("{command: a, matrix: [1, 2.0]}", {"command": "a", "matrix": ["1", "2"]}),
        ("{command: a, matrix: {setup: [1]}}", {"command": "a", "matrix": ["1"]}),
        (
            "{command: a, matrix: {setup: {os: linux}, adjustments: [{with: {os: 1}, skip: true}]}}",
            {"command": "a", "matrix": {"setup": {"os": ["linux"]}, "adjustments": [{"with": {"os": "1"}, "skip": True}]}},
        ),
        ("{type: script, label: x}", {"type": "script", "label": "x", "command": ""}),
        ("{block: x, command: a}", {"block": "x", "command": "a"}),
        ("{label: g, group: ~, steps: [wait]}", {"label": "g", "group": None, "steps": ["wait"]}),
        ("{type: group, name: g}", {"type": "group", "group": "g", "steps": []}),
        ("{wait: ~, if: x}", {"wait": None, "if": "x"}),
        ("{input: a, name: b}", {"input": "a", "name": "b"}),
    ],
)  # fmt: skip
def test_the_one_form_of_a_step(step: str, parsed: object) -> None:
    assert parse_pipeline(f"- {step}").tree["steps"] == [parsed]


@pytest.mark.parametrize(
    ("source", "full"),
    [
        ("docker", "github.com/buildkite-plugins/docker-buildkite-plugin"),
        ("docker#v1.0", "github.com/buildkite-plugins/docker-buildkite-plugin#v1.0"),
        ("acme/lint#main", "github.com/acme/lint-buildkite-plugin#main"),
        ("github.com/acme/lint#main", "github.com/acme/lint#main"),
        ("ssh://git@host/a/b", "ssh://git@host/a/b"),
        ("git@github.com:acme/lint", "git@github.com:acme/lint"),
        ("/local/plugin", "/local/plugin"),
        ("./local", "./local"),
        (".\\local", ".\\local"),
    ],
)
def test_full_names_of_plugins(source: str, full: str) -> None:
    assert parse_pipeline(f"- plugins: ['{source}']").tree["steps"] == [{"command": "", "plugins": [{full: None}]}]


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("steps: []\nstep: []", 2, 1, "did you mean `steps`?"),
        ("- command: a\n  timeout_in_minuts: 5", 2, 3, "did you mean `timeout_in_minutes`?"),
        ("- trigger: a\n  command_x: 5", 2, 3, "kept as it is"),
        ("- waiting", 1, 3, "the kind of this step is unknown"),
        ("- label: a", 1, 3, "the kind of this step is unknown"),
        ("- type: 5\n  command: a", 1, 3, "the kind of this step is unknown"),
        ("- command: a\n  env: {A: [1]}", 2, 12, "`A` is a list: a text was expected"),
        ("- command: {}", 1, 12, "`command` is a mapping: a text was expected"),
        ("- plugins: x", 1, 12, "a list of plugins was expected"),
        ("env: {A: 1}", 1, 1, "has no `steps`"),
    ],
)
def test_warnings_name_the_place(text: str, line: int, column: int, words: str) -> None:
    (warning,) = parse_pipeline(text).warnings
    assert words in warning.message
    assert (warning.level, warning.mark) == ("warning", Mark(line, column))


def test_a_step_that_does_not_fit_is_kept_whole() -> None:
    step = {"command": "a", "name": "n", "env": {"A": [1]}}
    assert parse_pipeline(json.dumps([step])).tree["steps"] == [step]


def test_each_document_is_a_pipeline() -> None:
    assert [each.tree["steps"] for each in parse_pipelines("- wait\n---\n- block: x\n")] == [["wait"], [{"block": "x"}]]


@pytest.mark.skipif(not SCHEMA.exists(), reason="the schema is not here")
def test_what_the_schema_knows_is_known() -> None:
    definitions = json.loads(SCHEMA.read_text())["definitions"]
    for name, first in {"commandStep": "command", "waitStep": "wait", "blockStep": "block", "inputStep": "input",
                        "triggerStep": "trigger", "groupStep": "group"}.items():  # fmt: skip
        keys = [key for key in definitions[name]["properties"] if key not in ("type", "steps")]
        step = {
            first: "x",
            **{key: {} if key == "env" else [] if key in ("plugins", "secrets", "matrix") else "x" for key in keys},
        }
        assert parse_pipeline(json.dumps([step])).warnings == (), name


ENVIRONMENT = {"CITY": "Łódź", "EMPTY": "", "A1": "x", "DOLLAR": "$CITY", "a": "lower"}


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("$CITY!", "Łódź!"),
        ("${CITY}x", "Łódźx"),
        ("$CITYx $NONE.", " ."),
        ("$a.b", "lower.b"),
        ("${NONE:-d} ${EMPTY:-d} ${CITY:-d}", "d d Łódź"),
        ("${NONE-d} [${EMPTY-d}]", "d []"),
        ("${NONE-}", ""),
        ("${NONE:-${EMPTY:-${A1}}}", "x"),
        ("${NONE:-a $CITY \\$b}", "a Łódź $b"),
        ("${A1?missing}", "x"),
        ("${EMPTY?missing}", ""),
        ("${CITY:0:2}", "Ł"),
        ("${CITY:2}", "ódź"),
        ("${CITY: -2}", "ź"),
        ("${CITY:0: -5}", "Ł"),
        ("${CITY:20:3}${CITY: -20:2}", "Ł"),
        ("${NONE:1:2}", ""),
        ("[${A1:99999999999999999999:3}]", "[]"),
        ("${A1: -99999999999999999999:1}", "x"),
        ("${CITY:0:9999999999} ${CITY:0: -9999999999}", "Łódź "),
        ("${CITY:2:" + "9" * 5000 + "}", "ódź"),
        ("${CITY:" + "0" * 30 + "2}", "ódź"),
        ("${CITY:1:1}", "�"),
        ("$$CITY \\$CITY $${CITY} $$$CITY", "$CITY $CITY ${CITY} $Łódź"),
        ("\\\\$A1 \\n", "\\\\x \\n"),
        ("$(date) $1 $/ $_ 5$", "$(date) $1 $/ $_ 5$"),
        ("$DOLLAR", "$CITY"),
        ("build.branch =~ /main$$/", "build.branch =~ /main$/"),
        ("${A1:0:0}${A1:1:1}|${CITY:2: -3}", "|ó"),
        ("${NONE}|${EMPTY}", "|"),
        ("${A1}" * 60, "x" * 60),
        ("${NONE:-" * 50 + "y" + "}" * 50, "y"),
    ],
)
def test_expansions(text: str, want: str) -> None:
    assert expand(text, ENVIRONMENT) == want


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("${1}", "the name of a variable was expected"),
        ("${}", "the name of a variable was expected"),
        ("${_A}", "the name of a variable was expected"),
        ("${A1", "not closed"),
        ("${A1:-x", "not closed"),
        ("${A1:+x}", "a number was expected"),
        ("${A1:?x}", "a number was expected"),
        ("${A1:x}", "a number was expected"),
        ("${A1+x}", "an operator that interpolation doesn't know"),
        ("${NONE?}", "$NONE: not set"),
        ("${NONE?give $CITY}", "$NONE: give Łódź"),
        ("${a-" * 60, "nested deeper than 50"),
        ("${NONE:-" * 51 + "}" * 51, "nested deeper than 50"),
        ("${NONE}" * 60 + "${NONE:-" * 51 + "}" * 51, "nested deeper than 50"),
        ("${NONE:-${NONE}" * 51 + "}" * 51, "nested deeper than 50"),
        ("a\n${A1:\nx}", "`${A1:`: a number"),
        ("${A1:" + "x" * 40, "`${A1:xxxxxxxxxxxxxxx`: a number"),
        ("x ${A1:1:z}", "`${A1:1:z}`: a number"),
    ],
)
def test_expansions_that_are_refused(text: str, message: str) -> None:
    with pytest.raises(InterpolationError) as raised:
        expand(text, ENVIRONMENT)
    assert message in str(raised.value)


def test_the_pipelines_own_variables_are_expanded_first_and_win() -> None:
    tree = parse_pipeline(
        "steps:\n- command: echo $A $B $CITY\n  timeout_in_minutes: 5\n  env: {$A: $NONE}\n  if: build.env('X') == '$A'\n"
        "env: {A: 1, B: '${A}2', CITY: Bonn, '${A1}Y': $CITY}\n"
    ).tree
    assert interpolate(tree, ENVIRONMENT) == {
        "env": {"A": "1", "B": "12", "CITY": "Bonn", "xY": "Bonn"},
        "steps": [
            {
                "command": "echo 1 12 Bonn",
                "timeout_in_minutes": 5,
                "env": {"1": ""},
                "if": "build.env('X') == '1'",
            }
        ],
    }


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("steps:\n  - command: make\n    label: ${V?set it}\n", 3, 12),
        ("steps:\n  - command: make\n    agents: {q: [a, '${V?set it}']}\n", 3, 21),
        ("steps:\n  - command: make\n    env: {'${V?set it}': a}\n", 3, 11),
        ("env: {A: b, '${V?set it}': c}\nsteps: []\n", 1, 13),
        ("env:\n  A: b\n  B: ${V?set it}\nsteps: []\n", 3, 6),
        ("steps: []\nagents: ${V?set it}\n", 2, 9),
        ("steps: []\n${V?set it}: 5\n", 2, 1),
    ],
)
def test_an_expansion_that_fails_names_its_place(text: str, line: int, column: int) -> None:
    tree = parse_pipeline(text).tree
    with pytest.raises(PipelineError) as raised:
        interpolate(tree, {})
    assert str(raised.value) == f"line {line}, column {column}: $V: set it"


def test_what_is_wrong_after_an_expansion_has_its_place_in_the_text() -> None:
    text = (
        "env: {$A: b}\n"
        "steps:\n"
        "- command: x\n"
        "  depends_on: ['$A', {allow_failure: true}]\n"
        "  $B: $C\n"
        "- command: y\n"
        "  retry: {automatic: [{exit_status: $C}, {limit: 30}]}\n"
        "  soft_fail: [{exit_status: $C}]\n"
    )
    tree = interpolate(parse_pipeline(text).tree, {"A": "a", "B": "parallelism", "C": "many"})
    places = [(problem.mark.line, problem.mark.column) for problem in compile_pipeline(tree).problems]
    assert places == [(4, 22), (5, 7), (7, 37), (7, 50), (8, 15)]


def test_the_environment_of_a_pipeline_is_expanded_once() -> None:
    tree = parse_pipeline("steps: []\nenv: {A: $$B, B: b}\n").tree
    assert interpolate(tree, {"B": "x"})["env"] == {"A": "$B", "B": "b"}
    tree = parse_pipeline("steps: []\nenv: {PATH: '/opt/bin:$PATH'}\n").tree
    assert interpolate(tree, {"PATH": "/bin"})["env"] == {"PATH": "/opt/bin:/bin"}
    assert interpolate(parse_pipeline("steps: []\nenv:\n").tree, {}).get("env") is None


@given(st.text(max_size=30))
def test_any_text_is_expanded_or_refused(text: str) -> None:
    try:
        expanded = expand(text, ENVIRONMENT)
    except InterpolationError:
        assert "${" in text
    else:
        assert "$" in text or expanded == text


@given(st.text(max_size=20), st.text(alphabet="ab $", max_size=10))
def test_an_escaped_text_is_itself(before: str, after: str) -> None:
    text = (before + after).replace("\\", "")
    assert expand(text.replace("$", "$$"), ENVIRONMENT) == text


_TEXTS = st.text(
    st.characters(exclude_characters="\x7f\x85\u2028\u2029\ufeff", exclude_categories=("Cs", "Cc", "Cn")), max_size=8
)
_SCALARS = st.none() | st.booleans() | st.integers(-(2**40), 2**40) | _TEXTS
_TREES = st.recursive(
    _SCALARS,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(_TEXTS, below, max_size=3),
    max_leaves=8,
)


@given(_TREES)
def test_what_is_written_is_read(value: object) -> None:
    assert documents(yaml.safe_dump(value, allow_unicode=True))[0][0] == value
    assert documents(json.dumps(value, ensure_ascii=False))[0][0] == value


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parse_pipelines(text)
    except PipelineError as error:
        assert str(error).startswith("line ")  # noqa: PT017 - not every text is refused


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_the_text_of_a_number_is_that_number(value: float) -> None:
    assert float(text_of(value)) == value
