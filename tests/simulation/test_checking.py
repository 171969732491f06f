"""The check of a pipeline's text: what is an error, what is a warning, and where it is."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from buildkite_ext import ApiError, ConfigurationError
from buildkite_ext.simulation import Mark, Simulator, check_pipeline, plan_pipeline

from .test_costs import grows, instructions

PARSED = Path("/work/shared/reference/pipelines/parsed.jsonl")


def found(text: str, *, interpolated: bool = True) -> list[tuple[str, int, int, str]]:
    return [
        (each.level, each.mark.line, each.mark.column, each.message)
        for each in check_pipeline(text, interpolated=interpolated)
    ]


ERRORS = [
    ("not YAML", "steps: [", 1, 9, "not YAML"),
    ("not YAML, up to the end of the last line", "steps: [\n", 2, 1, "not YAML"),
    ("not YAML, in the last of several lines", "steps:\r\n- command: x\r\n  if: [#x", 3, 10, "not YAML"),
    ("a list of queues", "- {command: x, agents: {queue: [a, b]}}", 1, 32, "`queue` is a list: a text was expected"),
    ("a tab", "steps:\n\t- command: x", 2, 1, "indented with a tab"),
    ("a tab behind spaces", "steps:\n  \t- command: x", 2, 3, "indented with a tab"),
    ("no pipeline", "true", 1, 1, "a pipeline was expected"),
    ("a wrong value", "- command: x\n  parallelism: many", 2, 16, "`parallelism` is a text: a whole number"),
    ("a wrong value of a list", "- command: x\n  soft_fail: [{exit_status: x}]", 2, 15, "an entry of `soft_fail` is wrong"),
    ("a number of jobs that none could make", "- command: x\n  parallelism: 100000000", 2, 16, "at most 10000 was expected"),
    ("a number of jobs beyond any", f"- command: x\n  parallelism: {'9' * 5000}", 2, 16, "a whole number was expected"),
    ("a condition", "- command: x\n  if: build.nope", 2, 7, "`build.nope` is not a variable"),
    ("an operator of another language", "- command: x\n  if: build.branch = 'main'", 2, 20, "did you mean `==`?"),
    ("a word of another language", "- command: x\n  if: true and true", 2, 12, "did you mean `&&`?"),
    ("a sign of another language", "- command: x\n  if: true | true", 2, 12, "did you mean `||`?"),
    ("a field without a key", "- block: x\n  fields: [{text: a}]", 2, 12, "a field needs a `key`"),
    ("a format that is none", "- block: x\n  fields: [{text: a, key: b, format: '['}]", 2, 12, "not a regular expression"),
    ("a condition, at its wrong place", "- command: x\n  if: build.tag == null && build.nope", 2, 28, "`build.nope`"),
    ("a condition in quotes", "- {command: x, if: 'true && 5'}", 1, 29, "`&&` takes true or false"),
    ("a condition on lines", "- command: x\n  if: |\n    true &&\n    5 == \"a\"", 4, 7, "compares a number"),
    ("a key twice", "- {command: x, key: a}\n- {command: y, key: a}", 2, 21, "already been used by another step in this build (line 1)"),
    ("a key twice, in a group", "- {group: g, key: a, steps: [{command: y, key: a}]}", 1, 48, "already been used"),
    ("a group in a group", "- {group: g, steps: [{group: h, steps: []}]}", 1, 22, "groups can't be nested"),
    ("concurrency without a group", "- {command: x, concurrency: 1}", 1, 29, "needs a `concurrency_group`"),
    ("an expansion", "- command: echo ${1}", 1, 12, "the name of a variable was expected"),
    ("an expansion in a key", "- command: x\n  env: {\"${A\": b}", 2, 9, "is not closed"),
    ("a rule that is a text", "- {command: x, retry: {automatic: [{exit_status: 1}, always]}}", 1, 54, "an entry of `automatic` is a text"),
    ("a rule that is a number", "- {command: x, retry: {automatic: [7]}}", 1, 36, "an entry of `automatic` is a number"),
    ("soft_fail of an adjustment", "- {command: x, matrix: {setup: [a, b], adjustments: [{with: a, soft_fail: b}]}}", 1, 75, "`soft_fail` is a text"),
    ("an adjustment of a list", "- {command: x, matrix: {setup: [a], adjustments: [{with: [a]}]}}", 1, 58, "`with` is a list"),
    ("a matrix of many jobs", f"- {{command: x, matrix: {{setup: {{{', '.join(f'{d}: {list(range(25))}' for d in 'abcdef')}}}}}}}", 1, 24, "makes at most 50 jobs, not 244140625"),
    ("an image that is a list", "- {command: x, image: [a]}", 1, 23, "`image` is a list: a text was expected"),
    ("an image at the top", "{image: {a: b}, steps: [wait]}", 1, 9, "`image` is a mapping: a text was expected"),
    ("a field whose name is a list", "- {block: x, fields: [{text: [a], key: b}]}", 1, 30, "`text` is a list: a text was expected"),
    ("a hint that is a mapping", "- {block: x, fields: [{text: a, key: b, hint: {c: d}}]}", 1, 47, "`hint` is a mapping"),
    ("an option whose label is a list", "- {block: x, fields: [{select: a, key: b, options: [{label: [c], value: d}]}]}", 1, 61, "`label` is a list"),
    ("a circle", "- {command: a, key: a, depends_on: b}\n- {command: b, key: b, depends_on: [a]}", 1, 36, "a -> b -> a"),
    (
        "a circle by a group",
        "- {group: g, key: g, depends_on: c, steps: [{command: a}]}\n- {command: c, key: c, depends_on: g}",
        1,
        34,
        "line 1 -> c -> line 1",
    ),
    ("a dependency across a wait", "- {command: a, depends_on: b}\n- wait\n- {command: b, key: b}", 1, 28, "holds back"),
    ("a dependency across a block", "- {command: a, depends_on: b}\n- block\n- {command: b, key: b}", 1, 28, "holds back"),
    ("env that is a list", "- {command: a, env: [A]}", 1, 21, "`env` is a list: a mapping was expected"),
    ("a key that is a list", "- {command: a, key: [a]}", 1, 21, "`key` is a list: a text was expected"),
    ("commands that are a mapping", "- {command: {a: b}}", 1, 13, "`command` is a mapping: a text was expected"),
    ("an expansion in a list of options", "- {block: x, fields: '${A:+x}'}", 1, 22, "a number was expected behind `:`"),
    ("an expansion in a step", "- '${'", 1, 3, "the name of a variable was expected behind `${`"),
    ("an expansion in steps", "steps: '${'", 1, 8, "the name of a variable was expected behind `${`"),
    ("concurrency that is no number, without a group", "- {command: a, concurrency: x}", 1, 29, "`concurrency` is a text: a whole number was expected"),
    ("options that are a number", "- {block: x, fields: [{select: a, key: b, options: 0}]}", 1, 52, "`options` is a number: a list of options was expected"),
    ("a trigger that is a list", "- {trigger: [a]}", 1, 13, "`trigger` is a list: a text was expected"),
    ("skip that is a list", "- {command: a, skip: [1]}", 1, 22, "`skip` is a list: a text was expected"),
    ("an entry of soft_fail without a status", "- command: a\n  soft_fail:\n  - status: 1", 3, 5, "such as exit_status: 1"),
    ("a matrix without setup", "- command: a\n  matrix:\n    os: [a]", 3, 5, "the matrix has no `setup`"),
    ("an adjustment without values", "- command: a\n  matrix:\n    setup: [a]\n    adjustments:\n    - skip: true", 5, 7, "an adjustment needs `with`"),
    ("parallelism that is none, beside a matrix", "- {command: a, matrix: [a], parallelism: 0}", 1, 42, "can't stand beside `matrix`"),
    ("one key in two documents", "- {command: a, key: b}\n---\n- {command: a, key: b}", 3, 21, "already been used by another step in this build (line 1)"),
    ("a group across a wait", "- {group: g, depends_on: b, steps: [{command: a}]}\n- wait\n- {command: b, key: b}", 1, 26, "waits for 'b', which a wait"),
    ("a step that waits for its group", "- {group: g, key: g, steps: [{command: a, depends_on: g}, {command: b}]}", 1, 55, "the step waits for 'g', the group in which it stands"),
    ("a wait that waits for its group", "- {group: g, key: g, steps: [{wait: ~, depends_on: g}]}", 1, 52, "the step waits for 'g', the group in which it stands"),
    ("a group that waits for its own step", "- {group: g, depends_on: a, steps: [{command: a, key: a}, {command: b}]}", 1, 26, "the group waits for its own step 'a'"),
    ("a group that waits for itself", "- {group: g, key: g, depends_on: g, steps: [{command: a}, {command: b}]}", 1, 34, "the group waits for itself"),
    ("a step that waits for itself", "- {command: a, key: a, depends_on: a}", 1, 36, "the step a waits for itself"),
    ("groups in groups of a pattern", f"- {{command: a, if: 'build.tag =~ /{'(' * 1000}a{')' * 1000}/'}}", 1, 34, "nested deeper than 100, the most that is read here"),
    ("groups in groups of a format", f"- {{block: a, fields: [{{text: b, key: c, format: '{'(' * 5000}a{')' * 5000}'}}]}}", 1, 23, "`format` is a regular expression whose groups are nested too deeply"),
    ("a format that repeats too often", "- {block: a, fields: [{text: b, key: c, format: 'a{99999999999}'}]}", 1, 23, "`format` is not a regular expression"),
    ("a format that is a number", "- {block: a, fields: [{text: b, key: c, format: 1}]}", 1, 49, "`format` is a number: a regular expression, a text, was expected"),
    ("an option without a value", "- {block: a, fields: [{select: b, key: c, options: [{label: d}]}]}", 1, 23, "`options`, option 1: give a mapping with a `value`"),
    ("a whole number of many digits", f"- {{command: a, parallelism: {'9' * 32}}}", 1, 29, "`parallelism` is 1e+32: at most 10000 was expected"),
    ("a whole number in quotes", "- {command: a, parallelism: '99999999999'}", 1, 29, "`parallelism` is 99999999999: at most 10000"),
    ("a number beyond any", "- {command: a, priority: 1e400}", 1, 26, "`priority` is 1e400: a whole number was expected"),
    ("no number", "- {command: a, priority: .nan}", 1, 26, "`priority` is .nan: a whole number was expected"),
    ("many digits", f"- {{command: a, priority: 0x{'f' * 50}}}", 1, 26, f"`priority` is 0x{'f' * 38}…: a whole number was expected"),
    ("many values", f"- {{env: {{{', '.join(f'A{n}: 1' for n in range(50_000))}}}}}", 1, 538_878, "more than 100,000 keys and values: it is the most that is read here"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "column", "words"), [pytest.param(*row, id=name) for name, *row in ERRORS])
def test_errors(text: str, line: int, column: int, words: str) -> None:
    ((level, *place, message),) = found(text)
    assert (level, place) == ("error", [line, column])
    assert words in message


@pytest.mark.parametrize(
    ("scalar", "place"),
    [
        pytest.param("|\n    true &&\n    // note\n      no", (5, 7), id="literal"),
        pytest.param("|2-  # a note\n      true &&\n    no", (4, 5), id="literal with an indicator"),
        pytest.param(">-\n    true &&\n    no", (4, 5), id="folded"),
        pytest.param(">\n\n    true\n\n      && no", (6, 10), id="folded with blank and deeper lines"),
        pytest.param("true\n    && no", (3, 8), id="plain on lines"),
        pytest.param("&a !!str true\n    && no", (3, 8), id="plain with an anchor and a tag"),
        pytest.param("'''a'' == ''a''\n\n    && no'", (4, 8), id="single quotes"),
        pytest.param(r'''"'\u00e9\x41\U0001F600' == \"\/\" && \
    true\t&&\_no"''', (3, 15), id="double quotes"),
        pytest.param("|\n    true &&\n    true &&\n", (4, 12), id="its end"),
    ],
)  # fmt: skip
def test_a_wrong_condition_is_told_at_the_place_of_the_character(scalar: str, place: tuple[int, int]) -> None:
    ((_, *at, _),) = found(f"- command: a\n  if: {scalar}\n")
    assert tuple(at) == place


def test_wrong_conditions_of_notifications_are_warned_about() -> None:
    text = """
