"""Texts of pipelines in recordings: values of variables are replaced, and all else stays as it was written."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from buildkite_ext.simulation import check_pipeline
from buildkite_ext.simulation.cassettes.pipeline_text import redacted_pipeline

REDACTED = "REDACTED"


def redacted(text: str, *, keep_env: tuple[str, ...] = ("CI",), keep_meta_data: tuple[str, ...] = ("release",)) -> str:
    return redacted_pipeline(text, REDACTED, keep_env=keep_env, keep_meta_data=keep_meta_data)


UNCHANGED = {
    "no variables": "steps:\n  - command: export KEY=abc\n    label: 'Set env'\n",
    "kept ones": "env:\n  CI: 'true'\nsteps: []\n",
    "nothing in it": "env: ~\nsteps: [{command: a, env: }]\n",
    "one name that is kept": "steps: [{command: a, plugins: [docker#v5: {environment: CI}]}]\n",
    "one kept with its value": "env: CI=x\n",
    "names without values": "env: [KEY, OTHER]\n",
    "no value": "env:\n  KEY:\n  OTHER: \nsteps: []\n",
    "a text that mentions it": "steps: [{command: 'env: {KEY: abc}'}]\n",
    "nothing": "",
    "a comment": "# env\n",
    "a condition": 'steps: [{command: a, if: build.env("KEY") == "abc"}]\n',
}

REPLACED: dict[str, tuple[str, str]] = {
    "a scalar": ("env: CANARY # why\nsteps: []\n", "env: REDACTED # why\nsteps: []\n"),
    "a number": ("env: 17\n", "env: REDACTED\n"),
    "a scalar in quotes, of a step": ("steps: [{command: a, env: 'KEY'}]", "steps: [{command: a, env: REDACTED}]"),
    "a block": ("env: |\n  KEY abc\n  B\n", "env: REDACTED\n"),
    "a block of pairs": ("env: |\n  CI=abc\n  B=c\n", "env: REDACTED\n"),
    "a pair": ("env: KEY=abc\n", "env: KEY=REDACTED\n"),
    "an alias to a scalar": ("x: &a CANARY\nsteps: [{trigger: b, build: {meta_data: *a}}]", "x: &a REDACTED\nsteps: [{trigger: b, build: {meta_data: *a}}]"),
    "plain": ("env:\n  KEY: abc # why\n", "env:\n  KEY: REDACTED # why\n"),
    "numbers": ("env: {KEY: 1, B: 0x1f, C: true, D: 2026-01-01, E: ~}", "env: {" + "KEY: REDACTED, B: REDACTED, C: REDACTED, D: REDACTED, E: REDACTED}"),
    "quoted": ("env: {'KEY': \"a\\\"b\", \"B\": 'it''s'}\n", "env: {'KEY': REDACTED, \"B\": REDACTED}\n"),
    "a key with escapes": ('"\\x65nv": {KEY: abc}\n', '"\\x65nv": {KEY: REDACTED}\n'),
    "a literal block": ("env:\n  KEY: |-\n    a\n    b\n\n  CI: x\nsteps: []\n", "env:\n  KEY: REDACTED\n\n  CI: x\nsteps: []\n"),
    "a folded block at the end": ("env:\n  KEY: >+\n    a\n    b\n", "env:\n  KEY: REDACTED\n"),
    "several lines": ("env:\n  KEY: a\n    b\n  B: 'c\n\n    d'\n", "env:\n  KEY: REDACTED\n  B: REDACTED\n"),
    "a variable in it": ("env: {KEY: '${TOKEN:-abc}'}", "env: {KEY: REDACTED}"),
    "of a step": ("steps:\n- command: a\n  env: {KEY: abc}\n", "steps:\n- command: a\n  env: {KEY: REDACTED}\n"),
    "in a group": ("steps: [{group: a, steps: [{command: b, env: {KEY: abc}}]}]", "steps: [{group: a, steps: [{command: b, env: {KEY: REDACTED}}]}]"),
    "of a trigger step": (
        "steps: [{trigger: a, build: {env: {KEY: abc, CI: x}, meta_data: {note: abc, release: '1'}}}]",
        "steps: [{trigger: a, build: {env: {KEY: REDACTED, CI: x}, meta_data: {note: REDACTED, release: '1'}}}]",
    ),
    "of a plugin": (
        "steps: [{command: a, plugins: [docker#v5: {environment: [CI, KEY=abc, 'CI=x', \"A B=c: d\"]}]}]",
        "steps: [{command: a, plugins: [docker#v5: {environment: [CI, KEY=REDACTED, 'CI=x', \"A B=REDACTED\"]}]}]",
    ),
    "a list of maps": ("env:\n- KEY: abc\n- CI: x\n", "env:\n- KEY: REDACTED\n- CI: x\n"),
    "nested": ("env: {KEY: {a: b, c: [d, e]}}", "env: {KEY: {a: REDACTED, c: [REDACTED, REDACTED]}}"),
    "an anchor": ("env: {KEY: &k abc, B: *k}", "env: {KEY: &k REDACTED, B: *k}"),
    "a tag": ("env: {KEY: !!int 1, B: &b !!str abc, C: *b}", "env: {KEY: REDACTED, B: &b REDACTED, C: *b}"),
    "an alias to values elsewhere": (
        "common: &c {KEY: abc}\nenv: *c\nsteps: [{command: a, env: {<<: *c, B: d}}]\n",
        "common: &c {KEY: REDACTED}\nenv: *c\nsteps: [{command: a, env: {<<: *c, B: REDACTED}}]\n",
    ),
    "merged maps": ("x: &x {KEY: abc}\nenv: {<<: [*x, {B: d}]}\n", "x: &x {KEY: REDACTED}\nenv: {<<: [*x, {B: REDACTED}]}\n"),
    "a circle": ("env: &e {KEY: abc, B: *e}", "env: &e {KEY: REDACTED, B: *e}"),
    "a value by two ways": ("x: &x A=abc\nenv: [*x]\nsteps: [{env: {KEY: *x}}]", "x: &x REDACTED\nenv: [*x]\nsteps: [{env: {KEY: *x}}]"),
    "several documents": ("env: {KEY: a}\n---\nenv: {KEY: b}\n", "env: {KEY: REDACTED}\n---\nenv: {KEY: REDACTED}\n"),
    "other scripts and a mark": ("\ufeff# ☃ 🎉\nenv: {KEY: 'ä🎉', B: c}\n", "\ufeff# ☃ 🎉\nenv: {KEY: REDACTED, B: REDACTED}\n"),
    "line ends of Windows": ("env:\r\n  KEY: |\r\n    abc\r\n  B: c\r\n", "env:\r\n  KEY: REDACTED\r\n  B: REDACTED\r\n"),
    "no YAML": ("env: {KEY: abc\n", REDACTED),
    "nested too deeply": ("env: " + "[" * 20_000, REDACTED),
}  # fmt: skip


@pytest.mark.parametrize("name", UNCHANGED)
def test_a_text_without_values_stays_as_it_is(name: str) -> None:
    assert redacted(UNCHANGED[name]) == UNCHANGED[name]


@pytest.mark.parametrize("name", REPLACED)
def test_values_are_replaced_and_nothing_else(name: str) -> None:
    text, clean = REPLACED[name]
    assert redacted(text) == clean
    assert redacted(clean) == clean


def test_a_pipeline_stays_one() -> None:
    text = REPLACED["of a trigger step"][0]
    assert check_pipeline(redacted(text)) == check_pipeline(text) == ()


KEPT = {"env": "CI", "meta": "release"}

letters = st.characters(codec="utf-8", exclude_categories=("Cc", "Cn", "Cs", "Zl", "Zp"))
texts = st.text(st.one_of(letters, st.sampled_from("\n=&*!#:'\"")), max_size=8)
scalars = st.one_of(texts, st.integers(), st.booleans(), st.none())
names = st.sampled_from(["CI", "KEY", "release", "env", "meta_data", "environment", "steps", "ö", "a b"])
trees = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3), max_leaves=15
)


def expected(tree: Any, within: str = "", *, listed: bool = False) -> Any:
    """Return a tree with its values replaced, by a rule of its own."""
    if isinstance(tree, dict):
        return {key: expected(value, inside(key, within)) for key, value in tree.items()}
    if isinstance(tree, list):
        return [expected(each, within, listed=True) for each in tree]
    if within == "value":
        return REDACTED
    if within and not listed and tree is not None:
        text = tree if isinstance(tree, str) else ""
        name, found, _ = text.partition("=")
        if not re.search(r"\s", text) and (name == KEPT[within] or found):
            return tree if name == KEPT[within] else f"{name}={REDACTED}"
        return REDACTED
    if within and isinstance(tree, str) and "=" in tree:
        name = tree.partition("=")[0]
        return tree if name == KEPT[within] else f"{name}={REDACTED}"
    return tree


def inside(key: str, within: str) -> str:
    if within == "value":
        return within
    if within:
        return "" if key == KEPT[within] else "value"
    return {"env": "env", "environment": "env", "meta_data": "meta"}.get(key, "")


@given(trees, st.booleans(), st.sampled_from([None, '"', "'", "|", ">"]), st.booleans())
@example({"env": {"KEY": "a\n b\n\n", "CI": "a\n"}}, False, "|", False)
@example({"env": {"KEY": "\n", "B": " x"}}, False, "|", False)
def test_the_tree_is_the_same_but_for_the_values(tree: Any, flow: bool, style: str | None, unicode: bool) -> None:
    text = yaml.safe_dump(tree, default_flow_style=flow, default_style=style, allow_unicode=unicode)
    assert yaml.safe_load(redacted(text)) == expected(yaml.safe_load(text))
    flow_text = json.dumps(tree, ensure_ascii=False)
    assert yaml.safe_load(redacted(flow_text)) == expected(yaml.safe_load(flow_text))
