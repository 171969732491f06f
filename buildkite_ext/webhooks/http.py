"""HTTP of a delivery: its headers in the forms that servers use, the checks before its body is read, and responses."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from ..errors import WebhookReason
from ..unknown_names import missing_or_raised
from .delivery import DELIVERY_HEADERS

__all__ = [
    "EVENT",
    "FORWARDED",
    "MAX_BODY",
    "RELEVANT_HEADERS",
    "SIGNATURE",
    "TOKEN",
    "HeaderError",
    "Headers",
    "ReceivedHeaders",
    "Refusal",
    "RequestHead",
    "WebhookResponse",
    "check_head",
    "closed",
    "delivery_headers",
    "length_differs",
    "received_headers",
    "response",
    "single_header",
    "status_line",
    "too_large",
    "too_slow",
]

MAX_BODY = 1 << 20
"""The default limit of a body, in bytes."""

EVENT = "x-buildkite-event"
SIGNATURE = "x-buildkite-signature"
TOKEN = "x-buildkite-token"  # noqa: S105 - a header's name
FORWARDED = "x-forwarded-for"

RELEVANT_HEADERS = frozenset(
    ("content-encoding", "content-length", EVENT, SIGNATURE, TOKEN, FORWARDED, *DELIVERY_HEADERS)
)
"""The headers that a receiver reads, or keeps with the delivery. It ignores all others."""

Headers = Mapping[str, str] | Mapping[str, Sequence[str]] | Iterable[tuple[str, str]] | Iterable[tuple[bytes, bytes]]
"""A mapping of names to values (of httpx, Starlette, Flask, Django, or a dict), to lists of values (of AWS), or pairs as
text or bytes (of ASGI). Names may be written in any case."""


class ReceivedHeaders(dict[str, list[Any]]):
    """The relevant headers of a request: all values of each, by its name in lower case. They are looked up several times."""


_LONGEST = 4096
_LONGEST_KEPT = 1024
_KEPT = frozenset(DELIVERY_HEADERS)
_TEXT = (str, bytes)
_STATUSES = frozenset(map(int, HTTPStatus))


_OTHER_WORDS: Mapping[str, str | tuple[str, ...]] = {
    **dict.fromkeys(("status_code", "code"), "status"),
    **dict.fromkeys(("content", "data", "text"), "body"),
    "json": "json.loads(response.body)",
    "ok": "response.status == 200",
    "error": "errors",
}
"""Words that users look for in a `WebhookResponse`, and what each is called here."""


@dataclass(frozen=True, slots=True)
class WebhookResponse:
    """HTTP response to a delivery.

    Attributes:
        status: 200: accepted, or accepted before. 400: not what Buildkite sends. 401: not verified. 403: not from an
            address of Buildkite's. 405: not a POST. 408: the body came too slowly. 411: no length. 413: too large.
            415: not JSON. 500: a handler failed. 503: the queue is full or the receiver closes: not accepted.
        body: a JSON object with a `message`.
        headers: the response's headers.
        errors: what the handlers raised, if they ran before the response. The sender doesn't get it.
    """

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    errors: tuple[Exception, ...] = field(default=(), compare=False)

    if not TYPE_CHECKING:  # hidden from type checkers, for which every attribute would exist

        def __getattr__(self, name: str) -> object:
            return missing_or_raised(self, name, _OTHER_WORDS)


@dataclass(eq=False)
class Refusal(Exception):
    """Refusal of a delivery, raised to end its reception.

    `message` is for the log. The sender gets `public_message`, if there is one.
    """

    status: int
    reason: str
    message: str
    public_message: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> WebhookResponse:
        """Return the response to the sender."""
        return response(self.status, self.public_message or self.message, self.headers)


@dataclass(frozen=True, slots=True)
class RequestHead:
    """A request without its body."""

    method: str
    headers: ReceivedHeaders
    client: str | None = None
    """The address that the connection comes from; behind a proxy, the proxy's."""


def response(status: int, message: str, headers: Mapping[str, str] | None = None) -> WebhookResponse:
    """Return a response whose body is a JSON object with the message."""
    body = json.dumps({"message": message}).encode()
    return WebhookResponse(status, body, {"Content-Type": "application/json", **(headers or {})})


def status_line(status: int) -> str:
    """Return a status with its phrase, such as `404 Not Found`."""
    phrase = HTTPStatus(status).phrase if status in _STATUSES else "Unknown"
    return f"{status} {phrase}"


# --- Checks before the body is read -----------------------------------------------------------------------------------


def check_head(
    head: RequestHead, *, max_body: int, required_header: str | None, length_required: bool = False
) -> int | None:
    """Check a request whose body is not yet read.

    Args:
        head: the request without its body.
        max_body: the limit of the body, in bytes.
        required_header: the header that verifies the delivery; None if nothing is verified.
        length_required: refuse a body without a length, because the server can't tell its end.

    Returns:
        The announced length of the body; None if the request announces none.

    Raises:
        Refusal: the body isn't worth reading.
    """
    if head.method.upper() != "POST":
        raise Refusal(405, "method", f"{head.method} isn't POST", "Webhooks are posted.", {"Allow": "POST"})
    try:
        kind = single_header(head.headers, "content-type", longest=_LONGEST) or ""
        coding = single_header(head.headers, "content-encoding", longest=_LONGEST) or "identity"
        length = single_header(head.headers, "content-length", longest=_LONGEST)
    except HeaderError as error:
        raise Refusal(400, error.reason, f"The delivery is refused: {error}.") from None
    is_json = kind == "application/json" or kind.partition(";")[0].strip().lower() == "application/json"
    if not is_json or coding.lower() != "identity":
        raise Refusal(415, "content_type", f"its content is {kind or 'of no type'}", "Webhooks are application/json.")
    announced = _announced_length(length, max_body, required=length_required)
    if required_header is not None:
        try:
            given = single_header(head.headers, required_header, longest=_LONGEST)
        except HeaderError as error:
            raise Refusal(401, error.reason, f"The delivery is refused: {error}.", "Unauthorized") from None
        if given is None:
            message = f"The delivery is refused: there is no header {required_header}."
            raise Refusal(401, "missing", message, "Unauthorized")
    return announced


