"""Bodies of all events, made from spec/webhooks.yaml and the parts of the REST API that it refers to."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
_REFERENCE = Path("shared", "reference", "documented-samples.jsonl")
SAMPLES = next((folder / _REFERENCE for folder in ROOT.parents if (folder / _REFERENCE).exists()), Path("absent"))

# The keys of each event besides `event`; the required ones first.
EVENTS: dict[str, tuple[str, list[str], list[str]]] = {
    "ping": ("Ping", [], ["service", "organization", "sender"]),
    "build.scheduled": ("BuildScheduled", ["build", "pipeline"], ["sender"]),
    "build.running": ("BuildRunning", ["build", "pipeline"], ["sender"]),
    "build.failing": ("BuildFailing", ["build", "pipeline"], ["sender"]),
    "build.finished": ("BuildFinished", ["build", "pipeline"], ["sender"]),
    "build.skipped": ("BuildSkipped", ["build", "pipeline"], ["sender"]),
    "job.scheduled": ("JobScheduled", ["job", "build", "pipeline"], ["sender"]),
    "job.started": ("JobStarted", ["job", "build", "pipeline"], ["sender"]),
    "job.finished": ("JobFinished", ["job", "build", "pipeline"], ["sender"]),
    "job.activated": ("JobActivated", ["job", "build", "pipeline"], ["sender"]),
    "job.promised_exit_status": (
        "JobPromisedExitStatus",
        ["job", "build", "pipeline"],
        ["promised_exit_status_reason", "sender"],
    ),
    "agent.connected": ("AgentConnected", ["agent"], ["sender"]),
    "agent.lost": ("AgentLost", ["agent"], ["sender"]),
    "agent.disconnected": ("AgentDisconnected", ["agent"], ["sender"]),
    "agent.stopping": ("AgentStopping", ["agent"], ["sender"]),
    "agent.stopped": ("AgentStopped", ["agent"], ["sender"]),
    "agent.blocked": ("AgentBlocked", ["agent"], ["blocked_ip", "cluster_token", "sender"]),
    "cluster_token.registration_blocked": (
        "ClusterTokenRegistrationBlocked",
        ["cluster_token"],
        ["blocked_ip", "sender"],
    ),
    "package.created": ("PackageCreated", ["package"], ["sender"]),
    "workflow.alarm": ("WorkflowAlarm", [], ["subject", "workflow_id", "workflow_url", "workflow_event"]),
}

OLD_FORM = "2026-01-02 03:04:05 UTC"
NEW_FORM = "2026-01-02T03:04:05.678Z"
DEEP = 4
"""The depth up to which an object gets its optional keys."""

Schema = dict[str, Any]


@cache
def _schemas() -> tuple[Schema, Schema]:
    def loaded(path: str) -> Any:
        return yaml.load((ROOT / path).read_text(), yaml.CSafeLoader)["components"]["schemas"]

    return loaded("spec/webhooks.yaml"), loaded("generated/openapi.yaml")


def resolve(schema: Schema) -> Schema:
    """Return a schema with its references and its `allOf` merged in."""
    own, rest = _schemas()
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        # Within the REST API's description a reference names no file. The two descriptions have no names in common.
        return resolve(rest[name] if schema["$ref"].startswith("openapi.yaml#") or name not in own else own[name])
    merged: Schema = {}
    for part in map(resolve, schema.get("allOf", ())):
        properties = {**merged.get("properties", {}), **part.get("properties", {})}
        required = [*merged.get("required", ()), *part.get("required", ())]
        merged = {**merged, **part, "properties": properties, "required": required}
    return merged or schema


def schema_of(event: str) -> Schema:
    """Return the schema of an event's body."""
    own, _ = _schemas()
    return resolve(own[EVENTS[event][0]])


