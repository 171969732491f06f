"""The bundled description, read on its own: nothing here asks the generated code what it thinks.

Every test of this folder goes over `OPERATIONS`, so an operation that joins the description joins the tests.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped, unused-ignore]
import yaml

Schema = dict[str, Any]

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT: Schema = yaml.load((ROOT / "generated" / "openapi.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader)
API: str = DOCUMENT["servers"][0]["url"]
METHODS = ("get", "head", "options", "post", "put", "patch", "delete")
FREE: Schema = {}
"""The schema of anything."""


@dataclass(frozen=True, slots=True, eq=False)
class Parameter:
    """One parameter of an operation."""

    name: str
    place: str
    required: bool
    schema: Schema
    style: str
    explode: bool
    bare: bool
    """A single value of a list is sent under the name without the brackets."""
    default: str | None
    """What is sent when the caller gives nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """What an operation takes."""

    required: bool
    media: str
    schema: Schema


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Described:
    """One operation as the description has it."""

    id: str
    method: str
    path: str
    group: str
    summary: str
    doc: str
    success: int
    media: str | None
    answer: Schema | None
    scope: str | None
    pagination: str | None
    repeatable: bool
    row: str
    signed: bool
    body: Body | None
    parameters: tuple[Parameter, ...]

    def __str__(self) -> str:
        return self.id

    def __repr__(self) -> str:
        return f"OPERATIONS[{self.id!r}]"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(repr(self))  # hypothesis would print each field of it

    def within(self, place: str) -> list[Parameter]:
        """Its parameters in the path, the query or the header; those in the path in the path's order."""
        found = [parameter for parameter in self.parameters if parameter.place == place]
        return (
            sorted(found, key=lambda parameter: self.path.find(f"{{{parameter.name}}}")) if place == "path" else found
        )

    @property
    def answers_json(self) -> bool:
        return self.media is not None and is_json(self.media)


def is_json(media: str) -> bool:
    """Whether a media type is JSON, by its name or by its suffix."""
    return media == "application/json" or media.endswith("+json")


def resolve(node: Schema) -> Schema:
    """What a node of the description is, without its references."""
    while "$ref" in node:
        target: Any = DOCUMENT
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        node = target
    return node


def named(schema: Schema) -> str | None:
    """The name of the component that a schema refers to."""
    return schema["$ref"].rpartition("/")[2] if "$ref" in schema else None


def members(schema: Schema) -> list[Schema]:
    """The alternatives of a schema without null: itself alone, where it has none."""
    schema = alone(schema)
    found = resolve(schema)
    for union in ("anyOf", "oneOf"):
        if union in found:
            return [inner for each in found[union] if not is_null(each) for inner in members(each)]
    if isinstance(found.get("type"), list):
        return [{**found, "type": kind} for kind in found["type"] if kind != "null"]
    return [schema]


def alone(schema: Schema) -> Schema:
    """A schema without the `allOf` of one that only carries a description beside a reference."""
    while "$ref" not in schema and len(schema.get("allOf", ())) == 1:
        schema = schema["allOf"][0]
    return schema


def nullable(schema: Schema) -> bool:
    """Whether a schema allows null."""
    found = resolve(alone(schema))
    kinds = found.get("type", [])
    alternatives = [*found.get("anyOf", ()), *found.get("oneOf", ())]
    return (isinstance(kinds, list) and "null" in kinds) or any(
        is_null(each) or nullable(each) for each in alternatives
    )


def is_null(schema: Schema) -> bool:
    return bool(schema.get("type") == "null")


def kind_of(schema: Schema) -> str | None:
    """The JSON type of a schema without alternatives; None where it has none, so that it may be anything."""
    found = resolve(schema)
    if "type" in found:
        return str(found["type"])
    return "object" if "properties" in found else "string" if "enum" in found else None


def is_file(schema: Schema) -> bool:
    """Whether a schema is that of bytes."""
    found = resolve(alone(schema))
    return found.get("format") == "binary" or "contentMediaType" in found


@cache
def validator(reference: str) -> jsonschema.Draft202012Validator:
    """The validator of a component."""
    # A root of its own, with the components that its references name.
    return jsonschema.Draft202012Validator({"$ref": reference, "components": DOCUMENT["components"]})


def misfits(schema: Schema, value: Any) -> list[str]:
    """What is wrong with a JSON value, by JSON Schema 2020-12."""
    checker: Any = (
        validator(schema["$ref"])
        if "$ref" in schema
        else jsonschema.Draft202012Validator({**schema, "components": DOCUMENT["components"]})
    )
    return [f"{error.json_path}: {error.message}" for error in checker.iter_errors(value)]


def _described() -> Iterator[Described]:
    for path, item in DOCUMENT["paths"].items():
        for method in METHODS:
            if method in item:
                yield _operation(path, method, item[method], item.get("parameters", []))


def _operation(path: str, method: str, node: Schema, shared: list[Schema]) -> Described:
    parameters: dict[tuple[str, str], Parameter] = {}
    for each in map(resolve, (*shared, *node.get("parameters", ()))):
        style = each.get("style", "form" if each["in"] == "query" else "simple")
        parameters[each["name"], each["in"]] = Parameter(
            each["name"],
            each["in"],
            each.get("required", False),
            each["schema"],
            style,
            each.get("explode", style in ("form", "deepObject")),
            each.get("x-buildkite-bare", False),
            each.get("x-buildkite-default"),
        )
    [status] = [status for status in node["responses"] if status != "default"]
    content: Mapping[str, Schema] = resolve(node["responses"][status]).get("content", {})
    return Described(
        id=node["operationId"],
        method=method.upper(),
        path=path,
        group=node["tags"][0],
        summary=node["summary"],
        doc=node.get("externalDocs", {}).get("url", ""),
        success=int(status),
        media=next(iter(content), None),
        answer=next(iter(content.values())).get("schema", FREE) if content else None,
        scope=node.get("x-buildkite-scope"),
        pagination=node.get("x-buildkite-pagination"),
        repeatable=method in ("get", "head", "options") or node.get("x-buildkite-repeatable", False),
        row=str(node.get("x-buildkite-row") or node["operationId"]),
        signed=bool(node.get("security", DOCUMENT.get("security"))),
        body=_body(node),
        parameters=tuple(parameters.values()),
    )


def _body(node: Schema) -> Body | None:
    if "requestBody" not in node:
        return None
    body = resolve(node["requestBody"])
    [(media, content)] = body["content"].items()
    return Body(body.get("required", False), media, content.get("schema", FREE))


def best_match(method: str, path: str) -> tuple[str, dict[str, str]] | None:
    """Which operation a request is, by trying every path of the description: fixed segments go before parameters.

    Returns:
        The operation's id and the segments of its parameters as they stand, or None.
    """
    found = []
    for operation in OPERATIONS.values():
        if operation.method == method and (fits := _pattern(operation.path).fullmatch(path)):
            found.append(([part.startswith("{") for part in operation.path.split("/")], operation.id, fits.groupdict()))
    return min(found)[1:] if found else None


@cache
def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", path)
    return re.compile(
        "".join(f"(?P<{part}>[^/]+)" if index % 2 else re.escape(part) for index, part in enumerate(parts))
    )


OPERATIONS: dict[str, Described] = {operation.id: operation for operation in _described()}
FIXED_SEGMENTS = {part for operation in OPERATIONS.values() for part in operation.path.split("/") if "{" not in part}
