"""Parsing of bodies into typed events.

A body is read in one step if it is complete and valid, and otherwise field by field. A field that doesn't fit is kept as it
came or left out, so that one bad field doesn't lose the event.
"""

from __future__ import annotations

import re
import typing
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from itertools import accumulate
from typing import Any, NoReturn

import msgspec
from buildkite_api._bodies import plan_of
from buildkite_api._shapes import members, part_of, prepare_old_parts
from buildkite_api._text import mended, untyped
from buildkite_api._timestamps import has_old_form, made_of
from buildkite_api.base import ReadModel, made
from buildkite_api.decoding import Decoder, Drift, UnexpectedBody
from buildkite_api.webhooks.events import EVENTS, WebhookEvent

from ..errors import WebhookMalformed, WebhookReason
from .delivery import Delivery
from .http import EVENT, HeaderError, Headers, single_header

__all__ = ["DriftHook", "UnknownEvent", "event_of", "parse"]

DriftHook = Callable[[Drift], None]
"""A function that is called with each difference between a body and the description of its event."""

_LONGEST_EVENT = 256
_MALFORMED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class UnknownEvent(WebhookEvent, kw_only=True, frozen=True):
    """An event that this version doesn't know, or an event without its required fields. `data` has the whole body."""

    problem: str = ""
    """The reason why the event has no class of its own."""


def parse(body: bytes, headers: Headers = (), *, on_drift: DriftHook | None = None) -> WebhookEvent:
    """Parse the body of a delivery into a typed event. This doesn't verify the delivery: call `verify` first.

    Args:
        body: the raw body.
        headers: the delivery's headers. If they name the event, the body must name the same one.
        on_drift: called with each difference from the description; the comparison takes time.

    Returns:
        An event of its own class, such as `BuildFinished`, with the same models as the REST client's and aware datetimes;
        an `UnknownEvent` if the event isn't known, or lacks required fields. In a model, a value that doesn't fit is
        kept as it came; outside of models it is None. `raw` is the body, `data` the parsed JSON with all its fields.

    Raises:
        WebhookMalformed: the body isn't a JSON object with an event, or is nested too deep, or the header names another
            event.
        TypeError: the body isn't bytes.

    Example:
        >>> event = parse(b'{"event": "agent.lost", "agent": {"id": "0b46", "name": "mac-1"}}')
        >>> type(event).__name__, event.agent.name
        ('AgentLost', 'mac-1')

    Documentation: https://buildkite.com/docs/apis/webhooks
    """
    if not isinstance(body, (bytes, bytearray, memoryview)):
        raise TypeError(f"parse needs the raw body as bytes, not {type(body).__name__}")
    raw = bytes(body)
    if _is_too_deep(raw):
        _refuse(f"its body is nested deeper than {_DEEPEST} levels", "no_json")
    try:
        name, values = _read(raw, on_drift)
    except _MALFORMED as error:
        _refuse(f"its body isn't a JSON object ({error})", "no_json")
    if not isinstance(name, str) or not name:
        _refuse("its body names no event", "no_event")
    _check_header(name, headers)
    kind = EVENTS.get(name)
    if kind is None:
        return UnknownEvent(event=name, raw=raw, problem="this version doesn't know the event", **values)
    for key in _required(kind):
        if key not in values:
            return UnknownEvent(event=name, raw=raw, sender=values.get("sender"), problem=f"it has no {key}")
    return kind(raw=raw, **values)


def event_of(delivery: Delivery) -> WebhookEvent:
    """Return the event of a verified delivery. Its body is parsed if that wasn't done in this process.

    Raises:
        WebhookMalformed: the body isn't an event; another version may have accepted it.
    """
    return delivery.parsed if delivery.parsed is not None else parse(delivery.body)


def _check_header(name: str, headers: Headers) -> None:
    try:
        given = single_header(headers, EVENT, longest=_LONGEST_EVENT)
    except HeaderError as error:
        _refuse(str(error), error.reason)
    if given is not None and given != name:
        _refuse(f"its header names the event {given!r}, its body {name[:_LONGEST_EVENT]!r}", "event_differs")


def _refuse(why: str, reason: WebhookReason) -> NoReturn:
    raise WebhookMalformed(f"The delivery is refused: {why}.", reason=reason) from None


# --- Nesting ----------------------------------------------------------------------------------------------------------

_DEEPEST = 64
"""The maximum number of levels in a body. Buildkite's bodies have about ten. Code that reads, prints or copies an event
needs several calls for each level, and Python allows about a thousand."""

_TEXT = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_ALL_BUT_OPENING = bytes(set(range(256)) - set(b"[{"))
_ALL_BUT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}


def _is_too_deep(body: bytes) -> bool:
    """Return True if JSON has more than `_DEEPEST` levels. The result has no meaning for a body that isn't JSON."""
    if len(body.translate(None, _ALL_BUT_OPENING)) <= _DEEPEST:  # fast, and true of nearly all bodies
        return False
    brackets = _TEXT.sub(b"", body).translate(None, _ALL_BUT_BRACKETS)
    return max(accumulate(map(_STEPS.__getitem__, brackets)), default=0) > _DEEPEST


# --- Fields of an event -----------------------------------------------------------------------------------------------

_Fields = tuple[Any, dict[str, Any]]
"""The name of an event, and its fields by their keys. Fields that are missing or null are left out."""

