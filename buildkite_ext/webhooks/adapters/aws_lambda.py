"""AWS Lambda adapter, for API Gateway, function URLs and Application Load Balancers.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
"""

from __future__ import annotations

import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..http import Refusal, RequestHead, WebhookResponse, received_headers, status_line, too_large
from ..receiver import Receiver

__all__ = ["respond_to_lambda"]


@dataclass(frozen=True, slots=True)
class _LambdaRequest:
    """The HTTP request in an event of AWS Lambda."""

    head: RequestHead
    path: str
    body: object
    base64: bool
    multi_value: bool
    """The event came with multi-value headers, so a load balancer expects the response to have them."""
    load_balancer: bool


def respond_to_lambda(receiver: Receiver, event: object) -> dict[str, Any]:
    """Return the response to one event. See `WebhookHandler.aws_lambda`."""
    request = _request(event)
    return _result(_response(receiver, request), request)


def _response(receiver: Receiver, request: _LambdaRequest) -> WebhookResponse:
    head = request.head
    if not head.method:
        return receiver.refuse(head, Refusal(400, "malformed", "the event isn't an HTTP request"))
    health = receiver.check_health(head.method, request.path)
    if health is not None:
        return health
    try:
        body = _body(request, receiver.max_body)
    except Refusal as refusal:
        return receiver.refuse(head, refusal)
    return receiver.receive_blocking(head, body, handle_first=True)


def _request(event: object) -> _LambdaRequest:
    fields = _mapping(event)
    context = _mapping(fields.get("requestContext"))
    http, identity = _mapping(context.get("http")), _mapping(context.get("identity"))
    lists = _mapping(fields.get("multiValueHeaders"))
    method = http.get("method") or fields.get("httpMethod")
    client = http.get("sourceIp") or identity.get("sourceIp")
    headers = received_headers(lists or _mapping(fields.get("headers")))
    return _LambdaRequest(
        # A load balancer doesn't give its own address: its events are like connections without an address.
        RequestHead(method if isinstance(method, str) else "", headers, client if isinstance(client, str) else None),
        _path(fields, context),
        fields.get("body"),
        base64=fields.get("isBase64Encoded") is True,
        multi_value=bool(lists),
        load_balancer="elb" in context,
    )


def _path(fields: Mapping[str, Any], context: Mapping[str, Any]) -> str:
    """Return the path of a request, without the stage, which HTTP APIs put before it."""
    path, stage = fields.get("rawPath", fields.get("path")), context.get("stage")
    if not isinstance(path, str):
        return ""
    prefix = f"/{stage}"
    return path.removeprefix(prefix) if path.startswith(f"{prefix}/") and "rawPath" in fields else path


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _body(request: _LambdaRequest, max_body: int) -> bytes:
    """Return the exact bytes that were signed."""
    text = request.body
    if text is None:
        return b""
    if not isinstance(text, str):
        raise Refusal(400, "malformed", "the event's body isn't text")
    if len(text) > 2 * max_body:
        raise too_large(max_body)
    try:
        return binascii.a2b_base64(text, strict_mode=True) if request.base64 else text.encode()
    except ValueError:
        raise Refusal(400, "malformed", "the event's body can't be decoded") from None


def _result(response: WebhookResponse, request: _LambdaRequest) -> dict[str, Any]:
    result: dict[str, Any] = {"statusCode": response.status, "body": response.body.decode(), "isBase64Encoded": False}
    if request.load_balancer:
        result["statusDescription"] = status_line(response.status)
    if request.load_balancer and request.multi_value:
        result["multiValueHeaders"] = {name: [value] for name, value in response.headers.items()}
    else:
        result["headers"] = dict(response.headers)
    return result
