"""Values that a caller may give where the description has a schema, how Python says them, and what they are in JSON.

A value is drawn once, by the keys of the description, with Python's own dates and enums inside. `spoken` makes of it what
goes into a call, `plain` what has to arrive.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from buildkite_api import models, types
from hypothesis import strategies as st

from .description import Schema, alone, is_file, kind_of, members, named, nullable, resolve

Strategy = st.SearchStrategy[Any]

DEEP = 4
"""How many objects may stand around one that has more than it needs."""

TRICKY = (
    "a/b", "a?b=c&d#e", "100%", "%2F", "%2e%2e", "..%2f", "...", "a b", "a+b", "café", "日本語", "🦀", "a\nb", "\x00", "\\", ";",
    ":", "@", "~", "'\"", "[]", "null", "2018-03-25 03:58:14 UTC",
)  # fmt: skip
CLASSES: dict[str, Any] = {name.lower(): getattr(models, name) for name in models.__all__}


class Fill(StrEnum):
    """How much of what may be left out is there."""

    BARE = "bare"
    SOME = "some"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that is given."""

    content: bytes


def class_of(schema: Schema) -> Any:
    """The generated class of a component, whichever way the generator writes its name; None where it has none."""
    name = named(alone(schema))
    return CLASSES.get(name.replace("_", "").lower()) if name else None


# --- What may be given ------------------------------------------------------------------------------------------------

texts: Strategy = st.one_of(st.text(max_size=12), st.sampled_from(TRICKY))
numbers: Strategy = st.floats(allow_nan=False, allow_infinity=False)
keys: Strategy = st.text(min_size=1, max_size=6)
anything: Strategy = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), numbers, texts),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=3)),
    max_leaves=4,
)
# With daylight saving, off by three quarters of an hour (where the machine knows such places), and any other.
_places = [ZoneInfo(name) for name in ("America/New_York", "Asia/Kathmandu") if name in available_timezones()]
zones: Strategy = st.one_of(
    st.sampled_from([dt.UTC, *_places]),
    st.integers(-1439, 1439).map(lambda minutes: dt.timezone(dt.timedelta(minutes=minutes))),
)
moments: Strategy = st.datetimes(dt.datetime(2, 1, 1), dt.datetime(9998, 12, 30), timezones=zones)
header_values: Strategy = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=12)


def values(schema: Schema, fill: Fill, depth: int = 0) -> Strategy:
    """What a caller may give where this schema stands.

    Args:
        schema: the schema.
        fill: how much of it.
        depth: how many objects stand around.
    """
    # Schemas are part of the document, which stays, so that their identities are theirs alone.
    key = (id(schema), fill, depth)
    if key not in _STRATEGIES:
        _SCHEMAS.append(schema)
        _STRATEGIES[key] = _values(schema, fill, depth)
    return _STRATEGIES[key]


_STRATEGIES: dict[tuple[int, Fill, int], Strategy] = {}
_SCHEMAS: list[Schema] = []


def _values(schema: Schema, fill: Fill, depth: int) -> Strategy:
    either = [_value(member, fill, depth) for member in members(schema)]
    if nullable(schema) and fill is not Fill.FULL:
        either.append(st.none())
    return st.one_of(either)


def _value(schema: Schema, fill: Fill, depth: int) -> Strategy:
    found = resolve(schema)
    kind = kind_of(found)
    if "const" in found:
        return st.just(found["const"])
    if "enum" in found:
        return _members_of_enum(schema)
    if kind == "object":
        return _objects(found, fill, depth)
    if kind == "array":
        sizes = {Fill.BARE: (0, 0), Fill.SOME: (0, 3), Fill.FULL: (1, 3)}[fill]
        least, most = max(sizes[0], found.get("minItems", 0)), max(sizes[1], found.get("minItems", 0))
        inner = values(found.get("items", {}), fill, depth)
        lists = st.lists(inner, min_size=least, max_size=min(most, found.get("maxItems", most)))
        return st.one_of(lists, lists.map(tuple))
    if is_file(found):
        return st.binary(max_size=40).map(Upload)
    if kind == "string" and found.get("format") == "date-time":
        return moments
    if kind == "string" and found.get("format") == "date":
        return st.dates()
    if kind == "string":
        least, most = found.get("minLength", 0), found.get("maxLength")
        return st.from_regex(found["pattern"]) if "pattern" in found else st.text(min_size=least, max_size=most) | texts
    if kind in ("integer", "number"):
        limits = {"min_value": found.get("minimum"), "max_value": found.get("maximum")}
        return st.integers(**limits) if kind == "integer" else numbers
    return st.booleans() if kind == "boolean" else anything