_OWN = frozenset({"raw", "event"})


def _read(body: bytes, on_drift: DriftHook | None) -> _Fields:
    """Return the event's name and its fields.

    Raises:
        msgspec.DecodeError, UnicodeDecodeError, RecursionError: the body isn't a JSON object.
    """
    return (None if on_drift else _read_whole(body)) or _read_each(body, on_drift)


@cache
def _required(kind: type[WebhookEvent]) -> tuple[str, ...]:
    return tuple(field.name for field in _fields(kind) if field.required)


@cache
def _fields(kind: type[WebhookEvent]) -> list[msgspec.structs.FieldInfo]:
    return [field for field in msgspec.structs.fields(kind) if field.name not in _OWN]


# --- In one step ------------------------------------------------------------------------------------------------------

_NAMED_FIRST = re.compile(rb'\s*\{\s*"event"\s*:\s*"([a-z_.]+)"')


def _read_whole(body: bytes) -> _Fields | None:
    """Read a body that begins with its event and is valid; return None for any other."""
    found = _NAMED_FIRST.match(body)
    reader = _reader(found[1], old=has_old_form(body)) if found else None
    if reader is None:
        return None
    decode, name, keys = reader
    try:
        decoded = decode(body)
    except _MALFORMED:
        return None
    if decoded.event != name:  # the key came twice
        return None
    values = {}
    for key in keys:
        value = getattr(decoded, key)
        if value is not None:
            values[key] = made(value)
    return name, values


_Reader = tuple[Callable[[bytes], Any], str, list[str]]
_NAMES = {name.encode(): name for name in EVENTS}
_READERS: dict[tuple[bytes, bool], _Reader] = {}


def _reader(event: bytes, *, old: bool) -> _Reader | None:
    """Return the reader of an event, for timestamps in the old form or in the new one; None for an unknown event."""
    reader = _READERS.get((event, old))
    if reader is None and event in _NAMES:
        name = _NAMES[event]
        keys = [field.name for field in _fields(EVENTS[name])]
        reader = _READERS[event, old] = _decoder(EVENTS[name], old=old), name, keys
    return reader


def _decoder(kind: type[WebhookEvent], *, old: bool) -> Callable[[bytes], Any]:
    hints = typing.get_type_hints(kind)
    fields: list[tuple[str, Any, Any]] = [("event", str, "")]
    for field in _fields(kind):
        if old:
            prepare_old_parts(hints[field.name])
        fields.append((field.name, part_of(hints[field.name], old=old) | None, None))
    return msgspec.json.Decoder(msgspec.defstruct("Fields", fields, gc=False), dec_hook=made_of).decode


# --- Field by field ---------------------------------------------------------------------------------------------------


def _read_each(body: bytes, on_drift: DriftHook | None) -> _Fields:
    try:
        raw_fields = _splitter().decode(body)
    except _MALFORMED:
        raw_fields = _splitter().decode(mended(body))
    kind = EVENTS.get(raw_fields.event) if isinstance(raw_fields.event, str) else None
    values = {}
    for key, read in _field_readers(kind or WebhookEvent):
        raw = getattr(raw_fields, key)
        value = None if raw is None else read(bytes(raw), on_drift)
        if value is not None:
            values[key] = value
    return raw_fields.event, values


@cache
def _splitter() -> msgspec.json.Decoder[Any]:
    """Return a decoder that reads the event's name, and keeps the JSON of each field."""
    keys = dict.fromkeys(field.name for kind in EVENTS.values() for field in _fields(kind))
    fields = [(key, msgspec.Raw, msgspec.field(default=None)) for key in keys]
    return msgspec.json.Decoder(msgspec.defstruct("RawFields", [("event", Any, None), *fields], gc=False))


_FieldReader = Callable[[bytes, DriftHook | None], Any]


@cache
def _field_readers(kind: type[WebhookEvent]) -> list[tuple[str, _FieldReader]]:
    hints = typing.get_type_hints(kind)
    return [(field.name, _field_reader(hints[field.name])) for field in _fields(kind)]


def _field_reader(hint: Any) -> _FieldReader:
    """Return a function that reads a type from JSON. It returns None for null and for a value of another kind."""
    plain = next(each for each in members(hint) if each is not type(None))
    if isinstance(plain, type) and issubclass(plain, ReadModel):
        return _model_reader(plain)
    return _plain_reader(plain)


def _model_reader(model: type[ReadModel]) -> _FieldReader:
    plan = plan_of(model)

    def read(raw: bytes, on_drift: DriftHook | None) -> Any:
        if on_drift is None:
            with suppress(*_MALFORMED):
                return plan.decode_whole(raw)
        try:
            return Decoder(on_drift=on_drift).decode(model, raw)
        except UnexpectedBody:
            return None

    return read


def _plain_reader(plain: Any) -> _FieldReader:
    decode = msgspec.json.Decoder(plain).decode

    def read(raw: bytes, on_drift: DriftHook | None) -> Any:  # noqa: ARG001
        text = mended(raw)
        with suppress(*_MALFORMED):
            return decode(text)
        return _fitting(plain, untyped(text))

    return read


def _fitting(plain: Any, value: Any) -> Any:
    """Return the fields of an object that fit; None for anything else."""
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
