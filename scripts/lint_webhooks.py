"""Rules for spec/webhooks.yaml. `python scripts/lint_spec.py` checks them with its own.

The description must be OpenAPI. Everything in it has a description. A value that may be absent may be null: an event that
holds a null is better than one that is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from openapi_spec_validator import OpenAPIV31SpecValidator
from webhooks import events

Json = Mapping[str, Any]
Problem = tuple[str, str, str]
"""The place, the problem, and the remedy."""

MODELS = "openapi.yaml#/"
PAGES = "https://buildkite.com/docs/"


def problems(webhooks: Json, rest: Json) -> Iterator[Problem]:
    """Yield the broken rules.

    Args:
        webhooks: the description of the webhooks.
        rest: the bundled description of the REST API, whose models it leads to.
    """
    whole = {**_local(webhooks), "components": {"schemas": {**rest["components"]["schemas"], **_schemas(webhooks)}}}
    for error in OpenAPIV31SpecValidator(whole).iter_errors():
        yield " > ".join(map(str, error.absolute_path)), f"is no OpenAPI: {error.message}", "see the specification"
    named = {event.class_name for event in events(webhooks)}
    for name, schema in _schemas(webhooks).items():
        if name in rest["components"]["schemas"]:
            yield name, "is a model of the REST API, too", "refer to that one, or rename this"
        if not schema.get("description"):
            yield name, "has no description", "write one: it becomes the docstring"
        if name in named and not _page(webhooks, schema).startswith(PAGES):
            yield name, "names no page of the documentation", "give it, or what it is made of, externalDocs"
        for part in (schema, *schema.get("allOf", ())):
            for key, value in part.get("properties", {}).items():
                yield from _property(f"{name}.{key}", key, value, part.get("required", ()))


def _property(where: str, key: str, value: Json, required: Any) -> Iterator[Problem]:
    if "const" in value:
        return
    if not value.get("description"):
        yield where, "has no description", "write one: it becomes the docstring"
    nullable = "null" in value.get("type", ()) or {"type": "null"} in value.get("anyOf", ())
    if key in required and nullable:
        yield where, "is required and may be null", "require what makes the event that event, and nothing else"
    if key not in required and not nullable and value.get("type") != "object":
        yield where, "may be absent, but not null", "allow null"


def _schemas(document: Json) -> dict[str, Any]:
    return {name: _local(schema) for name, schema in document["components"]["schemas"].items()}


def _local(part: Any) -> Any:
    """Return a copy whose references lead into one document."""
    if isinstance(part, list):
        return [_local(inner) for inner in part]
    if not isinstance(part, Mapping):
        return part
    copy = {key: _local(value) for key, value in part.items()}
    if isinstance(copy.get("$ref"), str):
        copy["$ref"] = copy["$ref"].replace(MODELS, "#/")
    return copy


def _page(document: Json, schema: Json) -> str:
    """Return the page of an event, or of its base."""
    if "externalDocs" in schema:
        return str(schema["externalDocs"]["url"])
    for part in schema.get("allOf", ()):
        name = str(part.get("$ref", "")).rpartition("/")[2]
        if name in document["components"]["schemas"]:
            return _page(document, document["components"]["schemas"][name])
    return ""
