"""Printed methods send the operation that they are printed for, with the given arguments and no others."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

import pytest
from buildkite_api.operations import match

from ..batches import batched
from .table import PRINTED, Recorder, Row, call, call_blocking, clients, json_of, least, parameters, schema_of, value

every_printed_call = batched("row", PRINTED)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def send(row: Row, more: dict[str, Any] | None = None) -> tuple[Any, Any]:
    """Return the request of each flavor."""
    recorder = Recorder()
    recorder.operation = row.operation
    blocking, shared = clients(recorder)
    args, kwargs = least(row.method(shared))
    call_blocking(row.method(blocking), *args, **kwargs, **(more or {}))
    await call(row.method(shared), *args, **kwargs, **(more or {}))
    first, second = recorder.requests
    return first, second


@every_printed_call
async def test_a_call_sends_its_operation(row: Row) -> None:
    first, second = await send(row)
    assert (first.method, first.url) == (second.method, second.url)
    found = match(first.method, first.url.raw_path.decode())
    assert found is not None
    operation, path = found
    assert operation is row.operation
    assert path.get("org_slug", "acme") == "acme"
    assert set(path.values()) <= {"acme", "x/1", "x-1", "3"}
    assert first.headers["Accept"] == operation.accept
    if first.headers.get("Content-Type", "").startswith("multipart/"):
        return
    assert first.content == second.content
    assert sorted(json_of(first)) == sorted(schema_of(row).get("required", ()))


@pytest.mark.filterwarnings("ignore::buildkite_ext.UnknownNameWarning")
@every_printed_call
async def test_whatever_a_call_takes_is_sent(row: Row) -> None:
    _, shared = clients(Recorder())
    optional = [each for each in parameters(row.method(shared)) if each.kind is each.KEYWORD_ONLY]
    for each in optional:
        if each.default is each.empty or each.name in ("limit", "concurrency"):
            continue
        wanted = value(each.annotation.replace("builtins.", ""))
        for request in await send(row, {each.name: wanted}):
            plain, _ = await send(row)
            said = [request.url.query, dict(request.headers), request.content]
            assert said != [plain.url.query, dict(plain.headers), plain.content], each.name


async def test_a_list_asks_for_large_pages() -> None:
    (row,) = [row for row in PRINTED if str(row) == "audit_events.list"]
    first, _ = await send(row, {"per_page": None})
    assert parse_qs(first.url.query.decode())["per_page"] == ["100"]