notify:
- {email: a@b.c, if: build.stat == 1}
- {email: a@b.c, if: step.outcome == "passed"}
- {email: a@b.c, if: [a]}
- {email: a@b.c, if: "// all"}
- github_check
steps:
- {command: a, notify: [{slack: "#x", if: 'step.outcome == "passed"'}, {slack: "#x", if: true && 5}, {slack: "#x", if: true}]}
- {group: g, notify: [{slack: "#x", if: nope}], steps: [{command: a}]}
"""
    never = "the notification is never sent, since an error counts as false: "
    assert [(level, line, column, message.removeprefix(never)) for level, line, column, message in found(text)] == [
        ("warning", 3, 22, "`build.stat` is not a variable: did you mean `build.state`?"),
        ("warning", 4, 22, "`step.outcome` is available in the notifications of a step only"),
        ("warning", 5, 22, "the `if` of a notification is a list: a text was expected"),
        ("warning", 9, 98, "`&&` takes true or false, and this is a number."),
        ("warning", 10, 41, "`nope` is not a variable"),
    ]


def test_the_check_goes_on_behind_an_error_of_the_structure() -> None:
    text = (
        "env: [A]\nsecrets: 3\nsteps:\n- 7\n- {group: g, steps: {command: a, key: k}}\n- {group: h, steps: 0}\n- [x]\n- {group: i, steps: []}\n"
        "- {command: a, parallelism: 0, depends_on: k}\n---\nsteps: 3\nimage: [a]\n---\ntrue\n---\n- {command: x, if: build.nope}\n"
    )
    assert [(line, message.partition(":")[0]) for _, line, _, message in found(text)] == [
        (1, "`env` is a list"),
        (2, "`secrets` is a number"),
        (4, "this is a number"),
        (5, "`steps` is a mapping"),
        (6, "`steps` is a number"),
        (7, "this is a list"),
        (8, "the group has no steps"),
        (9, "`parallelism` is 0"),
        (11, "`steps` is a number"),
        (12, "`image` is a list"),
        (14, "this is true or false"),
        (16, "`build.nope` is not a variable"),
    ]


@pytest.mark.parametrize("condition", ["// only a comment", " // a\n  // b", ""])
def test_a_condition_of_comments_counts_as_absent(condition: str) -> None:
    text = f"- {{command: x, if: {json.dumps(condition)}}}"
    assert found(text) == []
    assert plan_pipeline(text).steps[0].left_out is None


def test_a_condition_has_any_number_of_operators() -> None:
    for operator in ("||", "&&"):
        text = f" {operator} ".join(["build.branch == 'main'"] * 2000)
        assert found(f'- {{command: x, if: "{text}"}}') == []


def test_what_is_nested_too_deeply_is_refused_by_everything_that_reads_it() -> None:
    text = f"steps:\n- command: x\n  if: build.branch =~ /{'(' * 1000}a{')' * 1000}/\n"
    simulator = Simulator()
    web = simulator.pipeline("web")
    for read in (web.configure, plan_pipeline):
        with pytest.raises(ConfigurationError, match=r"line 3, column 23: the groups of the regular expression"):
            read(text)
    with simulator.client() as buildkite, pytest.raises(ApiError) as raised:
        buildkite.pipelines.update("web", configuration=text)
    assert raised.value.status == 422


WARNINGS = [
    ("no steps", "env: {A: b}", 1, 1, "has no `steps`"),
    ("an unknown attribute", "- {command: x, paralelism: 2}", 1, 16, "did you mean `parallelism`?"),
    ("an unknown attribute at the top", "stepps: []\nsteps: []", 1, 1, "did you mean `steps`?"),
    ("an unknown step", "- {comand: x}", 1, 3, "the kind of this step is unknown: it isn't documented whether Buildkite refuses it, which would fail the build"),
    ("an unknown step that resembles one", "- {comand: x}", 1, 3, "Did you mean `command` instead of `comand`?"),
    ("a step of another system", "- {label: x, run: make}", 1, 3, "Did you mean `command` instead of `run`?"),
    ("a group without its name", "- {label: x, steps: []}", 1, 3, "Did you forget `group`?"),
    ("an unknown type", "- {type: comand, command: x}", 1, 3, "Did you mean `type: command`?"),
    ("an unknown word", "- waitr", 1, 3, "Did you mean `wait`?"),
    ("a step with a label alone", "- {label: x}", 1, 3, "It has none of `command`, `plugins`, `wait`"),
    ("an unknown attribute of a block step", "- {block: x, field: []}", 1, 14, "of a block step: did you mean `fields`?"),
    ("an unknown attribute of an input step", "- {input: x, field: []}", 1, 14, "of an input step: did you mean"),
    ("an unknown attribute of a retry", "- {command: x, retry: {automatc: true}}", 1, 24, "did you mean `automatic`?"),
    ("an unknown attribute of a rule", "- {command: x, retry: {automatic: {exit_code: 1}}}", 1, 36, "which has `exit_status`"),
    ("an unknown attribute of a rule in a list", "- {command: x, retry: {automatic: [{limt: 1}]}}", 1, 37, "`limit`?"),
    ("an unknown attribute of manual", "- {command: x, retry: {manual: {allow: false}}}", 1, 33, "did you mean `allowed`?"),
    ("an unknown attribute of soft_fail", "- {command: x, soft_fail: [{exit_status: 1, x: 2}]}", 1, 45, "which has `exit_status`"),
    ("an unknown attribute of a dependency", "- {command: x, key: a}\n- {command: y, depends_on: [{step: a, allow_fail: true}]}", 2, 39, "`allow_failure`?"),
    ("an unknown attribute of a build", "- {trigger: x, build: {brnch: y}}", 1, 24, "did you mean `branch`?"),
    ("an unknown attribute of if_changed", "- {command: x, if_changed: {includes: a}}", 1, 29, "did you mean `include`?"),
    ("an unknown attribute of a matrix", "- {command: x, matrix: {setup: [a], adjustment: []}}", 1, 37, "did you mean `adjustments`?"),
    ("an unknown attribute of an adjustment", "- {command: x, matrix: {setup: [a], adjustments: [{with: a, softfail: true}]}}", 1, 61, "`soft_fail`?"),
    ("an unknown attribute of a field", "- {block: x, fields: [{text: a, key: b, requird: true}]}", 1, 41, "did you mean `required`?"),
    ("an unknown attribute of an option", "- {block: x, fields: [{select: a, key: b, options: [{lable: c, value: d}]}]}", 1, 54, "`label`?"),
    ("a select field without options", "- {block: x, fields: [{select: a, key: b}]}", 1, 24, "needs `options`"),
    ("a token in a key", "- {command: '{{matrix}}', key: 'x-{{matrix}}', matrix: [a]}", 1, 32, "`{{matrix}}` isn't replaced in `key`"),
    ("a token in a concurrency group", "- {command: x, matrix: {setup: {os: [a]}}, concurrency: 1, concurrency_group: 'd/{{ matrix.os }}'}", 1, 79, "`{{ matrix.os }}` isn't replaced in `concurrency_group`"),
    ("a key twice in a step", "- command: a\n  label: b\n  command: c", 3, 3, "`command` stands in this mapping twice: the last one counts"),
    ("a key twice in env", "- {command: a, env: {A: 1, B: 2, A: 3}}", 1, 34, "`A` stands in this mapping twice"),
    ("a key twice at the top", "steps: [wait]\nenv: {A: b}\nsteps: [wait]", 3, 1, "`steps` stands in this mapping twice"),
    ("a key twice in a plugin", "- {command: a, plugins: [{docker#v1: {image: x, image: y}}]}", 1, 49, "`image` stands in this mapping twice"),
    ("a key twice in other words", "- {command: a, env: {true: 1, 'true': 2}}", 1, 31, "`true` stands in this mapping twice"),
    ("if_changed of a number", "- {command: x, if_changed: 3}", 1, 28, "`if_changed` is a number: a text was expected. Write it in quotes"),
    ("if_changed of a flag", "- {command: x, if_changed: true}", 1, 28, "`if_changed` is true or false: a text was expected"),
    ("if_changed with a number", "- {command: x, if_changed: [a, 3]}", 1, 28, "`if_changed` is a number"),
    ("include of if_changed", "- {group: x, if_changed: {include: 3}, steps: [wait]}", 1, 36, "`include` is a number"),
    ("exclude of if_changed", "- {trigger: x, if_changed: {include: a, exclude: [1.5]}}", 1, 50, "`exclude` is a number"),
    ("branches of a number", "- {command: x, branches: 1.10}", 1, 26, "`branches` is a number: a text was expected. Write it in quotes"),
    ("branches with a number", "- wait: ~\n  branches: [main, 2]", 2, 13, "`branches` is a number"),
    ("skip of a number", "- {command: x, skip: 0}", 1, 22, "`skip` is a number"),
    ("agents of a flag", "- {command: x, agents: true}", 1, 24, "`agents` is true or false"),
    ("agents at the top", "{agents: [1], steps: [wait]}", 1, 10, "`agents` is a number"),
    ("an unknown key", "- {command: x, key: build}\n- {command: y, depends_on: biuld}", 2, 28, "Did you mean 'build'?"),
    ("an unknown key of a group", "- {group: g, depends_on: x, steps: [{command: y}]}", 1, 26, "no step has the key 'x' yet"),
    ("an unknown key beside one with a variable", "- {command: x, key: build-$OS}\n- {command: y, depends_on: test-arm}", 2, 28, "no step has the key 'test-arm' yet"),
    ("an unknown key with a token", "- {command: '{{matrix}}', matrix: [a]}\n- {command: y, depends_on: 't-{{matrix}}'}", 2, 28, "no step has the key 't-{{matrix}}'"),
    ("if and branches", "- {command: x, branches: a, if: true == true}", 1, 16, "Buildkite doesn't allow both"),
    ("an empty group", "- {group: g, steps: []}", 1, 4, "the group has no steps"),
    ("a step that does nothing", "- {label: x, type: command}", 1, 3, "neither a command nor a plugin"),
    ("a state that only the documentation lists", "- {command: x, if: build.state == 'started_failing'}", 1, 35, "documentation lists"),
    ("a source that only the documentation lists", "- {command: x, if: build.source != \"scheduled\"}", 1, 36, "documentation lists"),
    ("an unknown dimension in a key", "- {command: x, key: 'x-{{matrix.os}}', matrix: [a]}", 1, 21, "isn't replaced in `key`"),
    ("an unknown attribute of a shared mapping", "- &a {command: x, keyy: a}\n- *a\n- {<<: *a, command: y}", 1, 19, "did you mean `key`"),
    ("a circle by which a step may be left out", "- {command: a, key: a, depends_on: b, if: build.tag != null}\n- {command: b, key: b, depends_on: a}", 1, 36, "a -> b -> a, unless one of them is left out"),
    ("too many jobs of one step", "- {command: a}\n- {command: b, parallelism: 500}", 2, 3, "has 501 jobs: Buildkite refuses an upload with more than 500"),
    ("too many steps", "- wait\n" * 250 + "- {command: a}\n" * 252, 501, 3, "has 502 jobs"),
    ("too many jobs in a group", "- {command: a, parallelism: 499}\n- group: g\n  steps:\n  - {trigger: b, parallelism: 2}\n- wait", 4, 5, "has 502 jobs"),
    ("too many combinations", f"- {{command: a, matrix: {[*range(25)]}}}\n" * 21, 21, 3, "has 525 jobs"),
    ("too many jobs in the second document", "- {command: a, parallelism: 9}\n---\n- {command: b, parallelism: 501}", 3, 3, "has 501 jobs"),
    ("a circle by a group that may be left out", "- {group: g, key: g, if: build.tag != null, steps: [{command: a, depends_on: g}]}", 1, 78, "stands, unless one of them"),
]  # fmt: skip


@pytest.mark.parametrize("condition", ['build.branch = "main"', 'build.branch == "main" &', "build.brnch == null"])
def test_configure_names_the_place_that_the_check_names(condition: str) -> None:
    text = f"steps:\n  - command: make\n    if: {condition}\n"
    (problem,) = check_pipeline(text)
    with pytest.raises(ConfigurationError) as caught:
        Simulator().pipeline("web").configure(text)
    assert str(caught.value) == f"line {problem.mark.line}, column {problem.mark.column}: {problem.message}"
    assert problem.mark.column >= 9


@pytest.mark.parametrize(("text", "line", "column", "words"), [pytest.param(*row, id=name) for name, *row in WARNINGS])
def test_warnings(text: str, line: int, column: int, words: str) -> None:
    ((level, *place, message),) = found(text)
    assert (level, place) == ("warning", [line, column])
    assert words in message


@pytest.mark.parametrize(
    "text",
    [
        "- {command: x, parallelism: $N, concurrency: '${N:-2}', concurrency_group: g-$B}",
        "- {command: x, soft_fail: $SOFT, priority: $P, timeout_in_minutes: $T}",
        "- {command: x, if: $CONDITION}",
        "- {command: 'deploy ${REGION?} ${CITY?is needed}'}",
        "- {command: x, if: 'build.branch == \"$$BRANCH\" || build.tag =~ /v1$$/ || build.message =~ /a$/'}",
        "- {command: x, depends_on: test-$NAME}",
        "- {command: x, key: build-$ARCH}\n- {command: y, depends_on: build-amd64}",
        "- {command: x, key: $ARCH}\n- {command: y, depends_on: [{step: amd64}]}",
        "- {group: g, key: 'g-${X:-b}', steps: [wait]}\n- {group: h, depends_on: g-b, steps: [wait]}",
        "- {command: x, key: 2}\n- {command: y, depends_on: 2}",
        "- {command: x, key: true}\n- {command: y, depends_on: ['true', true, {step: true}]}",
        "- {command: x, key: 1e6}\n- {group: g, key: 0x10, depends_on: 1e6, steps: [{command: y, depends_on: [1.0e+6]}]}\n- {command: z, depends_on: 16}",
        "- {block: b, blocked_state: '${STATE}'}",
        "- {command: a, key: a, depends_on: [{step: b}]}\n- {command: b, key: b}",
        "- {group: g, key: g, steps: [{command: a, key: a}, {command: b, depends_on: a}]}",
        "- {command: a, key: a}\n---\n- {command: b, depends_on: a}",
        "- &a {command: x, env: {A: '1'}}\n- {<<: *a, command: y}\n- {<<: [*a, {command: z}]}",
        "- {command: x, parallelism: 499}\n- wait",
        "- {group: g, key: g, depends_on: [], steps: [{command: a, key: a}, {command: b, depends_on: a}, wait, {command: c}]}",
        "- {command: a, key: a, depends_on: b, skip: true}\n- {command: b, key: b, depends_on: a}",
        "- {command: x, parallelism: 300}\n---\n- {command: x, parallelism: 300}",
        "- {command: x, parallelism: $MANY}\n- {command: x, parallelism: 499}",
        "- {command: x, branches: ['1.10', main], if_changed: '3', skip: '0'}",
    ],
)
def test_nothing_is_wrong(text: str) -> None:
    assert found(text) == []


def test_the_flags_of_a_field_may_be_texts() -> None:
    assert not found("- {block: x, fields: [{text: a, key: b, required: 'false'}]}")


def test_a_key_that_stands_twice_in_a_shared_mapping_is_told_once() -> None:
    text = "env: &env {A: b, A: c}\nsteps:\n- {command: x, env: *env}\n- {command: y, env: *env}\n- {command: z, env: {<<: *env}}"
    assert found(text) == [("warning", 1, 18, "`A` stands in this mapping twice: the last one counts")]


def test_without_interpolation_a_variable_is_a_text() -> None:
    text = "- {command: 'echo ${1}', parallelism: $N}"
    assert [message for *_, message in found(text, interpolated=False)] == [
        "`parallelism` is a text: a whole number was expected"
    ]


def test_all_documents_are_checked_in_the_order_of_their_places() -> None:
    text = "- {command: a, key: a, paralelism: 1}\n---\nsteps: 5\n---\n- {command: b, key: a, if: nope}\n---\n"
    assert [(level, line) for level, line, *_ in found(text)] == [
        ("warning", 1),
        ("error", 3),
        ("error", 5),
        ("error", 5),
        ("error", 7),
    ]


def test_a_key_that_three_documents_have_is_told_of_each_but_the_first() -> None:
    text = "\n---\n".join(["- {command: a, key: b}"] * 3)
    assert [(line, message[-8:]) for _, line, _, message in found(text)] == [(3, "(line 1)"), (5, "(line 1)")]


def test_several_circles_are_told() -> None:
    text = "\n".join(f"- {{command: {a}, key: {a}, depends_on: {b}}}" for a, b in ("ab", "ba", "cd", "de", "ec", "fa"))
    assert [message for *_, message in found(text)] == [
        "these steps wait for each other: a -> b -> a",
        "these steps wait for each other: c -> d -> e -> c",
    ]


def test_a_circle_is_told_from_its_first_step_on() -> None:
    text = "\n".join(f"- {{command: {a}, key: {a}, depends_on: {b}}}" for a, b in ("fb", "ab", "bc", "ca"))
    assert found(text) == [("error", 2, 36, "these steps wait for each other: a -> b -> c -> a")]


def test_circles_across_waits_are_told_if_there_are_no_others() -> None:
    across = "- {command: x, depends_on: y}\n- wait\n- {command: y, key: y}\n"
    named = "- {command: a, key: a, depends_on: b}\n- {command: b, key: b, depends_on: a}\n"
    assert [message for *_, message in found(across)] == [
        "the step waits for 'y', which a wait or block step behind this one holds back"
    ]
    assert [message for *_, message in found(across + named)] == ["these steps wait for each other: a -> b -> a"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            (
                "- {command: a, key: a, depends_on: [b, c]}\n- {command: b, key: b, depends_on: a, if: build.tag != null}\n"
                "- {command: c, key: c, depends_on: a}"
            ),
            [("error", 1, "a -> c -> a")],
        ),
        (
            (
                "- {command: a, key: a, depends_on: b}\n- {command: b, key: b, depends_on: a, if: build.tag != null}\n"
                "- {command: d, key: d, depends_on: e}\n- wait\n- {command: e, key: e}"
            ),
            [("warning", 1, "a -> b -> a, unless one of them is left out"), ("error", 3, "behind this one holds back")],
        ),
        (
            (
                "- {group: g, key: g, depends_on: h, steps: [{command: a, key: a}, wait, {command: b, key: b}]}\n"
                "- {group: h, key: h, depends_on: g, if: build.tag != null, steps: [{command: c, key: c}]}\n"
                "- {block: Ok?, key: ok, depends_on: last}\n- {command: last, key: last}"
            ),
            [("warning", 1, "a -> c -> a, unless one of them is left out"), ("error", 3, "behind this one holds back")],
        ),
        (
            "- {command: a, key: a, depends_on: c}\n- {wait: ~, if: build.tag != null}\n- {command: c, key: c}",
            [("warning", 1, "holds back, unless one of them is left out")],
        ),
    ],
    ids=["a step in both", "across a wait", "across a block", "a wait that may be left out"],
)
def test_a_circle_that_always_happens_is_an_error_beside_one_that_may_not(
    text: str, expected: list[tuple[str, int, str]]
) -> None:
    assert [(level, line) for level, line, *_ in found(text)] == [(level, line) for level, line, _ in expected]
    for (*_, message), (*_, end) in zip(found(text), expected, strict=True):
        assert message.endswith(end)


def test_groups_that_wait_for_each_other_are_told_once() -> None:
    text = "".join(
        f"- {{group: {g}, key: {g}, depends_on: {h}, steps: [{{command: x, key: {g}1}}, {{command: x, key: {g}2}}]}}\n"
        for g, h in ("gh", "hg")
    )
    assert found(text) == [("error", 1, 34, "these steps wait for each other: g1 -> h1 -> g1")]


def test_each_circle_of_groups_that_wait_for_each_others_steps_is_told() -> None:
    text = group("a", ["b1", "b0"], 2) + group("b", ["a0", "a1"], 2)
    assert found(text) == [
        ("error", 1, 35, "these steps wait for each other: a1 -> b1 -> a1"),
        ("error", 1, 41, "these steps wait for each other: a0 -> b0 -> a0"),
    ]


def test_steps_with_many_ways_to_each_other_are_each_looked_at_once() -> None:
    text = "".join(
        f"- {{command: x, key: {key}{i}, depends_on: [a{i - 1}, b{i - 1}]}}\n" for i in range(1, 60) for key in "ab"
    )
    assert found(text + "- {command: x, key: a0}\n- {command: x, key: b0}\n") == []


def chain(count: int) -> str:
    """Return steps that all wait for each other, one for the next."""
    return "".join(f"- {{command: a, key: a{i}, depends_on: a{(i + 1) % count}}}\n" for i in range(count))


def pairs(count: int) -> str:
    """Return pairs of steps that wait for each other."""
    return "".join(
        f"- {{command: a, key: {a}{i}, depends_on: {b}{i}}}\n" for i in range(count) for a, b in ("ab", "ba")
    )


def group(key: str, depends_on: Sequence[str] | str, count: int) -> str:
    """Return a group whose steps have its key with a number each."""
    steps = ", ".join(f"{{command: x, key: {key}{i}}}" for i in range(count))
    return f"- {{group: ~, key: {key}, depends_on: {json.dumps(depends_on)}, steps: [{steps}]}}\n"


def keys(key: str, count: int) -> list[str]:
    return [f"{key}{i}" for i in range(count)]


def groups(count: int) -> str:
    """Return two groups that wait for each other."""
    return group("a", "b", count) + group("b", "a", count)


def members(count: int) -> str:
    """Return two groups that wait for each other's steps."""
    return group("a", keys("b", count), count) + group("b", keys("a", count), count)


