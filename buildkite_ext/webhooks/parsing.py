"""Bodies into events: typed where the event is known and whole, kept as they are where not."""

from __future__ import annotations

from typing import NoReturn

from buildkite_api.webhooks.decoding import MALFORMED, OnDrift, decode_fields, required_fields
from buildkite_api.webhooks.events import EVENTS, WebhookEvent

from ..errors import WebhookMalformed, WebhookReason
from .deliveries import Delivery
from .headers import EVENT, HeaderError, Headers, single
from .nesting import DEEPEST, too_deep

_LONGEST_EVENT = 256


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
        WebhookMalformed: the body is no JSON object with an event, or nests deeper than any of Buildkite's, or the
            header names another event.
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
    if too_deep(raw):
        _refuse(f"its body nests deeper than {DEEPEST} levels", "no_json")
    try:
        name, values = decode_fields(raw, on_drift)
    except MALFORMED as error:
        _refuse(f"its body is no JSON object ({error})", "no_json")
    if not isinstance(name, str) or not name:
        _refuse("its body names no event", "no_event")
    _agree(name, headers)
    kind = EVENTS.get(name)
    if kind is None:
        return UnknownEvent(event=name, raw=raw, problem="this version doesn't know the event", **values)
    for key in required_fields(kind):
        if key not in values:
            return UnknownEvent(event=name, raw=raw, sender=values.get("sender"), problem=f"it has no {key}")
    return kind(raw=raw, **values)


def event_of(delivery: Delivery) -> WebhookEvent:
    """The event of a delivery that was verified, parsed only where that wasn't done before.

    Raises:
        WebhookMalformed: the body is none: another version may have accepted it.
    """
    return delivery.parsed if delivery.parsed is not None else parse(delivery.body)


def _agree(name: str, headers: Headers) -> None:
    try:
        told = single(headers, EVENT, longest=_LONGEST_EVENT)
    except HeaderError as error:
        _refuse(str(error), error.reason)
    if told is not None and told != name:
        _refuse(f"its header names the event {told!r}, its body {name[:_LONGEST_EVENT]!r}", "event_differs")


def _refuse(why: str, reason: WebhookReason) -> NoReturn:
    raise WebhookMalformed(f"The delivery is refused: {why}.", reason=reason) from None
