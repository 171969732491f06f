"""The door of AWS Lambda.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
"""

from __future__ import annotations

import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .answers import Answer, Head, Refusal, status_line, too_large
from .headers import Headers
from .receiver import Receiver


@dataclass(frozen=True, slots=True)
class Invocation:
    """The request in an event of Lambda's, whichever of its services made it."""

    head: Head
    body: object
    encoded: bool
    """Whether the body is in base64."""
    several: bool
    """Whether the answer's headers must have several values each: what an ALB that sends such headers expects."""
    balancer: bool


def invoke(receiver: Receiver, event: object) -> dict[str, Any]:
    """Answer one event. See `WebhookHandler.aws_lambda`."""
    invocation = _invocation(event)
    return _result(_answer(receiver, invocation), invocation)


def _answer(receiver: Receiver, invocation: Invocation) -> Answer:
    head = invocation.head
    if not head.method:
        return receiver.refuse(head, Refusal(400, "malformed", "the event is no HTTP request"))
    try:
        body = _body(invocation, receiver.max_body)
    except Refusal as refusal:
        return receiver.refuse(head, refusal)
    return receiver.receive_blocking(head.method, head.headers, body, client=head.client, handle_first=True)


def _invocation(event: object) -> Invocation:
    parts = _mapping(event)
    context = _mapping(parts.get("requestContext"))
    http, identity = _mapping(context.get("http")), _mapping(context.get("identity"))
    lists = _mapping(parts.get("multiValueHeaders"))
    method = http.get("method") or parts.get("httpMethod")
    client = http.get("sourceIp") or identity.get("sourceIp")
    headers: Headers = lists or _mapping(parts.get("headers"))
    return Invocation(
        # A balancer's own address isn't told: its event is like a connection without one.
        Head(method if isinstance(method, str) else "", headers, client if isinstance(client, str) else None),
        parts.get("body"),
        parts.get("isBase64Encoded") is True,
        several=bool(lists),
        balancer="elb" in context,
    )


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _body(invocation: Invocation, max_body: int) -> bytes:
    """The exact bytes that were signed."""
    text = invocation.body
    if text is None:
        return b""
    if not isinstance(text, str):
        raise Refusal(400, "malformed", "the event's body is no text")
    if len(text) > 2 * max_body:
        raise too_large(max_body)
    try:
        return binascii.a2b_base64(text, strict_mode=True) if invocation.encoded else text.encode()
    except ValueError:
        raise Refusal(400, "malformed", "the event's body can't be decoded") from None


def _result(answer: Answer, invocation: Invocation) -> dict[str, Any]:
    result: dict[str, Any] = {"statusCode": answer.status, "body": answer.body.decode(), "isBase64Encoded": False}
    if invocation.balancer:
        result["statusDescription"] = status_line(answer.status)
    if invocation.balancer and invocation.several:
        result["multiValueHeaders"] = {name: [value] for name, value in answer.headers.items()}
    else:
        result["headers"] = dict(answer.headers)
    return result