def own(count: int) -> str:
    """Return a group that waits for its steps, and for keys which no step has."""
    return group("a", keys("a", count) + keys("b", count), count)


def unknown(count: int) -> str:
    """Return steps that wait for keys which no step has."""
    return "".join(f"- {{command: a, key: build-{i}, depends_on: test-{i}}}\n" for i in range(count))


def misspelt(count: int) -> str:
    """Return steps with unknown attributes."""
    return "".join(f"- {{command: a, keys: {i}}}\n" for i in range(count))


def repeated(count: int) -> str:
    """Return steps that have one key, and attributes twice."""
    return "- {command: a, key: a, command: a}\n" * count


@pytest.mark.parametrize("text", [chain, pairs, groups, members, own, unknown, misspelt, repeated])
def test_many_problems_cost_as_much_as_they_are(text: Callable[[int], str]) -> None:
    assert len(check_pipeline(text(30))) >= (text not in (chain, groups)) * 29 + 1
    assert grows(lambda count: instructions(lambda: check_pipeline(text(count))), 25, 75) < 3.5


def test_the_first_unknown_keys_have_a_guess() -> None:
    messages = [message for *_, message in found("- {command: a, key: build-tools}\n" + "".join(
        f"- {{command: a, depends_on: build-tool{i}}}\n" for i in range(30)
    ))]  # fmt: skip
    assert [message.endswith("Did you mean 'build-tools'?") for message in messages] == [True] * 20 + [False] * 10


