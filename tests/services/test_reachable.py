"""Every operation is a method of both clients, and tells what it does, what it needs and where that is written."""

from __future__ import annotations

import inspect
from typing import Any

from buildkite_api.operations import OPERATIONS

from buildkite_ext import AsyncBuildkiteClient, BuildkiteClient

from ..batches import batched
from .table import CALLS, ROWS, Row

BLOCKING = BuildkiteClient("acme", token="t")
ASYNC = AsyncBuildkiteClient("acme", token="t")

every_call = batched("row", ROWS)


def function(row: Row, client: object) -> Any:
    """Return the async original of a method of either flavor."""
    method: Any = inspect.unwrap(row.method(client))
    return getattr(method, "__func__", method)


def test_the_table_holds_every_operation_once() -> None:
    assert sorted(row.operation.id for row in ROWS) == sorted(OPERATIONS)


@every_call
def test_a_call_is_in_both_clients_and_says_what_it_is(row: Row) -> None:
    for client in (BLOCKING, ASYNC):
        documentation = row.method(client).__doc__ or ""
        assert row.operation.scope is None or row.operation.scope in documentation
        assert row.operation.doc in documentation


@every_call
def test_the_blocking_call_is_the_twin_of_the_async_one(row: Row) -> None:
    blocking, shared = row.method(BLOCKING), row.method(ASYNC)
    assert function(row, BLOCKING).__code__ is function(row, ASYNC).__code__
    assert inspect.signature(blocking).parameters == inspect.signature(shared).parameters
    assert not inspect.iscoroutinefunction(blocking)
    paged = "AsyncItems" in str(inspect.signature(shared).return_annotation)
    assert inspect.iscoroutinefunction(shared) is not paged


@every_call
def test_what_is_written_by_hand_is_and_the_rest_is_printed(row: Row) -> None:
    printed = function(row, ASYNC).__module__.startswith("buildkite_ext.services._generated.")
    assert printed is not row.by_hand


def test_by_hand_names_nothing_else() -> None:
    assert [service for service in CALLS["by_hand"] if service not in CALLS["services"]] == []


def test_the_parents_hold_their_children() -> None:
    assert type(BLOCKING.teams.members).__name__ == "TeamsMembers"
    assert type(ASYNC.test_engine.suites).__name__ == "AsyncTestEngineSuites"
    assert BLOCKING.teams.members is BLOCKING.teams.members
