"""The parts of a body that events are made of: read all at once where they fit, and one by one where not."""

from __future__ import annotations

import re
import typing
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any

import msgspec
from buildkite_api._bodies import plan_of
from buildkite_api._shapes import members, part_of, prepare_old_parts
from buildkite_api._text import mended, untyped
from buildkite_api._timestamps import has_old_form, made_of
from buildkite_api.base import ReadModel, made
from buildkite_api.decoding import Decoder, Drift, UnexpectedBody
from buildkite_api.webhooks.events import EVENTS, WebhookEvent

MALFORMED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

OnDrift = Callable[[Drift], None]
Parts = tuple[Any, dict[str, Any]]
"""What a body names as its event, and the parts that are there by their keys."""

_OWN = frozenset({"raw", "event"})


def read(body: bytes, on_drift: OnDrift | None) -> Parts:
    """The event and the parts of a body.

    Raises:
        msgspec.DecodeError, UnicodeDecodeError, RecursionError: the body is no JSON object.
    """
    return (None if on_drift else _at_once(body)) or _one_by_one(body, on_drift)


@cache
def required(kind: type[WebhookEvent]) -> tuple[str, ...]:
    """The parts without which an event is none of this kind."""
    return tuple(field.name for field in _fields(kind) if field.required)


# --- All at once ------------------------------------------------------------------------------------------------------

_NAMED_FIRST = re.compile(rb'\s*\{\s*"event"\s*:\s*"([a-z_.]+)"')


def _at_once(body: bytes) -> Parts | None:
    """The parts of a body that begins with its event, and fits; None for any other."""
    found = _NAMED_FIRST.match(body)
    reader = _reader(found[1], old=has_old_form(body)) if found else None
    if reader is None:
        return None
    decode, name, keys = reader
    try:
        parts = decode(body)
    except MALFORMED:
        return None
    if parts.event != name:  # another event, further on
        return None
    values = {}
    for key in keys:
        part = getattr(parts, key)
        if part is not None:
            values[key] = made(part)
    return name, values


_Reader = tuple[Callable[[bytes], Any], str, list[str]]
_NAMES = {name.encode(): name for name in EVENTS}
_READERS: dict[tuple[bytes, bool], _Reader] = {}


def _reader(event: bytes, *, old: bool) -> _Reader | None:
    """What reads the bodies of an event, with timestamps in the old form or without; None for one that isn't known."""
    reader = _READERS.get((event, old))
    if reader is None and event in _NAMES:
        name = _NAMES[event]
        keys = [field.name for field in _fields(EVENTS[name])]
        reader = _READERS[event, old] = _decoder(EVENTS[name], old=old), name, keys
    return reader


def _decoder(kind: type[WebhookEvent], *, old: bool) -> Callable[[bytes], Any]:
    hints = typing.get_type_hints(kind)
    parts: list[tuple[str, Any, Any]] = [("event", str, "")]
    for field in _fields(kind):
        if old:
            prepare_old_parts(hints[field.name])
        parts.append((field.name, part_of(hints[field.name], old=old) | None, None))
    return msgspec.json.Decoder(msgspec.defstruct("Parts", parts, gc=False), dec_hook=made_of).decode


@cache
def _fields(kind: type[WebhookEvent]) -> list[msgspec.structs.FieldInfo]:
    return [field for field in msgspec.structs.fields(kind) if field.name not in _OWN]


# --- One by one -------------------------------------------------------------------------------------------------------


def _one_by_one(body: bytes, on_drift: OnDrift | None) -> Parts:
    try:
        parts = _splitter().decode(body)
    except MALFORMED:
        parts = _splitter().decode(mended(body))
    kind = EVENTS.get(parts.event) if isinstance(parts.event, str) else None
    values = {}
    for key, take in _takers(kind or WebhookEvent):
        part = getattr(parts, key)
        value = None if part is None else take(bytes(part), on_drift)
        if value is not None:
            values[key] = value
    return parts.event, values


@cache
def _splitter() -> msgspec.json.Decoder[Any]:
    """One pass over the body finds the event's name and where each part begins and ends."""
    keys = dict.fromkeys(field.name for kind in EVENTS.values() for field in _fields(kind))
    parts = [(key, msgspec.Raw, msgspec.field(default=None)) for key in keys]
    return msgspec.json.Decoder(msgspec.defstruct("Parts", [("event", Any, None), *parts], gc=False))


_Take = Callable[[bytes, OnDrift | None], Any]


@cache
def _takers(kind: type[WebhookEvent]) -> list[tuple[str, _Take]]:
    hints = typing.get_type_hints(kind)
    return [(field.name, _taker(hints[field.name])) for field in _fields(kind)]


def _taker(hint: Any) -> _Take:
    """How a value of a type is made of JSON. It makes None of null, and of what is of another form altogether."""
    plain = next(each for each in members(hint) if each is not type(None))
    if isinstance(plain, type) and issubclass(plain, ReadModel):
        return _model_taker(plain)
    return _plain_taker(plain)


def _model_taker(model: type[ReadModel]) -> _Take:
    plan = plan_of(model)

    def take(part: bytes, on_drift: OnDrift | None) -> Any:
        if on_drift is None:
            with suppress(*MALFORMED):
                return plan.decode_whole(part)
        try:
            return Decoder(on_drift=on_drift).decode(model, part)
        except UnexpectedBody:
            return None

    return take


def _plain_taker(plain: Any) -> _Take:
    decode = msgspec.json.Decoder(plain).decode

    def take(part: bytes, on_drift: OnDrift | None) -> Any:  # noqa: ARG001
        text = mended(part)
        with suppress(*MALFORMED):
            return decode(text)
        return _salvaged(plain, untyped(text))

    return take


def _salvaged(plain: Any, value: Any) -> Any:
    """What fits of an object; None for anything else."""
    if not isinstance(value, dict):
        return None
    if not (isinstance(plain, type) and issubclass(plain, msgspec.Struct)):
        return value if typing.get_origin(plain) is dict else None
    hints = typing.get_type_hints(plain)
    fitting = {}
    for name in hints.keys() & value.keys():
        with suppress(msgspec.ValidationError):
            fitting[name] = msgspec.convert(value[name], hints[name])
    return plain(**fitting)