@given(st.lists(st.lists(st.integers(0, 7), max_size=3), min_size=8, max_size=8))
def test_there_is_a_circle_if_and_only_if_one_is_told(waits: list[list[int]]) -> None:
    text = "".join(
        f"- {{command: a, key: s{index}, depends_on: {json.dumps([f's{other}' for other in others])}}}\n"
        for index, others in enumerate(waits)
    )
    told = [message for level, *_, message in found(text) if level == "error"]
    try:
        TopologicalSorter(dict(enumerate(waits))).prepare()
    except CycleError:
        assert told
    else:
        assert told == []
    named: list[str] = []
    for message in told:
        keys = message.rpartition(": ")[2].split(" -> ")[:-1] or [message.split()[2]]
        assert keys[0] == min(keys)
        for key, following in zip(keys, [*keys[1:], keys[0]], strict=True):
            assert int(following[1]) in waits[int(key[1])]
        named += keys
    assert len(set(named)) == len(named)


_NAMES = ["a", "b", "c", "d", "g", "h"]
_DEPENDS_ON = st.none() | st.lists(st.sampled_from(_NAMES), max_size=2)
_STEPS = st.tuples(st.sampled_from(["command", "command", "wait"]), _DEPENDS_ON)


def _step(kind: str, key: str, depends_on: list[str] | None, **others: object) -> dict[str, object]:
    return {kind: None, "key": key, **({} if depends_on is None else {"depends_on": depends_on}), **others}


