"""Bodies into events: typed where the event is known and whole, kept as they are where not."""

from __future__ import annotations

import typing
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any

import msgspec
from buildkite_api._bodies import plan_of
from buildkite_api._shapes import members
from buildkite_api._text import mended, untyped
from buildkite_api.base import ReadModel
from buildkite_api.decoding import Decoder, Drift, UnexpectedBody
from buildkite_api.webhooks.events import EVENTS, WebhookEvent

from ..errors import WebhookMalformed
from .headers import EVENT, HeaderError, Headers, single

_LONGEST_EVENT = 256
MALFORMED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

OnDrift = Callable[[Drift], None]


class UnknownEvent(WebhookEvent, kw_only=True, frozen=True):
    """An event that this version doesn't know, or one whose body lacks what makes it that event. `data` has it all."""

    problem: str = ""
    """Why it isn't of a class of its own."""


def parse(body: bytes, headers: Headers = (), *, on_drift: OnDrift | None = None) -> WebhookEvent:
    """Make a typed event of a delivery's body. It proves nothing: `verify` first.

    Args:
        body: the raw body.
        headers: the delivery's headers. Where they name the event, the body must name the same one.
        on_drift: called for what differs from the description; looking for it costs time.

    Returns:
        An event of the class that belongs to it, such as `BuildFinished`, with the same models as the REST client's and
        aware datetimes; an `UnknownEvent` for one that isn't known, or whose body lacks what makes it that event.
        Inside of models, what doesn't fit is kept as it came; beside them it is None. `raw` is the body, `data` what it
        holds, known or not.

    Raises:
        WebhookMalformed: the body is no JSON object with an event, or the header names another event.

    Example:
        >>> event = parse(b'{"event": "agent.lost", "agent": {"id": "0b46", "name": "mac-1"}}')
        >>> type(event).__name__, event.agent.name
        ('AgentLost', 'mac-1')

    Documentation: https://buildkite.com/docs/apis/webhooks
    """
    parts = _split(body)
    name = parts.event
    if not isinstance(name, str) or not name:
        raise WebhookMalformed("The delivery is refused: its body names no event.", reason="no_event")
    _agree(name, headers)
    kind = EVENTS.get(name)
    raw = bytes(body)
    if kind is None:
        return UnknownEvent(event=name, raw=raw, sender=None, problem="this version doesn't know the event")
    values: dict[str, Any] = {}
    for key, take, required in _fields(kind):
        part = getattr(parts, key)
        value = None if part is None else take(bytes(part), on_drift)
        if value is not None:
            values[key] = value
        elif required:
            return UnknownEvent(event=name, raw=raw, problem=f"it has no {key}")
    return kind(raw=raw, **values)


# --- The body, split into the parts that events are made of -----------------------------------------------------------


@cache
def _splitter() -> msgspec.json.Decoder[Any]:
    """One pass over the body finds the event's name and where each part begins and ends."""
    keys = dict.fromkeys(name for kind in EVENTS.values() for name in kind.__struct_fields__ if name not in _OWN)
    parts = [(key, msgspec.Raw, msgspec.field(default=None)) for key in keys]
    return msgspec.json.Decoder(msgspec.defstruct("Parts", [("event", Any, None), *parts], gc=False))


_OWN = frozenset({"raw", "event"})


def _split(body: bytes) -> Any:
    try:
        return _splitter().decode(body)
    except MALFORMED as error:
        problem = str(error)
    text = mended(bytes(body))
    if text != body:
        with suppress(*MALFORMED):
            return _splitter().decode(text)
    raise WebhookMalformed(f"The delivery is refused: its body is no JSON object ({problem}).", reason="no_json")


def _agree(name: str, headers: Headers) -> None:
    try:
        told = single(headers, EVENT, longest=_LONGEST_EVENT)
    except HeaderError as error:
        reason: Any = error.reason
        raise WebhookMalformed(f"The delivery is refused: {error}.", reason=reason) from None
    if told is not None and told != name:
        raise WebhookMalformed(
            f"The delivery is refused: its header names the event {told!r}, its body {name!r}.", reason="event_differs"
        )


# --- The parts --------------------------------------------------------------------------------------------------------

_Take = Callable[[bytes, OnDrift | None], Any]


@cache
def _fields(kind: type[WebhookEvent]) -> tuple[tuple[str, _Take, bool], ...]:
    """The parts of an event: the key, how its value is made, and whether the event is none without it."""
    hints = typing.get_type_hints(kind)
    return tuple(
        (field.name, _taker(hints[field.name]), field.required)
        for field in msgspec.structs.fields(kind)
        if field.name not in _OWN
    )


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
        try:
            return decode(part)
        except msgspec.ValidationError:
            return _salvaged(plain, untyped(part))
        except MALFORMED:
            return None

    return take


def _salvaged(plain: Any, value: Any) -> Any:
    """What fits of an object of ours; None for anything else."""
    if not (isinstance(plain, type) and issubclass(plain, msgspec.Struct) and isinstance(value, dict)):
        return None
    hints = typing.get_type_hints(plain)
    fitting = {}
    for name, hint in hints.items():
        with suppress(msgspec.ValidationError):
            fitting[name] = msgspec.convert(value[name], hint) if name in value else msgspec.UNSET
    return plain(**{name: each for name, each in fitting.items() if each is not msgspec.UNSET})
