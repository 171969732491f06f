"""What a delivery is answered with, and the part of it that needs no body: pure decisions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from .headers import EVENT, SIGNATURE, TOKEN, HeaderError, Headers, single

MAX_BODY = 1 << 20
"""Bytes of a body that are taken by default."""

FORWARDED = "x-forwarded-for"

READ = ("content-type", "content-encoding", "content-length", EVENT, SIGNATURE, TOKEN, FORWARDED)
"""The headers that anybody reads."""

_LONGEST = 4096
_STATUSES = frozenset(map(int, HTTPStatus))


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer.

    Attributes:
        status: 200: accepted, or accepted before. 400: not what Buildkite sends. 401: not verified. 403: not from an
            address of Buildkite's. 405: no POST. 408: the body came too slowly. 411: no length. 413: too large. 415: no
            JSON. 500: a handler failed. 503: no room, or closing: not accepted.
        body: a JSON object with a `message`.
        headers: what goes with it.
    """

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(eq=False)
class Refusal(Exception):
    """Ends the taking of a delivery. `message` is for the log; whoever sent it is told no more than `told`."""

    status: int
    reason: str
    message: str
    told: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    def answer(self) -> Answer:
        return answer(self.status, self.told or self.message, self.headers)


def status_line(status: int) -> str:
    """`404 Not Found`."""
    phrase = HTTPStatus(status).phrase if status in _STATUSES else "Unknown"
    return f"{status} {phrase}"


def answer(status: int, message: str, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer whose body is a JSON object with the message."""
    body = json.dumps({"message": message}).encode()
    return Answer(status, body, {"Content-Type": "application/json", **(headers or {})})


@dataclass(frozen=True, slots=True)
class Head:
    """What is known of a delivery before its body is read."""

    method: str
    headers: Headers
    client: str | None = None
    """The address that the connection comes from, a proxy's where there is one."""


def check_head(head: Head, *, max_body: int, proof: str | None, length_required: bool = False) -> int | None:
    """Whether the body is worth reading.

    Args:
        head: the request without its body.
        max_body: the most bytes to take.
        proof: the header that must be there; None where nothing is verified.
        length_required: refuse a body without a length, where the server can't tell its end.

    Returns:
        The length that it announces; None where it announces none.

    Raises:
        Refusal: it isn't.
    """
    if head.method.upper() != "POST":
        raise Refusal(405, "method", f"{head.method} isn't POST", "Webhooks are posted.", {"Allow": "POST"})
    try:
        kind = single(head.headers, "content-type", longest=_LONGEST) or ""
        coding = single(head.headers, "content-encoding", longest=_LONGEST) or "identity"
        length = single(head.headers, "content-length", longest=_LONGEST)
    except HeaderError as error:
        raise Refusal(400, error.reason, f"The delivery is refused: {error}.") from None
    if kind.partition(";")[0].strip().lower() != "application/json" or coding.lower() != "identity":
        raise Refusal(415, "content_type", f"its content is {kind or 'of no type'}", "Webhooks are application/json.")
    announced = _announced(length, max_body, required=length_required)
    if proof is not None:
        try:
            given = single(head.headers, proof, longest=_LONGEST)
        except HeaderError as error:
            raise Refusal(401, error.reason, f"The delivery is refused: {error}.", "Unauthorized") from None
        if given is None:
            raise Refusal(401, "missing", f"The delivery is refused: there is no header {proof}.", "Unauthorized")
    return announced


def _announced(length: str | None, max_body: int, *, required: bool) -> int | None:
    if length is None:
        if required:
            raise Refusal(411, "no_length", "it has no Content-Length")
        return None
    if not (length.isascii() and length.isdigit()):
        raise Refusal(400, "malformed", "its Content-Length is no number")
    if len(length) > 18 or int(length) > max_body:
        raise too_large(max_body)
    return int(length)


def too_large(max_body: int) -> Refusal:
    """The refusal of a body that goes on past the bound."""
    return Refusal(413, "too_large", f"its body is larger than {max_body} bytes")


def too_slow(seconds: float) -> Refusal:
    """The refusal of a body that didn't arrive within the time allowed."""
    return Refusal(408, "too_slow", f"its body took longer than {seconds:g} s")


def another_length(announced: int, came: int) -> Refusal:
    return Refusal(400, "malformed", f"its body has {came} bytes, its Content-Length says {announced}")


def closed() -> Refusal:
    return Refusal(503, "closed", "this receiver is shutting down")


ACCEPTED = answer(200, "Accepted.")
REPEATED = answer(200, "Accepted before.")