@given(st.tuples(_STEPS, _STEPS, _STEPS, _STEPS), _DEPENDS_ON, _DEPENDS_ON)
def test_a_build_passes_if_and_only_if_no_circle_is_told(
    steps: tuple[tuple[str, list[str] | None], ...], of_g: list[str] | None, of_h: list[str] | None
) -> None:
    a, b, c, d = (
        _step(kind, key, depends_on, plugins=["x#v1"]) if kind == "command" else _step(kind, key, depends_on)
        for key, (kind, depends_on) in zip(_NAMES, steps, strict=False)
    )
    text = json.dumps([_step("group", "g", of_g, steps=[a, b]), c, _step("group", "h", of_h, steps=[d])])
    web = (simulator := Simulator()).pipeline("web").configure(text)
    web.build()
    simulator.clock.sleep(3600)
    passed = {job.state for job in web.builds[0].jobs} == {"passed"}
    assert passed is (found(text) == [])
    if passed:
        assert {step.outcome for step in plan_pipeline(text).steps} == {"passed"}
    else:
        assert {level for level, *_ in found(text)} == {"error"}


@given(st.lists(st.tuples(_STEPS, st.booleans()), min_size=4, max_size=4), _DEPENDS_ON, st.booleans())
@example(
    [(("command", ["c"]), False), (("wait", None), False), (("command", None), False), (("wait", []), True)], None, True
)
def test_no_build_passes_if_a_circle_is_an_error(
    steps: list[tuple[tuple[str, list[str] | None], bool]], of_g: list[str] | None, group_is_optional: bool
) -> None:
    on_main: list[dict[str, object]] = [{"if": 'build.branch == "main"'} if optional else {} for _, optional in steps]
    of_group: dict[str, object] = {"if": 'build.branch == "main"'} if group_is_optional else {}
    a, b, c, d = (
        _step(kind, key, depends_on, **({"plugins": ["x#v1"]} if kind == "command" else {}), **others)
        for key, ((kind, depends_on), _), others in zip(_NAMES, steps, on_main, strict=False)
    )
    text = json.dumps([_step("group", "g", of_g, steps=[a, b], **of_group), d, c, {"command": "x", "key": "h"}])
    levels = {level for level, *_ in found(text)}
    web = (simulator := Simulator()).pipeline("web").configure(text)
    for branch in ("main", "fix"):
        web.build(branch=branch)
    simulator.clock.sleep(3600)
    passed = [build.state in ("passed", "not_run") for build in web.builds]
    if "error" in levels:
        assert not any(passed)
    elif not levels:
        assert passed[0]


