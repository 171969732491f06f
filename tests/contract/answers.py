"""Answers as the description has them, and whether what was made of one still says the same."""

from __future__ import annotations

import datetime as dt
import json
import re
from random import Random
from typing import Any

from .description import Described, Schema, kind_of, members, nullable, resolve
from .values import Fill

DEEP = 3
TEXTS = ("text", "", "ünï 日本 🦀", 'quotes " and \\', "two\nlines", "\u2028", "null", "2018-03-25 03:58:14 UTC", "[]")
MOMENTS = ("2026-01-02T03:04:05.678Z", "2015-05-09T21:05:59.000Z")
OTHER_MOMENTS = (
    "2026-01-02T03:04:05Z",
    "2026-01-02T03:04:05.678901Z",
    "2026-01-02T03:04:05.678+05:30",
    "2018-03-25 03:58:14 UTC",
)
NEW_VALUE = "a value of tomorrow"


class Answers:
    """Makes answers of schemas, another one for each seed.

    Args:
        fill: BARE has what is required and no more, FULL every key with something in it.
        seed: of the choices.
        beyond: whether to go beyond the schema where the client has to bear it: unknown enum values, and timestamps in
            Buildkite's older form.
    """

    def __init__(self, fill: Fill, seed: int, *, beyond: bool = False) -> None:
        self._fill = fill
        self._random = Random(seed)
        self._beyond = beyond

    def make(self, schema: Schema, depth: int = 0) -> Any:
        """A JSON value of a schema, with so many objects around it."""
        if self._fill is Fill.SOME and nullable(schema) and self._random.random() < 0.3:
            return None
        member = self._random.choice(members(schema))
        found = resolve(member)
        kind = kind_of(found)
        if "const" in found:
            return found["const"]
        if "enum" in found:
            return NEW_VALUE if self._beyond and self._random.random() < 0.3 else self._random.choice(found["enum"])
        if kind == "object":
            return self._object(found, depth)
        if kind == "array":
            most = {Fill.BARE: 0, Fill.SOME: 2, Fill.FULL: 2}[self._fill]
            count = self._random.randint(int(self._fill is Fill.FULL), most) if depth <= DEEP else 0
            return [self.make(found.get("items", {}), depth) for _ in range(count)]
        if kind == "string" and found.get("format") == "date-time":
            return self._random.choice(MOMENTS + OTHER_MOMENTS if self._beyond else MOMENTS)
        if kind == "string" and found.get("format") == "date":
            return "2026-01-02"
        if kind == "string":
            return self._random.choice(TEXTS)
        if kind == "integer":
            return self._random.choice((0, 1, -1, 2**31, 2**53))
        if kind == "number":
            return self._random.choice((0.5, -1.25, 1e300, 3))
        return self._random.choice((True, False)) if kind == "boolean" else self._anything()

    def _object(self, found: Schema, depth: int) -> dict[str, Any]:
        properties = found.get("properties", {})
        if not properties:
            if self._fill is Fill.BARE or (self._fill is Fill.SOME and self._random.random() < 0.5):
                return {}
            additional = found.get("additionalProperties", True)
            schema = {} if isinstance(additional, bool) else additional
            return {key: self.make(schema, depth + 1) for key in ("key", "ünï", "created_at")}
        required = found.get("required", ())
        chance = {Fill.BARE: 0.0, Fill.SOME: 0.5, Fill.FULL: 1.0}[self._fill] if depth < DEEP else 0.0
        wanted = [key for key in properties if key in required or self._random.random() < chance]
        return {key: self.make(properties[key], depth + 1) for key in wanted}

    def _anything(self) -> Any:
        text = self._random.choice(TEXTS)
        return self._random.choice(([text, 1, None, {}], {"key": [text], "": {"created_at": text}}, text, True, 1.5))


def content(operation: Described, fill: Fill = Fill.BARE, seed: int = 0) -> bytes:
    """The body of an answer to an operation; empty where it has none."""
    if operation.media is None or operation.method == "HEAD":
        return b""
    if not operation.answers_json:
        return TEXTS[seed % len(TEXTS)].encode()
    return json.dumps(Answers(fill, seed).make(operation.answer or {})).encode()


def headers_of(operation: Described) -> dict[str, str]:
    """The headers that come with an answer to an operation."""
    found = {"Content-Type": f"{operation.media}; charset=utf-8"} if operation.media else {}
    return {**found, "Location": "https://storage.test/file"} if 300 <= operation.success < 400 else found


def differences(schema: Schema, given: Any, back: Any, at: str = "$") -> list[str]:
    """Where a value that came back from a model isn't what was given: same keys, same values, same types.

    A key that wasn't there may have come back as null, or as an empty list or map, and so may a null of a list or map.
    A timestamp may be written otherwise.
    """
    found = [member for member in members(schema) if _fits(member, given)]
    if given is None and back in ([], {}) and {kind_of(member) for member in members(schema)} & {"array", "object"}:
        return []
    if given is None or not found:
        return [] if _same(given, back) else [f"{at}: {given!r} became {back!r}"]
    node = resolve(found[0])
    kind = kind_of(node)
    properties = node.get("properties", {})
    if kind == "object" and isinstance(given, dict) and isinstance(back, dict):
        additional = node.get("additionalProperties", True)
        inside = {} if isinstance(additional, bool) else additional
        lost = [f"{at}.{key}: lost" for key in given if key not in back]
        new = [
            f"{at}.{key}: came from nowhere: {back[key]!r}"
            for key in back
            if key not in given and (key not in properties or back[key] not in (None, [], {}))
        ]
        common = [key for key in given if key in back]
        return (
            lost
            + new
            + [
                each
                for key in common
                for each in differences(properties.get(key, inside), given[key], back[key], f"{at}.{key}")
            ]
        )
    if kind == "array" and isinstance(given, list) and isinstance(back, list) and len(given) == len(back):
        items = node.get("items", {})
        pairs = enumerate(zip(given, back, strict=True))
        return [each for index, (one, two) in pairs for each in differences(items, one, two, f"{at}[{index}]")]
    if node.get("format") == "date-time" and isinstance(given, str) and isinstance(back, str):
        return [] if given == back or (given not in MOMENTS and moment(given) == moment(back)) else [f"{at}: {back!r}"]
    if kind == "number":
        return [] if given == back else [f"{at}: {given!r} became {back!r}"]
    return [] if _same(given, back) else [f"{at}: {given!r} became {back!r}"]


def moment(text: str) -> dt.datetime:
    """The moment that a timestamp means, in either of Buildkite's forms."""
    plain = re.sub(r"^(\S+) (\S+) UTC$", r"\1T\2Z", text)
    return dt.datetime.fromisoformat(plain)


def _fits(schema: Schema, value: Any) -> bool:
    kinds = {dict: "object", list: "array", str: "string", bool: "boolean", int: "integer", float: "number"}
    kind = kind_of(schema)
    return kind is None or kinds.get(type(value)) == kind or (kind == "number" and type(value) is int)


def _same(one: Any, two: Any) -> bool:
    """Equal in JSON, where 1, 1.0 and true are three things."""
    return json.dumps(one, sort_keys=True) == json.dumps(two, sort_keys=True)
