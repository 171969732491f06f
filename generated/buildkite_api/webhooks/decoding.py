# Generated from spec/ by `make generate`: edit that, not this.

"""Decoding of webhooks: the fields of an event, all at once where the body fits, one by one where it differs."""

from __future__ import annotations

import re
import typing
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any

import msgspec

from .._bodies import MALFORMED, decoder_of, repaired, untyped
from .._shapes import decode_hook, has_old_timestamp, members, prepare_old_structs, struct_of
from ..base import ReadModel, to_models
from ..decoding import Decoder, Drift, UnexpectedBody
from .events import EVENTS, WebhookEvent

OnDrift = Callable[[Drift], None]
Fields = tuple[Any, dict[str, Any]]
"""The value of the key `event` in a body, and the values of the fields that the body has."""

_NOT_IN_THE_BODY = frozenset({"raw", "event"})


def decode_fields(body: bytes, on_drift: OnDrift | None = None) -> Fields:
    """Decode the name of the event and its fields.

    Args:
        body: The body of the webhook.
        on_drift: Called for each difference from the description. The search for them takes time.

    Raises:
        msgspec.DecodeError, UnicodeDecodeError, RecursionError: The body is not a JSON object (`MALFORMED`).
    """
    return (None if on_drift else _at_once(body)) or _one_by_one(body, on_drift)


@cache
def required_fields(kind: type[WebhookEvent]) -> tuple[str, ...]:
    """Return the names of the fields that an event of this class must have."""
    return tuple(field.name for field in _fields(kind) if field.required)


# --- All at once ------------------------------------------------------------------------------------------------------

_NAMED_FIRST = re.compile(rb'\s*\{\s*"event"\s*:\s*"([a-z_.]+)"')


def _at_once(body: bytes) -> Fields | None:
    """Decode a body that begins with its event and fits its description. Return None for any other body."""
    found = _NAMED_FIRST.match(body)
    reader = _reader(found[1], old=has_old_timestamp(body)) if found else None
    if reader is None:
        return None
    decode, name, keys = reader
    try:
        struct = decode(body)
    except MALFORMED:
        return None
    if struct.event != name:  # the key stands there twice
        return None
    values = {}
    for key, is_model in keys:
        value = getattr(struct, key)
        if value is not None:
            values[key] = value._to_model() if is_model else to_models(value)
    return name, values


_Reader = tuple[Callable[[bytes], Any], str, list[tuple[str, bool]]]
"""The decoder of an event's bodies, the event's name, and its fields: of each whether its value is a model."""

_NAMES = {name.encode(): name for name in EVENTS}
_READERS: dict[tuple[bytes, bool], _Reader] = {}


def _reader(event: bytes, *, old: bool) -> _Reader | None:
    """Return the decoder of an event's bodies, with or without timestamps in the older form; None for an unknown event."""
    reader = _READERS.get((event, old))
    if reader is None and event in _NAMES:
        name = _NAMES[event]
        hints = typing.get_type_hints(EVENTS[name])
        keys = [(field.name, _model_of(hints[field.name]) is not None) for field in _fields(EVENTS[name])]
        reader = _READERS[event, old] = _decoder(EVENTS[name], old=old), name, keys
    return reader


def _model_of(hint: Any) -> type[ReadModel] | None:
    """Return the model that a field holds; None if it holds something else."""
    plain = next(each for each in members(hint) if each is not type(None))
    return plain if isinstance(plain, type) and issubclass(plain, ReadModel) else None


def _decoder(kind: type[WebhookEvent], *, old: bool) -> Callable[[bytes], Any]:
    hints = typing.get_type_hints(kind)
    fields: list[tuple[str, Any, Any]] = [("event", str, "")]
    for field in _fields(kind):
        if old:
            prepare_old_structs(hints[field.name])
        fields.append((field.name, struct_of(hints[field.name], old=old) | None, None))
    return msgspec.json.Decoder(msgspec.defstruct("Fields", fields, gc=False), dec_hook=decode_hook).decode


@cache
def _fields(kind: type[WebhookEvent]) -> list[msgspec.structs.FieldInfo]:
    return [field for field in msgspec.structs.fields(kind) if field.name not in _NOT_IN_THE_BODY]


# --- One by one -------------------------------------------------------------------------------------------------------


def _one_by_one(body: bytes, on_drift: OnDrift | None) -> Fields:
    try:
        struct = _splitter().decode(body)
    except MALFORMED:
        struct = _splitter().decode(repaired(body))
    kind = EVENTS.get(struct.event) if isinstance(struct.event, str) else None
    values = {}
    for key, decode in _field_decoders(kind or WebhookEvent):
        raw = getattr(struct, key)
        value = None if raw is None else decode(bytes(raw), on_drift)
        if value is not None:
            values[key] = value
    return struct.event, values


@cache
def _splitter() -> msgspec.json.Decoder[Any]:
    """Return the decoder that finds the name of the event and the bytes of each field in one pass over the body."""
    keys = dict.fromkeys(field.name for kind in EVENTS.values() for field in _fields(kind))
    fields = [(key, msgspec.Raw, msgspec.field(default=None)) for key in keys]
    return msgspec.json.Decoder(msgspec.defstruct("RawFields", [("event", Any, None), *fields], gc=False))


_FieldDecoder = Callable[[bytes, OnDrift | None], Any]


@cache
def _field_decoders(kind: type[WebhookEvent]) -> list[tuple[str, _FieldDecoder]]:
    hints = typing.get_type_hints(kind)
    return [(field.name, _field_decoder(hints[field.name])) for field in _fields(kind)]


def _field_decoder(hint: Any) -> _FieldDecoder:
    """Return the decoder of a field. It returns None for null, and for a value of another form."""
    model = _model_of(hint)
    if model is not None:
        return _model_decoder(model)
    return _plain_decoder(next(each for each in members(hint) if each is not type(None)))


def _model_decoder(model: type[ReadModel]) -> _FieldDecoder:
    decoder = decoder_of(model)

    def decode(raw: bytes, on_drift: OnDrift | None) -> Any:
        if on_drift is None:
            with suppress(*MALFORMED):
                return decoder.decode_whole(raw)
        try:
            return Decoder(on_drift=on_drift).decode(model, raw)
        except UnexpectedBody:
            return None

    return decode


def _plain_decoder(plain: Any) -> _FieldDecoder:
    decode_fitting = msgspec.json.Decoder(plain).decode

    def decode(raw: bytes, on_drift: OnDrift | None) -> Any:  # noqa: ARG001
        text = repaired(raw)
        with suppress(*MALFORMED):
            return decode_fitting(text)
        return _fitting_fields(plain, untyped(text))

    return decode


def _fitting_fields(plain: Any, value: Any) -> Any:
    """Return an object of those fields that fit; None for a value that is not an object."""
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


__all__ = ["MALFORMED", "Fields", "OnDrift", "decode_fields", "required_fields"]