def test_steps_that_are_reached_in_many_ways_are_looked_at_once() -> None:
    rows = [
        f"- {{command: x, key: {side}{row}, depends_on: [a{row + 1}, b{row + 1}]}}"
        for row in range(40)
        for side in "ab"
    ]  # 2**40 ways lead from the first to the last
    assert found("\n".join([*rows, "- {command: x, key: a40}", "- {command: x, key: b40}"])) == []


def test_a_key_that_resembles_no_other_is_told_without_a_guess() -> None:
    message = "no step has the key 'tests' yet: the build fails, unless one is uploaded"
    assert found("- {command: x, key: build}\n- {command: y, depends_on: tests}") == [("warning", 2, 28, message)]


def test_wrong_expansions_are_told_wherever_a_pipeline_has_texts() -> None:
    text = (
        "env: {A: '${1}'}\n"
        "steps:\n"
        "- command: [make, 'x ${B']\n"
        "  label: '${C:-$D}${D:1:1}${E}'\n"
        "  plugins: [{docker#v1: {image: '${F!}'}}]\n"
    )
    assert [row for row in found(text) if row[0] == "error"] == [
        ("error", 1, 10, "`${1}`: the name of a variable was expected behind `${`"),
        ("error", 3, 19, "`${B` is not closed: `}` was expected"),
        (
            "error",
            5,
            33,
            "`${F!}` has an operator that interpolation doesn't know: there are `-`, `:-`, `?` and `:offset:length`",
        ),
    ]


def test_a_problem_tells_its_place() -> None:
    (problem,) = check_pipeline("\n\n- {command: x, if: }}")
    assert problem.mark == Mark(3, 21)
    assert problem.level == "error"


@pytest.mark.skipif(not PARSED.exists(), reason="the pipelines are not here")
def test_one_real_pipeline_has_an_error() -> None:
    told: dict[str, list[str]] = {}
    for row in map(json.loads, PARSED.read_text().splitlines()):
        errors = [each.message for each in check_pipeline(row["yaml"]) if each.level == "error"]
        if errors and row["parsed"]["steps"]:
            told[row["file"]] = errors
    (messages,) = told.values()
    assert messages == [
        "`!` takes true or false, and this is a list. Write parentheses round the comparison behind it."
    ]


@pytest.mark.parametrize(("library", "text"), [("yaml", "- wait"), ("regex", "- {command: x, if: build.tag =~ /v/}")])
def test_a_missing_extra_says_what_to_install(monkeypatch: pytest.MonkeyPatch, library: str, text: str) -> None:
    from buildkite_ext.simulation.definition import conditions

    conditions._checked.cache_clear()
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(ImportError, match=r"pip install 'buildkite-ext\[simulator\]'"):
        check_pipeline(text)