def _members_of_enum(schema: Schema) -> Strategy:
    """A member, its text, and what nobody knows yet, as an enum and as text."""
    known: list[Any] = resolve(schema)["enum"]
    cls = class_of(schema)
    either = [st.sampled_from(known)]
    if cls is not None:
        either += [st.sampled_from(known).map(cls), st.sampled_from(["a new value", "ünknown", ""]).map(cls)]
    return st.one_of(either)


def _objects(found: Schema, fill: Fill, depth: int) -> Strategy:
    properties: Mapping[str, Schema] = found.get("properties", {})
    if not properties:
        additional = found.get("additionalProperties", True)
        inner = anything if isinstance(additional, bool) else values(additional, fill, depth + 1)
        least, most = {Fill.BARE: (0, 0), Fill.SOME: (0, 3), Fill.FULL: (1, 3)}[fill]
        return st.dictionaries(keys, inner, min_size=least, max_size=most)
    inside = fill if depth < DEEP else Fill.BARE
    drawn = {name: st.deferred(_later(inner, inside, depth + 1)) for name, inner in properties.items()}
    needed = {name: drawn[name] for name in drawn if inside is Fill.FULL or name in found.get("required", ())}
    rest = {name: drawn[name] for name in drawn if name not in needed}
    return st.fixed_dictionaries(needed, optional=rest if inside is Fill.SOME else {})


def _later(schema: Schema, fill: Fill, depth: int) -> Callable[[], Strategy]:
    return lambda: values(schema, fill, depth)


@cache
def segments(avoided: frozenset[str]) -> Strategy:
    """Texts that may stand in a path: any but those that address something else."""
    tricky = [text for text in TRICKY if text not in avoided]
    return st.one_of(st.text(min_size=1, max_size=10), st.sampled_from(tricky)).filter(
        lambda text: text not in avoided and text not in (".", "..")
    )


# --- How Python says it, and what it is in JSON -----------------------------------------------------------------------


def spoken(schema: Schema, value: Any, absent: Any = None, *, annotation: str = "") -> Any:
    """What goes into a call for a value.

    Args:
        schema: the schema that it was drawn for.
        value: what was drawn.
        absent: what to say for the keys that are not there; None leaves them out.
        annotation: the type that the generated code declares for it.
    """
    if isinstance(value, Upload):
        return _file(value)
    kind = "object" if isinstance(value, dict) else "array" if isinstance(value, (list, tuple)) else None
    fitting = [member for member in members(schema) if kind and kind_of(member) == kind]
    if not fitting:
        return value
    [member] = fitting
    found = resolve(member)
    if kind == "array":
        return type(value)(spoken(found.get("items", {}), inner, absent, annotation=annotation) for inner in value)
    properties: Mapping[str, Schema] = found.get("properties", {})
    if not properties:
        additional = found.get("additionalProperties", True)
        inside = {} if isinstance(additional, bool) else additional
        return {key: spoken(inside, inner, absent) for key, inner in value.items()}
    cls = class_of(member)
    given = {}
    for key in properties:
        name = attribute(cls, key)
        if key in value:
            given[name] = spoken(properties[key], value[key], absent, annotation=str(cls.__annotations__[name]))
        elif absent is not None:
            given[name] = absent
    return cls(**given)


def plain(value: Any) -> Any:
    """What a value is in JSON."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, dt.datetime):
        return timestamp(value)
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    return [plain(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def text_of(value: Any) -> str:
    """What a value is in a query, a header or a path."""
    as_json = plain(value)
    if isinstance(as_json, bool):
        return "true" if as_json else "false"
    return str(as_json)


def timestamp(moment: dt.datetime) -> str:
    """A moment as Buildkite writes it, in UTC with milliseconds."""
    at = moment.astimezone(dt.UTC)
    return f"{at.year:04}-{at.month:02}-{at.day:02}T{at.hour:02}:{at.minute:02}:{at.second:02}.{at.microsecond // 1000:03}Z"


def attribute(cls: Any, key: str) -> str:
    """The attribute of a model that holds a key."""
    return next((name for name, other in cls._keys.items() if other == key), key)


def _file(upload: Upload) -> types.File:
    """A file as the generated client takes it."""
    return types.File(io.BytesIO(upload.content), name="file.bin")
