"""The table of calls, the description, and what it takes to make any of the calls."""

from __future__ import annotations

import datetime as dt
import inspect
import io
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, reduce
from importlib import import_module
from inspect import iscoroutine
from pathlib import Path
from typing import Any

import httpx
import yaml
from buildkite_api import models
from buildkite_api.operations import OPERATIONS, Operation
from buildkite_api.types import File

from buildkite_ext import AsyncBuildkiteClient, BuildkiteClient
from buildkite_ext.pagination.items import AsyncItems

ROOT = Path(__file__).parents[2]
CALLS: dict[str, Any] = yaml.safe_load((ROOT / "spec" / "calls.yaml").read_text())
DOCUMENT: dict[str, Any] = yaml.load((ROOT / "generated" / "openapi.yaml").read_text(), Loader=yaml.CSafeLoader)
ADDRESS = {"pipeline": "x-1", "number": 3, "job_id": "x-1"}
"""Arguments that have to be the address of a pipeline, a build or a job."""
MOMENT = dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Row:
    """One call of the table."""

    service: str
    name: str
    operation: Operation

    def __str__(self) -> str:
        return f"{self.service}.{self.name}"

    @property
    def by_hand(self) -> bool:
        return self.name in CALLS["by_hand"].get(self.service, ())

    def method(self, client: object) -> Callable[..., Any]:
        """Return the method, bound to a client's service."""
        found: Callable[..., Any] = reduce(getattr, [*self.service.split("."), self.name], client)
        return found


ROWS = [
    Row(service, name, OPERATIONS[operation])
    for service, methods in CALLS["services"].items()
    for name, operation in methods.items()
]
PRINTED = [row for row in ROWS if not row.by_hand]
BODIES: dict[str, dict[str, Any]] = {
    operation["operationId"]: next(iter(operation["requestBody"]["content"].values()))["schema"]
    for item in DOCUMENT["paths"].values()
    for operation in item.values()
    if isinstance(operation, dict) and "requestBody" in operation
}


def schema_of(row: Row) -> dict[str, Any]:
    """Return the schema of a call's body; an empty one if it has none."""
    reference = BODIES.get(row.operation.id, {}).get("$ref", "")
    schema: dict[str, Any] = DOCUMENT["components"]["schemas"].get(reference.rpartition("/")[2], {})
    return schema


class Recorder:
    """Answers every request of one operation with the least that it may answer, and keeps the requests."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.operation: Operation | None = None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        assert self.operation is not None
        if request.method == "GET" and self.operation.id == "create_build":  # for its default branch
            return httpx.Response(200, json={"default_branch": "main"})
        if self.operation.success == 204 or request.method == "HEAD":
            return httpx.Response(self.operation.success)
        if self.operation.accept.startswith("text/"):
            return httpx.Response(self.operation.success, text="")
        return httpx.Response(self.operation.success, json=[] if answers_a_list(self.operation) else {})


@cache
def answers_a_list(operation: Operation) -> bool:
    """Return True if an operation answers a JSON list."""
    module: Any = import_module(f"buildkite_api.api.{operation.group}.{operation.id}")
    return "| list[" in module._parse_response.__annotations__["return"]


def clients(recorder: Recorder) -> tuple[BuildkiteClient, AsyncBuildkiteClient]:
    """Return a client of each flavor."""
    transport = httpx.MockTransport(recorder)
    return (
        BuildkiteClient("acme", token="t", transport=transport),
        AsyncBuildkiteClient("acme", token="t", transport=transport),
    )


def least(method: Callable[..., Any]) -> tuple[list[Any], dict[str, Any]]:
    """Return the required arguments of a method, and those that only a model in the place of a pipeline makes superfluous."""
    needed = [each for each in parameters(method) if each.default is each.empty]
    placed = [each for each in parameters(method) if each.kind is each.POSITIONAL_OR_KEYWORD]
    positional = [ADDRESS.get(each.name) or value(each.annotation) for each in placed]
    return positional, {each.name: value(each.annotation) for each in needed if each.kind is each.KEYWORD_ONLY}


def parameters(method: Callable[..., Any]) -> Iterable[inspect.Parameter]:
    """Return the parameters of a bound method."""
    return [each for each in inspect.signature(method).parameters.values() if each.name != "self"]


def value(annotation: str) -> Any:
    """Return a value for an annotation of a printed method."""
    first = annotation.split(" | ", maxsplit=1)[0]
    plain: dict[str, Any] = {"str": "x/1", "int": 3, "bool": True, "float": 0.5, "Any": {"a": 1}, "None": None}
    if first in plain:
        return plain[first]
    if first == "datetime.datetime":
        return MOMENT
    if first == "File":
        return File(io.BytesIO(b"content"), name="x.bin")
    if first.startswith("Sequence["):
        return [value(first.removeprefix("Sequence[").removesuffix("]"))]
    if first.startswith("Mapping["):
        return {"a": value(first.removeprefix("Mapping[str, ").removesuffix("]"))}
    model: Any = getattr(models, first)
    if not first.endswith("Request"):
        return model("x")  # an open enum
    fields = [field for field in model.__attrs_attrs__ if field.init]
    return model(
        **{field.name: value(model.__annotations__[field.name]) for field in fields if "Unset" not in str(field.type)}
    )


async def call(method: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call a method of either flavor, to the end."""
    result = method(*args, **kwargs)
    if isinstance(result, AsyncItems):
        return [item async for item in result]
    return await result if iscoroutine(result) else result


def call_blocking(method: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call a method of the blocking flavor; a list is read."""
    result = method(*args, **kwargs)
    return list(result) if hasattr(result, "pages") else result


def json_of(request: httpx.Request) -> dict[str, Any]:
    """Return the body of a request."""
    body: dict[str, Any] = json.loads(request.content) if request.content else {}
    return body
