"""Print generated/buildkite_api/operations.py: which operations there are, and which one a request is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

METHODS = ("get", "head", "post", "put", "patch", "delete")

# What a path parameter identifies, where its name without the suffix does not say it.
# What a team holds of a pipeline or a suite is neither of them.
RESOURCES = {
    "image_id": "agent_image",
    "maintainer_id": "cluster_maintainer",
    "org_slug": "organization",
    "pipeline_uuid": "team_pipeline",
    "queue_id": "cluster_queue",
    "schedule_id": "pipeline_schedule",
    "secret_id": "cluster_secret",
    "service_uuid": "notification_service",
    "suite_uuid": "team_suite",
    "template_uuid": "pipeline_template",
    "token_id": "cluster_token",
    "user_uuid": "member",
}
SUFFIXES = ("_slug", "_number", "_id", "_uuid")

MODULE = '''"""The operations of the API: what each of them is, and which one a request is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Literal
from urllib.parse import unquote


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the API."""

    id: str
    """Its name, which is also the name of its module, such as `get_build`."""
    method: str
    """The HTTP method, in capitals."""
    path: str
    """The path with its parameters in braces, from the API's root."""
    group: str
    """The package of its module, such as `builds`."""
    resource: str
    """What the path identifies last, such as `build`, or ""."""
    success: int
    """The status that means success."""
    accept: str
    """The media type of its answer."""
    scope: str | None
    """The scope that a token needs."""
    pagination: Literal["link", "cursor"] | None
    """How its list is paged, if it is."""
    repeatable: bool
    """Whether it may be sent again although the first may have acted."""
    no_store: bool
    """Whether its answer must not be stored anywhere."""
    row: str
    """The row of spec/endpoints.tsv that describes it."""
    summary: str
    """What it does, in a few words."""
    doc: str
    """Its page in Buildkite's documentation; for what only the Go client knows, its source there."""
    note: str
    """Where Buildkite's documentation and its Go client disagree or are silent, and what is followed; often ""."""


def match(method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
    """Find the operation that a request is.

    Args:
        method: The HTTP method, in capitals.
        path: The path below the API's root, percent-encoded, beginning with `/`. A slash at the end does not count.

    Returns:
        The operation and the decoded values of its path parameters, or None.

    Example:
        >>> operation, parameters = match("GET", "/v2/organizations/acme")
        >>> operation.id, parameters
        ('get_organization', {'org_slug': 'acme'})
    """
    plain = path.partition("?")[0]
    if plain != "/":
        plain = plain.removesuffix("/")
    segments = plain.split("/")
    if segments[0] or ("" in segments[1:] and plain != "/"):
        return None
    found = _find(_tree(), segments, 1, method)
    if found is None:
        return None
    operation, parameters = found
    return operation, {name: unquote(segments[index]) for name, index in parameters}


def find(method: str, path: str) -> Operation | None:
    """Find the operation that a request is, like `match`, without the parameters."""
    found = match(method, path)
    return found[0] if found else None


_Found = tuple[Operation, tuple[tuple[str, int], ...]]


@dataclass(slots=True)
class _Node:
    fixed: dict[str, _Node] = field(default_factory=dict)
    parameter: _Node | None = None
    operations: dict[str, _Found] = field(default_factory=dict)


def _find(node: _Node, segments: list[str], index: int, method: str) -> _Found | None:
    if index == len(segments):
        return node.operations.get(method)
    found = None
    if segments[index] in node.fixed:
        found = _find(node.fixed[segments[index]], segments, index + 1, method)
    if found is None and node.parameter is not None:
        found = _find(node.parameter, segments, index + 1, method)
    return found


@cache
def _tree() -> _Node:
    root = _Node()
    for operation in OPERATIONS.values():
        node = root
        parameters = []
        for index, segment in enumerate(operation.path.split("/")[1:], 1):
            if segment.startswith("{"):
                parameters.append((segment[1:-1], index))
                node.parameter = node = node.parameter or _Node()
            else:
                node = node.fixed.setdefault(segment, _Node())
        node.operations[operation.method] = operation, tuple(parameters)
    return root


_ALL = (
%s)

OPERATIONS: Mapping[str, Operation] = MappingProxyType({operation.id: operation for operation in _ALL})

__all__ = ["OPERATIONS", "Operation", "find", "match"]
'''


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every operation of a description, as (method in capitals, path, operation), in the description's order."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield method.upper(), path, item[method]


def print_module(document: dict[str, Any]) -> str:
    """The source of the module for a bundled description."""
    records = (record(*operation) for operation in operations(document))
    return MODULE % "".join(f"    Operation({_arguments(fields)}),\n" for fields in records)


def record(method: str, path: str, operation: dict[str, Any]) -> dict[str, Any]:
    """The fields of one `Operation`."""
    success = [status for status in operation["responses"] if status != "default"]
    return {
        "id": operation["operationId"],
        "method": method,
        "path": path,
        "group": operation["tags"][0],
        "resource": resource(path),
        "success": int(success[0]),
        "accept": next(iter(operation["responses"][success[0]].get("content", ())), "application/json"),
        "scope": operation.get("x-buildkite-scope"),
        "pagination": operation.get("x-buildkite-pagination"),
        "repeatable": method in ("GET", "HEAD") or bool(operation.get("x-buildkite-repeatable")),
        "no_store": bool(operation.get("x-buildkite-no-store")),
        "row": operation.get("x-buildkite-row", operation["operationId"]),
        "summary": operation["summary"],
        "doc": operation.get("externalDocs", {}).get("url", ""),
        "note": " ".join(operation.get("x-buildkite-note", "").split()),
    }


def resource(path: str) -> str:
    """What the last parameter of a path identifies."""
    parameters = [segment[1:-1] for segment in path.split("/") if segment.startswith("{")]
    if not parameters:
        return ""
    name = parameters[-1]
    for suffix in SUFFIXES:
        if name not in RESOURCES and name.endswith(suffix):
            return name.removesuffix(suffix)
    return RESOURCES.get(name, name)


def _arguments(fields: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in fields.items())
