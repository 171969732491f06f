"""Print generated/buildkite_api/operations.py: the table of operations, and the match of a request with one of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

METHODS = ("get", "head", "post", "put", "patch", "delete")

# The resource of a path parameter whose name without the suffix is not the resource. The access of a team to a pipeline or
# a suite is a resource of its own.
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

MODULE = '''"""Operations of the API, and the match of a request with one of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Literal
from urllib.parse import unquote


@dataclass(frozen=True, slots=True)
class Operation:
    """Operation of the API."""

    id: str
    """Name, which is also the name of its module, such as `get_build`."""
    method: str
    """HTTP method, in capitals."""
    path: str
    """Path from the API's root, with its parameters in braces."""
    group: str
    """Package of its module, such as `builds`."""
    call: str
    """Method of the clients that sends it, such as `builds.get`."""
    resource: str
    """Resource that the last parameter of the path identifies, such as `build`, or ""."""
    success: int
    """Status that means success."""
    accept: str
    """Media type of the answer."""
    scope: str | None
    """Scope that a token needs."""
    pagination: Literal["link", "cursor"] | None
    """Kind of pagination of a list."""
    repeatable: bool
    """True if it may be sent again although the first request may have acted."""
    no_store: bool
    """True if its answer must not be stored anywhere."""
    unavailable: bool
    """True if a 503 is documented for it, for a feature or a service that isn't there."""
    row: str
    """Row of spec/endpoints.tsv that describes it."""
    summary: str
    """Summary in a few words."""
    doc: str
    """Page in Buildkite's documentation; the source in the Go client for an operation that only it has."""
    note: str
    """Points where Buildkite's documentation and its Go client disagree or are silent, and the choice made; often ""."""


def match(method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
    """Find the operation of a request.

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
    """Find the operation of a request, without the values of its parameters."""
    found = match(method, path)
    return found[0] if found else None


_Found = tuple[Operation, tuple[tuple[str, int], ...]]


class _Node:
    __slots__ = ("fixed", "operations", "parameter")

    def __init__(self) -> None:
        self.fixed: dict[str, _Node] = {}
        self.parameter: _Node | None = None
        self.operations: dict[str, _Found] = {}


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
    """Yield every operation of a description as (method in capitals, path, operation), in the description's order."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield method.upper(), path, item[method]


def print_module(document: dict[str, Any], called: Mapping[str, str]) -> str:
    """Return the source of the module for a bundled description.

    Args:
        document: the description.
        called: the method of the clients by the id of its operation, such as `builds.get` for `get_build`.
    """
    records = (record(*operation, called) for operation in operations(document))
    return MODULE % "".join(f"    Operation({_arguments(fields)}),\n" for fields in records)


def record(method: str, path: str, operation: dict[str, Any], called: Mapping[str, str]) -> dict[str, Any]:
    """Return the fields of one `Operation`."""
    success = [status for status in operation["responses"] if status != "default"]
    return {
        "id": operation["operationId"],
        "method": method,
        "path": path,
        "group": operation["tags"][0],
        "call": called[operation["operationId"]],
        "resource": resource(path),
        "success": int(success[0]),
        "accept": next(iter(operation["responses"][success[0]].get("content", ())), "application/json"),
        "scope": operation.get("x-buildkite-scope"),
        "pagination": operation.get("x-buildkite-pagination"),
        "repeatable": method in ("GET", "HEAD") or bool(operation.get("x-buildkite-repeatable")),
        "no_store": bool(operation.get("x-buildkite-no-store")),
        "unavailable": bool(operation.get("x-buildkite-unavailable")),
        "row": operation.get("x-buildkite-row", operation["operationId"]),
        "summary": operation["summary"],
        "doc": operation.get("externalDocs", {}).get("url", ""),
        "note": " ".join(operation.get("x-buildkite-note", "").split()),
    }


def resource(path: str) -> str:
    """Return the resource that the last parameter of a path identifies."""
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
