"""Parsing of bodies into typed events."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from itertools import accumulate
from typing import NoReturn

from buildkite_api.webhooks.decoding import MALFORMED, OnDrift, decode_fields, required_fields
from buildkite_api.webhooks.events import EVENTS, WebhookEvent

from ..errors import WebhookMalformed, WebhookReason
from .delivery import Delivery
from .http import EVENT, HeaderError, Headers, single_header
from .signature import TOLERANCE, Secrets, verify

__all__ = ["UnknownEvent", "event_of", "parse", "receive_event"]

_LONGEST_EVENT = 256


class UnknownEvent(WebhookEvent, kw_only=True, frozen=True):
    """An event that this version doesn't know, or an event without its required fields. `data` has the whole body."""

    problem: str = ""
    """The reason why the event has no class of its own."""


def parse(body: bytes, headers: Headers = (), *, on_drift: OnDrift | None = None) -> WebhookEvent:
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
        name, values = decode_fields(raw, on_drift)
    except MALFORMED as error:
        _refuse(f"its body isn't a JSON object ({error})", "no_json")
    if not isinstance(name, str) or not name:
        _refuse("its body names no event", "no_event")
    _check_header(name, headers)
    kind = EVENTS.get(name)
    if kind is None:
        return UnknownEvent(event=name, raw=raw, problem="this version doesn't know the event", **values)
    try:
        return kind(raw=raw, **values)
    except TypeError:  # a required field is missing
        missing = next(key for key in required_fields(kind) if key not in values)
        return UnknownEvent(event=name, raw=raw, sender=values.get("sender"), problem=f"it has no {missing}")


def receive_event(
    body: bytes,
    headers: Headers,
    secret: Secrets,
    *,
    tolerance: float = TOLERANCE,
    now: Callable[[], float] = time.time,
    on_drift: OnDrift | None = None,
) -> WebhookEvent:
    """Verify the signature and the age of a delivery, and parse it into a typed event: `verify`, then `parse`.

    A delivery that is sent again within the tolerance is verified again. A `WebhookHandler` accepts it once.

    Args:
        body: the raw body, byte for byte.
        headers: the delivery's headers, in any form that servers use.
        secret: the webhook's token in Buildkite; a tuple of several while it is changed.
        tolerance: seconds by which the signature's time may differ from the current time, before or after it.
        now: returns the current time, in seconds since the epoch.
        on_drift: called with each difference from the description; the comparison takes time.

    Returns:
        An event of its own class, such as `BuildFinished`, or an `UnknownEvent`: see `parse`.

    Raises:
        WebhookUnverified: the signature is missing, malformed, wrong, too old, or too new; `reason` says which.
        WebhookMalformed: it is signed, but its body isn't an event, or the header names another event.
        ConfigurationError: no secret, an empty one, or a negative tolerance.
        TypeError: the body isn't bytes.

    Example:
        >>> from buildkite_ext.webhooks import sign
        >>> body = b'{"event": "agent.lost", "agent": {"id": "0b46", "name": "mac-1"}}'
        >>> headers = {"X-Buildkite-Event": "agent.lost", "X-Buildkite-Signature": sign(body, "s3cret")}
        >>> receive_event(body, headers, "s3cret").agent.name
        'mac-1'

    Documentation: https://buildkite.com/docs/apis/webhooks
    """
    verify(body, headers, secret, tolerance=tolerance, now=now)
    return parse(body, headers, on_drift=on_drift)


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

_TEXT = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)', re.DOTALL)
"""A text of JSON. One without an end reaches to the end of the body: to look for another start in it takes quadratic time."""
_ALL_BUT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}


def _is_too_deep(body: bytes) -> bool:
    """Return True if JSON has more than `_DEEPEST` levels. The result has no meaning for a body that isn't JSON."""
    # Fast, and true of nearly all bodies. `bytes.count` and `translate` look at each byte, which takes four times as long.
    others = body.replace(b"{", b"", _DEEPEST + 1).replace(b"[", b"", _DEEPEST + 1)
    if len(body) - len(others) <= _DEEPEST:
        return False
    brackets = _TEXT.sub(b"", body).translate(None, _ALL_BUT_BRACKETS)
    return max(accumulate(map(_STEPS.__getitem__, brackets)), default=0) > _DEEPEST
