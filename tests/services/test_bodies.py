"""An update leaves alone what it is not given, sends a documented null and refuses another one. Elsewhere None is not given."""

from __future__ import annotations

import re
from typing import Any

import pytest

from buildkite_ext import UNSET

from .table import (
    BODIES,
    DOCUMENT,
    ROWS,
    Recorder,
    Row,
    call_blocking,
    clients,
    json_of,
    least,
    parameters,
    schema_of,
    value,
)

MARKED = {
    operation["operationId"]
    for item in DOCUMENT["paths"].values()
    for operation in item.values()
    if isinstance(operation, dict) and operation.get("x-buildkite-update")
}
EMPTY: dict[str, tuple[Any, ...]] = {
    "str": ("",),
    "Sequence": ([],),
    "Mapping": ({},),
    "bool": (False,),
    "int": (0,),
    "Any": ("", [], {}, False, 0),
}
UPDATES = [row for row in ROWS if row.operation.id in MARKED]
OTHERS = [row for row in ROWS if row.operation.id in BODIES and row.operation.id not in MARKED and schema_of(row)]


def sent(row: Row, **fields: Any) -> dict[str, Any]:
    recorder = Recorder()
    recorder.operation = row.operation
    blocking, _ = clients(recorder)
    args, kwargs = least(row.method(blocking))
    call_blocking(row.method(blocking), *args, **{**kwargs, **fields})
    return json_of(recorder.requests[-1])


def nullable(schema: dict[str, Any]) -> bool:
    return "null" in schema.get("type", ()) or {"type": "null"} in schema.get("anyOf", ())


def test_there_are_both() -> None:
    assert {str(row) for row in UPDATES} >= {"pipelines.update", "clusters.update", "schedules.update"}
    assert {str(row) for row in OTHERS} >= {"pipelines.create", "builds.create", "queues.pause"}


@pytest.mark.parametrize("row", UPDATES, ids=str)
def test_an_update_tells_unset_null_and_empty_apart(row: Row) -> None:
    plain = sent(row)
    _, client = clients(Recorder())
    seen = set()
    for parameter in parameters(row.method(client)):
        if parameter.default is not UNSET:
            continue
        name = parameter.name
        (key,) = set(sent(row, **{name: value(parameter.annotation)})) - set(plain)
        seen.add(key)
        assert sent(row, **{name: UNSET}) == plain
        if nullable(schema_of(row)["properties"][key]):
            assert sent(row, **{name: None}) == {**plain, key: None}
        else:
            with pytest.raises(TypeError, match=f"^{name}=None: Buildkite documents no null for {name}"):
                sent(row, **{name: None})
        for empty in EMPTY.get(parameter.annotation.partition(" | ")[0].partition("[")[0], ()):
            got = sent(row, **{name: empty})
            assert got == {**plain, key: empty}
            assert type(got[key]) is type(empty)
    assert seen | set(plain) == set(schema_of(row)["properties"])


@pytest.mark.parametrize("row", UPDATES, ids=str)
def test_the_types_of_an_update_allow_null_where_it_is_documented(row: Row) -> None:
    _, client = clients(Recorder())
    properties, required = schema_of(row)["properties"], schema_of(row).get("required", ())
    for parameter in parameters(row.method(client)):
        key = parameter.name.rstrip("_")
        if key not in properties:
            continue
        types = re.sub(r"\[.*\]", "", parameter.annotation).split(" | ")
        assert ("None" in types) is nullable(properties[key]), parameter
        assert ("Unset" in types) is (key not in required), parameter


@pytest.mark.parametrize("row", OTHERS, ids=str)
def test_elsewhere_none_is_not_given(row: Row) -> None:
    plain = sent(row) if row.operation.id != "publish_package" else {}
    _, client = clients(Recorder())
    for parameter in parameters(row.method(client)):
        assert "Unset" not in parameter.annotation, parameter
        assert parameter.default is not UNSET, parameter
        if (
            parameter.default is None
            and parameter.kind is parameter.KEYWORD_ONLY
            and row.operation.id != "publish_package"
        ):
            assert sent(row, **{parameter.name: None}) == plain