def _announced_length(length: str | None, max_body: int, *, required: bool) -> int | None:
    if length is None:
        if required:
            raise Refusal(411, "no_length", "it has no Content-Length")
        return None
    if not (length.isascii() and length.isdigit()):
        raise Refusal(400, "malformed", "its Content-Length isn't a number")
    if len(length) > 18 or int(length) > max_body:
        raise too_large(max_body)
    return int(length)


def too_large(max_body: int) -> Refusal:
    """Return the refusal of a body that is larger than the limit."""
    return Refusal(413, "too_large", f"its body is larger than {max_body} bytes")


def too_slow(seconds: float) -> Refusal:
    """Return the refusal of a body that didn't arrive in time."""
    return Refusal(408, "too_slow", f"its body took longer than {seconds:g} s")


def length_differs(announced: int, came: int) -> Refusal:
    """Return the refusal of a body that is shorter or longer than its Content-Length."""
    return Refusal(400, "malformed", f"its body has {came} bytes, its Content-Length says {announced}")


def closed() -> Refusal:
    """Return the refusal of any delivery while the receiver closes."""
    return Refusal(503, "closed", "this receiver is shutting down")


# --- Headers ----------------------------------------------------------------------------------------------------------


class HeaderError(ValueError):
    """Error in a header.

    Attributes:
        reason: one of `WebhookReason`. The message says more, without the header's value.
    """

    def __init__(self, reason: WebhookReason, message: str) -> None:
        super().__init__(message)
        self.reason: WebhookReason = reason


def single_header(headers: Headers, name: str, *, longest: int) -> str | None:
    """Return the value of a header that may come once only; None if the header is missing.

    Args:
        headers: all headers.
        name: the header's name in lower case.
        longest: the longest value to take, in characters.

    Raises:
        HeaderError: the header came twice, or its value is too long, not ASCII, or not text.
    """
    values = headers.get(name, ()) if isinstance(headers, ReceivedHeaders) else _header_values(headers, name)
    if not values:
        return None
    if len(values) > 1 and any(value is not None for value in values[:-1]):
        raise HeaderError("duplicate", f"the header {name} came more than once")
    found: Any = values[-1]
    if found is None:
        return None
    if isinstance(found, bytes):
        found = found.decode("latin-1")
    if not isinstance(found, str):
        raise HeaderError("malformed", f"the header {name} isn't text")
    if len(found) > longest:
        raise HeaderError("oversized", f"the header {name} is longer than {longest} characters")
    if not found.isascii():
        raise HeaderError("not_ascii", f"the header {name} has characters that aren't ASCII")
    return found.strip(" \t")


def received_headers(headers: Headers) -> ReceivedHeaders:
    """Return the headers that a receiver reads.

    Raises:
        TypeError: the headers are an iterator, which can be read only once.
    """
    found = ReceivedHeaders()
    for key, value in headers.items() if type(headers) is dict else _pairs(headers):
        name = _text(key).lower()
        if name in RELEVANT_HEADERS:
            found.setdefault(name, []).extend(value if isinstance(value, (list, tuple)) else (value,))
    return found


def delivery_headers(headers: ReceivedHeaders) -> dict[str, str]:
    """Return the headers that are kept with a delivery. Of several values of a header, the first is kept.

    A value that isn't ASCII text, or is too long, is left out: anyone may send it.
    """
    found: dict[str, str] = {}
    for name, values in headers.items():
        if name in _KEPT:
            for value in values:
                text = value if type(value) is str and value.isascii() else _text(value)
                if text and len(text) <= _LONGEST_KEPT and text.isprintable():
                    found[name] = text
                    break
    return found


def _text(value: object) -> str:
    """Return ASCII text, or an empty one."""
    text = value.decode("latin-1") if isinstance(value, bytes) else value
    return text if isinstance(text, str) and text.isascii() else ""


def _header_values(headers: Headers, name: str) -> list[Any]:
    """Return all values of a header, unchanged.

    Raises:
        TypeError: the headers are an iterator, which can be read only once.
    """
    length = len(name)
    values: list[Any] = []
    for key, value in headers.items() if type(headers) is dict else _pairs(headers):
        if not isinstance(key, _TEXT) or len(key) != length or not _is_named(key, name):
            continue
        if isinstance(value, (list, tuple)):
            values += value
        else:
            values.append(value)
    return values


def _is_named(key: str | bytes, name: str) -> bool:
    # isascii: the lower case of the Kelvin sign is a plain k.
    return key.lower() == name and key.isascii() if isinstance(key, str) else key.lower() == name.encode()


def _pairs(headers: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(headers, Iterator):
        raise TypeError("headers= is an iterator, which can be read only once: give a list or a mapping")
    items = getattr(headers, "multi_items", None) or getattr(headers, "items", None)
    for pair in headers if items is None else items():
        if isinstance(pair, (tuple, list)) and len(pair) == 2:
            yield pair[0], pair[1]
