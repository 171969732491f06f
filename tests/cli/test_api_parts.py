"""The small languages of `api`: fields, paths into JSON, and JSON that is safe to print."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildkite_ext.cli.api.output import JsonPrinter, parsed
from buildkite_ext.cli.api.queries import Selection
from buildkite_ext.cli.api.request import RequestField, body_of
from buildkite_ext.cli.inputs import json_or_text
from buildkite_ext.cli.problem import UsageError

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abcd") | st.text(), inner, max_size=4),
    max_leaves=20,
)
STEPS = st.sampled_from([".a", ".b", '["c"]', '["a.b [] \\u00e9"]', "[0]", "[-1]", "[999999999]", "[]", ".é-x:/@"])
DATA = {
    "number": 5,
    "creator": {"name": "Ada", "a.b": 1},
    "none": None,
    "jobs": [{"name": "x", "tags": ["p", "q"]}, {"name": "y"}, 3],
    "grid": [[1, 2], [3]],
}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (".", DATA),
        ("number", 5),
        (".number", 5),
        ("creator.name", "Ada"),
        ('creator["a.b"]', 1),
        ('["creator"].name', "Ada"),
        ("creator.name.more", None),
        ("missing", None),
        ("missing.deep[0].er", None),
        ("none.x", None),
        ("jobs[0].name", "x"),
        ("jobs[-1]", 3),
        ("jobs[3]", None),
        ("jobs[-4]", None),
        ("jobs.name", None),
        ("number[0]", None),
        ("jobs[].name", ["x", "y", None]),
        ("jobs[].tags[]", ["p", "q"]),
        ("jobs[].tags[0]", ["p", None, None]),
        ("grid[][]", [1, 2, 3]),
        ("number[]", []),
        ("missing[].x", []),
        ("[].x", []),
    ],
)
def test_select(path: str, expected: object) -> None:
    assert Selection.parse(path).of(DATA) == expected


def test_select_from_a_list() -> None:
    data = [{"n": 1}, {"n": 2}]
    for path, expected in (("[].n", [1, 2]), (".[].n", [1, 2]), ("[1].n", 2), (".[0]", {"n": 1}), ("[]", data)):
        assert Selection.parse(path).of(data) == expected


@pytest.mark.parametrize(
    "path",
    [
        *(
            "",
            " ",
            "a.",
            "..",
            "a..b",
            "[",
            "]",
            "a[",
            "a[x]",
            "a[1.5]",
            "[0]a",
            "[]a",
            'a["',
            '["\\x"]',
            "a b",
            "a[--1]",
        ),
        *("length(@)", "{a: b}", "{a}", "@", "@.a", "a.*", "a|b", "a,b", "$.a", "a?", ".a?", "keys()", "a==1", "a.@"),
    ],
)
def test_what_is_no_path(path: str) -> None:
    with pytest.raises(UsageError, match="--select"):
        Selection.parse(path)


@given(steps=st.lists(STEPS, min_size=1, max_size=6), value=JSON)
def test_no_path_raises_on_any_json(steps: list[str], value: Any) -> None:
    selection = Selection.parse("".join(steps))
    found = selection.of(value)
    json.dumps(found)
    of_item = selection.item()
    if of_item is not None and isinstance(value, list):  # as pages are read
        assert [one for item in value for one in of_item.values(item)] == found


@given(path=st.text(alphabet='ab.[]"0-1\\ é', max_size=8), value=JSON)
def test_any_text_is_a_path_or_a_usage_error(path: str, value: Any) -> None:
    try:
        selection = Selection.parse(path)
    except UsageError:
        return
    json.dumps(selection.of(value))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(
            ("5", 5),
            ("-1", -1),
            ("1.5", 1.5),
            ("true", True),
            ("false", False),
            ("null", None),
            ('"5"', "5"),
            ("[1]", [1]),
        ),
        *(("1.10", "1.10"), ("12e4567", "12e4567"), ("007", "007"), ("1e5", "1e5"), ("-0", "-0"), (" 5", " 5")),
        *(("", ""), ("NaN", "NaN"), ("-Infinity", "-Infinity"), ("True", "True"), ("@file", "@file"), ("{a}", "{a}")),
        *(('{"a": 1e999}', '{"a": 1e999}'), ("[" * 100_000, "[" * 100_000), ("9" * 5000, "9" * 5000)),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_values(text: str, value: object) -> None:
    found = json_or_text(text)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(("0", 0), ("5", 5), ("-12", -12), ("true", True), ("false", False), ("null", None)),
        *(("9223372036854775807", 2**63 - 1), ("-9223372036854775808", -(2**63))),
        *((text, text) for text in ("", "main", "True", "-0", "007", "+5", " 5", "1.5", "1e5", "12e4567", "NaN", "٥")),
        *((text, text) for text in ('{"a": 1}', "[1]", '"5"', "9223372036854775808", "9" * 40)),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_a_field_is_typed_as_gh_types_it(text: str, value: object) -> None:
    field = RequestField.typed("name", text)
    assert (field.value, type(field.value), field.text) == (value, type(value), text)


@given(text=st.text())
def test_a_typed_field_is_its_text_or_the_json_that_is_written_so(text: str) -> None:
    value = RequestField.typed("name", text).value
    assert value == text if isinstance(value, str) else json.dumps(value) == text


def test_lists_of_objects_begin_again_where_a_key_comes_again() -> None:
    words = [("a[][x]", "1"), ("a[][y][z]", "2"), ("a[][y][w]", "3"), ("a[][x]", "4"), ("b[][]", "5"), ("b[][]", "6")]
    body = body_of(RequestField.typed(name, value) for name, value in words)
    assert body == {"a": [{"x": 1, "y": {"z": 2, "w": 3}}, {"x": 4}], "b": [[5, 6]]}


@given(names=st.lists(st.text(alphabet="ab[]", min_size=1, max_size=7), max_size=5))
def test_any_names_make_json_or_a_usage_error(names: list[str]) -> None:
    try:
        body = body_of(RequestField.typed(name, "1") for name in names)
    except UsageError:
        return
    json.dumps(body)


@given(value=JSON, compact=st.booleans(), encoding=st.sampled_from(["utf-8", "ascii", "latin-1"]))
def test_json_comes_back_as_it_was_and_holds_nothing_to_obey(value: Any, compact: bool, encoding: str) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="\n")
    JsonPrinter(out=stream, compact=compact).value(value)
    stream.seek(0)
    text = stream.read()
    assert json.loads(text) == value
    assert all(character.isprintable() or character == "\n" for character in text)
    assert text.endswith("\n")
    assert not compact or text.count("\n") == 1


@given(items=st.lists(JSON, max_size=4), compact=st.booleans())
def test_an_array_item_by_item_is_the_array(items: list[Any], compact: bool) -> None:
    streamed, whole = io.StringIO(), io.StringIO()
    printer = JsonPrinter(out=streamed, compact=compact)
    for place, item in enumerate(items):
        printer.item(item, place)
    printer.end(len(items))
    JsonPrinter(out=whole, compact=compact).value(items)
    assert streamed.getvalue() == whole.getvalue()


def test_numbers_that_are_too_large_and_what_is_no_json() -> None:
    assert json.loads(json.dumps(parsed(b"[1e999, -1e999, 1.5]"), allow_nan=False))[2] == 1.5
    for body in (b"NaN", b"", b"[" * 100_000, b"\xff\xfe"):
        with pytest.raises(ValueError, match=r"."):
            parsed(body)