def alone(schema: Schema) -> tuple[Schema, bool]:
    """Return the schema of a value that isn't null, and True if the value may be null."""
    found = resolve(schema)
    either = found.get("anyOf") or found.get("oneOf")
    if either:
        kinds = [each for each in map(resolve, either) if each.get("type") != "null"]
        return kinds[0], len(kinds) < len(either)
    if isinstance(found.get("type"), list):
        return {**found, "type": next(each for each in found["type"] if each != "null")}, "null" in found["type"]
    return found, False


def value_of(schema: Schema, *, optional: bool, null: bool, date: str, depth: int = 0) -> Any:
    """Return a value of a schema.

    Args:
        schema: the schema.
        optional: whether objects hold the keys that they may leave out.
        null: whether to say null wherever that is allowed.
        date: how timestamps are written.
        depth: how many objects stand around.
    """
    found, nullable = alone(schema)
    options: Any = {"optional": optional, "null": null, "date": date, "depth": depth + 1}
    if null and nullable:
        return None
    if "const" in found:
        return found["const"]
    if "enum" in found:
        return found["enum"][-1]
    if found.get("format") == "date-time":
        return date
    if found.get("type") == "array":
        return [value_of(found["items"], **options)]
    properties: dict[str, Schema] = found.get("properties", {})
    if properties:
        wanted = properties if optional and depth < DEEP else found.get("required", ())
        return {key: value_of(properties[key], **options) for key in wanted}
    if found.get("type") == "object":
        inner = found.get("additionalProperties", True)
        return {"any key": "text" if isinstance(inner, bool) else value_of(inner, **options)}
    plain: dict[Any, Any] = {"string": "text", "integer": 3, "number": 1.5, "boolean": True, None: {"any": [1, None]}}
    return plain[found.get("type")]


def body_of(event: str, *, optional: bool = True, null: bool = False, date: str = OLD_FORM) -> dict[str, Any]:
    """Return a body of an event: complete, with all allowed nulls, or without all optional keys."""
    body: dict[str, Any] = value_of(schema_of(event), optional=optional, null=null, date=date)
    return {"event": body.pop("event"), **body}


def nearly_full(event: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield bodies that are complete except for one key, with its name: null if it may be, and absent if it may be."""
    full = body_of(event)
    schema = schema_of(event)
    for key in full:
        yield from _less(full, schema, [key])
        part = alone(schema["properties"][key])[0]
        if isinstance(full[key], dict) and "properties" in part:
            for inner in full[key]:
                yield from _less(full, schema, [key, inner])


def _less(full: dict[str, Any], schema: Schema, path: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    *before, last = path
    around = schema
    for key in before:
        around = alone(around["properties"][key])[0]
    if alone(around["properties"][last])[1]:
        yield f"{'.'.join(path)} null", _changed(full, before, {last: None}, [])
    if last not in around.get("required", ()):
        yield f"{'.'.join(path)} absent", _changed(full, before, {}, [last])


def _changed(full: dict[str, Any], before: list[str], new: dict[str, Any], gone: list[str]) -> dict[str, Any]:
    body = copy.deepcopy(full)
    inner = body
    for key in before:
        inner = inner[key]
    inner.update(new)
    for key in gone:
        del inner[key]
    return body


def encoded(body: Any) -> bytes:
    return json.dumps(body).encode()


def as_rest(value: Any) -> Any:
    """Return the same JSON with its timestamps in the form of the models."""
    if isinstance(value, dict):
        return {key: as_rest(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [as_rest(inner) for inner in value]
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", value):
        return f"{value[:10]}T{value[11:19]}.000Z"
    return value


def within(value: Any, around: Any) -> bool:
    """Return True if two JSON values are equal, except for keys that are null or empty in the second."""
    if isinstance(value, dict) and isinstance(around, dict):
        rest = [around[key] for key in around.keys() - value.keys()]
        return not any(rest) and all(key in around and within(inner, around[key]) for key, inner in value.items())
    if isinstance(value, list) and isinstance(around, list) and len(value) == len(around):
        return all(map(within, value, around))
    # A required value that is null or absent becomes an empty list or map.
    return (value == around and type(value) is type(around)) or (value is None and around in ([], {}))
