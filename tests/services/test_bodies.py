"""An update says three things of a field: leave it alone, set it to null, or set it to something empty."""

from __future__ import annotations

import re
from typing import Any

import pytest
from buildkite_api.types import UNSET

from .table import PRINTED, Recorder, Row, call_blocking, clients, json_of, least, parameters, schema_of

UPDATES = [row for row in PRINTED if row.operation.method in ("PATCH", "PUT") and schema_of(row)]


def sent(row: Row, **fields: Any) -> dict[str, Any]:
    recorder = Recorder()
    recorder.operation = row.operation
    blocking, _ = clients(recorder)
    args, kwargs = least(row.method(blocking))
    call_blocking(row.method(blocking), *args, **{**kwargs, **fields})
    (request,) = recorder.requests
    return json_of(request)


def test_there_are_updates() -> None:
    assert len(UPDATES) > 20


@pytest.mark.parametrize("row", UPDATES, ids=str)
def test_left_alone_null_and_empty_are_three_things(row: Row) -> None:
    plain = sent(row)
    _, client = clients(Recorder())
    seen = set()
    for parameter in parameters(row.method(client)):
        if parameter.default is not UNSET:
            continue
        name = parameter.name
        (key,) = set(sent(row, **{name: None})) - set(plain)
        seen.add(key)
        assert sent(row, **{name: UNSET}) == plain
        assert sent(row, **{name: None}) == {**plain, key: None}
        for empty in ("", [], {}, False, 0):
            got = sent(row, **{name: empty})
            assert got == {**plain, key: empty}
            assert type(got[key]) is type(empty)
    assert seen | set(plain) == set(schema_of(row)["properties"])


@pytest.mark.parametrize("row", UPDATES, ids=str)
def test_the_types_allow_null_where_null_is_documented_and_leaving_alone_where_that_is(row: Row) -> None:
    _, client = clients(Recorder())
    properties, required = schema_of(row)["properties"], schema_of(row).get("required", ())
    for parameter in parameters(row.method(client)):
        key = parameter.name.rstrip("_")
        if key not in properties:
            continue
        schema = properties[key]
        types = re.sub(r"\[.*\]", "", parameter.annotation).split(" | ")
        nullable = "null" in schema.get("type", ()) or {"type": "null"} in schema.get("anyOf", ())
        assert ("None" in types) is nullable or types == ["Any", "Unset"], parameter
        assert ("Unset" in types) is (key not in required), parameter
