"""Faulty answers: what the faults of a request make of its answer. All of it is pure."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from dataclasses import replace
from http.client import responses

from .api.lists import ListBehaviour
from .api.request import Arrival, SimRequest, SimResponse, dumps
from .faults import WITHOUT_BODY, Fault

__all__ = ["faulty_answer", "given_answer", "lists_of"]

_GZIP = b"\x1f\x8b"


def given_answer(fault: Fault, request: SimRequest) -> SimResponse:
    """Return the answer that a fault gives instead of the proper one.

    Args:
        fault: an `error`, an `answer` or a `redirect`.
        request: the request, whose own URL a redirect may lead to.
    """
    status = fault.status
    assert status is not None
    if fault.kind == "redirect":
        return SimResponse(status, (("Location", fault.location or _same_url(request)), ("Content-Length", "0")))
    headers = fault.headers or {}
    if status in WITHOUT_BODY:
        return SimResponse(status, tuple(headers.items()))
    content_type, body = _body(fault, status)
    given = {name.lower() for name in headers}
    own = (("Content-Type", content_type), ("Content-Length", str(len(body))))
    return SimResponse(status, (*(pair for pair in own if pair[0].lower() not in given), *headers.items()), body)


def lists_of(faults: Mapping[str, Fault], proper: ListBehaviour) -> ListBehaviour:
    """Return how the lists of builds behave under the faults of a request."""
    lag, order = faults.get("lag"), faults.get("order")
    if lag is None and order is None:
        return proper
    return ListBehaviour(
        lag=proper.lag if lag is None else lag.seconds or 0.0,
        disorder=proper.disorder if order is None else order.seconds or 0.0,
    )


def faulty_answer(response: SimResponse, faults: Mapping[str, Fault]) -> SimResponse:
    """Return an answer with another type, encoding or arrival, as the faults of its request say."""
    changed = faults.get("type")
    if changed is not None and response.body:
        response = _with_headers(response, {"Content-Type": changed.content_type or ""})
    encoding = faults.get("encoding")
    if encoding is not None and response.body:
        response = _encoded(response, broken=encoding.kind == "broken_gzip")
    return replace(response, arrival=_arrival(response, faults))


def _same_url(request: SimRequest) -> str:
    from urllib.parse import urlencode

    return f"{request.path}?{urlencode([*request.query, ('redirected', '1')])}"


def _body(fault: Fault, status: int) -> tuple[str, bytes]:
    """Return the content type and the bytes of a body."""
    body, phrase = fault.body, responses.get(status, "Error")
    if fault.html:
        page = f"<html><head><title>{status} {phrase}</title></head><body><h1>{status} {phrase}</h1></body></html>"
        return "text/html; charset=utf-8", page.encode()
    if isinstance(body, bytes):
        return "text/html; charset=utf-8", body
    if body is None and fault.on == "artifacts":
        code = phrase.replace(" ", "")
        return "application/xml", f"<Error><Code>{code}</Code><Message>{phrase}</Message></Error>".encode()
    return "application/json; charset=utf-8", dumps({"message": phrase} if body is None else body)


def _encoded(response: SimResponse, *, broken: bool) -> SimResponse:
    body = response.body
    if broken or not body.startswith(_GZIP):
        body = gzip.compress(body, mtime=0)
    if broken:
        # The second half is turned over, and with it the check sum at the end: no decompression comes to its end.
        half = len(body) // 2
        body = body[:half] + bytes(byte ^ 0xFF for byte in body[half:])
    return _with_headers(replace(response, body=body), {"Content-Encoding": "gzip", "Content-Length": str(len(body))})


def _arrival(response: SimResponse, faults: Mapping[str, Fault]) -> Arrival | None:
    """Return how an answer arrives; None for at once and whole."""
    latency, head, pace, length = (faults.get(name) for name in ("latency", "head", "pace", "length"))
    if not (latency or head or pace or length):
        return None
    return Arrival(
        delay=latency.seconds or 0.0 if latency else 0.0,
        head_pause=head.seconds or 0.0 if head else 0.0,
        head_pieces=head.pieces or 1 if head else 1,
        body_pause=pace.seconds or 0.0 if pace else 0.0,
        body_pieces=pace.pieces or 1 if pace else 1,
        length=len(response.body) // 2 if length else None,
    )


def _with_headers(response: SimResponse, headers: Mapping[str, str]) -> SimResponse:
    names = {name.lower() for name in headers}
    kept = (pair for pair in response.headers if pair[0].lower() not in names)
    return replace(response, headers=(*kept, *headers.items()))
