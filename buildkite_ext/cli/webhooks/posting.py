"""Deliveries as Buildkite would post them, and what is answered."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx

from ...errors import WebhookMalformed
from ...version import __version__
from ...webhooks.headers import EVENT, SIGNATURE, TOKEN
from ...webhooks.parsing import parse
from ...webhooks.signature import sign
from ..problem import UsageError
from .credentials import Proof

LARGEST_ANSWER = 16 * 1024


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A delivery to be sent."""

    event: str | None
    body: bytes
    headers: dict[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answered:
    """What was answered. Nothing of it is safe to print."""

    status: int
    phrase: str
    body: bytes
    location: str | None
    seconds: float

    @property
    def accepted(self) -> bool:
        return 200 <= self.status < 300


def outgoing(body: bytes, proof: Proof) -> Outgoing:
    """A delivery with its headers, signed now.

    Raises:
        UsageError: the token holds what no header can.
    """
    try:
        event = parse(body).event
    except WebhookMalformed:
        event = None  # somebody wants to see it refused
    headers = {"Content-Type": "application/json", "User-Agent": f"buildkite-ext/{__version__} (webhooks send)"}
    if event is not None and event.isascii() and event.isprintable():
        headers[EVENT] = event
    if proof.mode == "secret":
        headers[SIGNATURE] = sign(body, proof.keys[0].value)
    if proof.mode == "token":
        headers[TOKEN] = _token(proof)
    return Outgoing(event, body, headers)


def _token(proof: Proof) -> str:
    value = proof.keys[0].value.decode("latin-1")
    if not (value.isascii() and value.isprintable()):
        raise UsageError(f"What {proof.keys[0].origin} holds can't stand in a header: only printable ASCII can.")
    return value


def checked_url(url: str) -> str:
    """The URL, where webhooks can be posted to it.

    Raises:
        UsageError: they can't.
    """
    try:
        parts = urlsplit(url)
        host = httpx.URL(url).host
        _ = parts.port
    except (ValueError, httpx.InvalidURL) as error:
        raise UsageError(f"URL: it can't be read: {error}") from error
    if parts.scheme not in ("http", "https") or not host:
        raise UsageError("URL: give http://… or https://….")
    if parts.username is not None or parts.password is not None:
        raise UsageError("URL: give it without a user or a password.")  # and without repeating them
    return url


def is_local(url: str) -> bool:
    """Whether it leads to this computer."""
    host = httpx.URL(url).host
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


@contextmanager
def sender(url: str, timeout: float) -> Iterator[httpx.Client]:
    """A client that knows no Buildkite token and follows nothing."""
    # Not through a proxy to this computer itself: the proxy would look for it elsewhere.
    with httpx.Client(follow_redirects=False, timeout=timeout, trust_env=not is_local(url)) as client:
        yield client


def post(client: httpx.Client, url: str, delivery: Outgoing, timeout: float) -> Answered:
    """Post a delivery.

    Raises:
        httpx.HTTPError: there is no answer, or it takes longer than the timeout.
    """
    begun = time.monotonic()
    with client.stream("POST", url, content=delivery.body, headers=delivery.headers) as response:
        body = b""
        for chunk in response.iter_bytes():
            body += chunk
            if time.monotonic() - begun > timeout:
                raise httpx.ReadTimeout(f"the answer took longer than {timeout:g} s")
            if len(body) > LARGEST_ANSWER:
                break
    seconds = time.monotonic() - begun
    return Answered(
        response.status_code, response.reason_phrase, body[:LARGEST_ANSWER], response.headers.get("location"), seconds
    )
