"""Reception of deliveries: check, verify, deduplicate, and accept or handle them, then respond."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from dataclasses import replace
from typing import Any, Literal, TypeVar

import anyio
from buildkite_api.webhooks.events import BuildEvent, JobEvent, WebhookEvent

from ..errors import WebhookMalformed, WebhookQueueFull, WebhookUnverified
from .allowed_ips import AllowedIPs
from .deduplication import DeduplicationStore, MemoryDeduplicationStore, deduplication_key
from .delivery import Delivery, Handle
from .dispatch import HandlersFailed
from .events import DeliveryAccepted, DeliveryEvents, DeliveryRefused, DeliveryRepeated
from .http import (
    ReceivedHeaders,
    Refusal,
    RequestHead,
    WebhookResponse,
    check_head,
    closed,
    delivery_headers,
    response,
    too_large,
)
from .parsing import parse
from .runtime.event_loop import LoopStopped
from .runtime.lifecycle import Lifecycle
from .signature import Verifier

__all__ = ["ACCEPTED", "LONGEST_REMEMBERED", "Receiver", "delivery_of"]

T = TypeVar("T")

LONGEST_REMEMBERED = 86_400.0
"""The maximum time for which an accepted delivery is remembered, in seconds."""

_ACCEPTING = 60.0
"""Seconds after which a delivery whose acceptance never ended may be accepted again."""

ACCEPTED = response(200, "Accepted.")
"""The response to a delivery that was accepted."""
_HEALTHY = response(200, "Healthy.")
_CLOSING = response(503, "Closing.")
_REPEATED = response(200, "Accepted before.")


class Receiver:
    """Receives deliveries from the adapters, in two steps: before and after a request's body is read.

    Args:
        verifier: verifies deliveries.
        store: remembers accepted deliveries.
        lifecycle: has the sink of accepted deliveries, and knows if the receiver is closed.
        handle: handles a delivery within its request.
        events: where events are reported.
        respond_after: `accepted`: respond when the sink has the delivery. `handled`: respond when it was handled.
        failure_status: with `handled`, the status of the response if a handler failed.
        max_body: the limit of a body, in bytes.
        body_timeout: seconds in which a body must arrive.
        allowed_ips: the addresses that deliveries may come from; None for any.
        health: the path of health checks; None for none.
        now: returns the current time, in seconds since the epoch.
    """

    def __init__(
        self,
        verifier: Verifier,
        store: DeduplicationStore,
        lifecycle: Lifecycle,
        handle: Handle,
        events: DeliveryEvents,
        *,
        respond_after: Literal["accepted", "handled"],
        failure_status: int,
        max_body: int,
        body_timeout: float,
        allowed_ips: AllowedIPs | None,
        health: str | None,
        now: Callable[[], float],
    ) -> None:
        self.max_body = max_body
        self.body_timeout = body_timeout
        self.lifecycle = lifecycle
        self._verifier = verifier
        self._store = store
        # One in this process never waits, so that nothing can cancel it.
        self._memory = store if type(store) is MemoryDeduplicationStore else None
        self._handle = handle
        self._events = events
        self._respond_after = respond_after
        self._failure_status = failure_status
        self._allowed_ips = allowed_ips
        self._health = health
        self.now = now

    def check_health(self, method: str, path: str) -> WebhookResponse | None:
        """Return the response to a health check; None if the request isn't one. It isn't counted or logged.

        Args:
            method: the request's method.
            path: its path, without the path at which the app is mounted.
        """
        if path != self._health or method.upper() not in ("GET", "HEAD"):
            return None
        answer = _CLOSING if self.lifecycle.closed else _HEALTHY
        return replace(answer, body=b"") if method.upper() == "HEAD" else answer

    async def receive(self, head: RequestHead, body: bytes, *, handle_first: bool) -> WebhookResponse:
        """Receive a request whose body is already read."""
        refused = await self.admit(head)
        return refused if refused is not None else await self.accept(head, body, handle_first=handle_first)

    async def admit(self, head: RequestHead, *, length_required: bool = False) -> WebhookResponse | None:
        """Check a request before its body is read.

        Returns:
            The response if the body isn't worth reading; None if it is.
        """
        refused = self._check_head(head, length_required=length_required)
        if refused is not None or self._allowed_ips is None:
            return refused
        try:
            await self._allowed_ips.check(head)
        except Refusal as refusal:
            return self.refuse(head, refusal)
        return None

    async def accept(
        self,
        head: RequestHead,
        body: bytes,
        *,
        handle_first: bool = False,
        queued: list[Future[None]] | None = None,
    ) -> WebhookResponse:
        """Verify the body of an admitted request, and accept or handle the delivery.

        Args:
            head: the request without its body.
            body: the raw body.
            handle_first: run the handlers before the response, if they run in this process.
            queued: see `Lifecycle.put`.
        """
        try:
            if len(body) > self.max_body:
                raise too_large(self.max_body)
            delivery = self._verified(head.headers, body)
            return await self._accept_once(delivery, handle_first=handle_first, queued=queued)
        except Refusal as refusal:
            return self.refuse(head, refusal)

    def refuse(self, head: RequestHead, refusal: Refusal) -> WebhookResponse:
        """Report a refusal, and return the response."""
        self._events.emit(DeliveryRefused(refusal.status, refusal.reason, refusal.message, head.client))
        return refusal.response()

    # --- For tests of handlers --------------------------------------------------------------------------------------

    def credentials_for(self, body: bytes, *, earlier: int) -> dict[str, str]:
        """Return the headers with which a sender shows that it knows the secret.

        Args:
            body: the raw body.
            earlier: seconds before now at which to sign, at most the tolerance.
        """
        seconds = earlier % max(1, int(self._verifier.tolerance))
        return self._verifier.credentials_for(body, lambda: self.now() - seconds)

    # --- For callers that can't await -------------------------------------------------------------------------------

    def receive_blocking(self, head: RequestHead, body: bytes, *, handle_first: bool) -> WebhookResponse:
        """Do the same as `receive`, for callers that can't await."""
        return self._blocking(head, self.receive(head, body, handle_first=handle_first))

    def admit_blocking(self, head: RequestHead, *, length_required: bool = False) -> WebhookResponse | None:
        """Do the same as `admit`, for callers that can't await."""
        if self._allowed_ips is None:
            self.lifecycle.close_when_the_process_ends()  # also where each request is refused here
            return self._check_head(head, length_required=length_required)
        return self._blocking(head, self.admit(head, length_required=length_required))

    def accept_blocking(self, head: RequestHead, body: bytes) -> WebhookResponse:
        """Do the same as `accept`, for callers that can't await."""
        return self._blocking(head, self.accept(head, body))

    def _blocking(self, head: RequestHead, receiving: Coroutine[Any, Any, T]) -> T | WebhookResponse:
        if self.lifecycle.closed:
            receiving.close()
            return self.refuse(head, closed())
        try:
            return self.lifecycle.run(receiving)
        except LoopStopped:
            return self.refuse(head, closed())

    # --- Steps ------------------------------------------------------------------------------------------------------

    def _check_head(self, head: RequestHead, *, length_required: bool) -> WebhookResponse | None:
        required = self._verifier.header
        try:
            if self.lifecycle.closed:
                raise closed()
            check_head(head, max_body=self.max_body, required_header=required, length_required=length_required)
        except Refusal as refusal:
            return self.refuse(head, refusal)
        return None

    def _verified(self, headers: ReceivedHeaders, body: bytes) -> Delivery:
        """Verify and parse a body.

        Raises:
            Refusal: the delivery can't be verified, or its body isn't an event.
        """
        try:
            verified = self._verifier.verify(headers, body, self.now)
            event = parse(body, headers)
        except WebhookUnverified as error:
            raise Refusal(401, error.reason, str(error), "Unauthorized") from None
        except WebhookMalformed as error:
            raise Refusal(400, error.reason, str(error)) from None
        # Without a signature, a second alarm looks like a repetition of the first: they are two unless a key tells.
        if verified is None:
            distinct = "" if deduplication_key(event) else secrets.token_hex(8)
            digest, sent_at = hashlib.sha256(f"{distinct}\n".encode() + body), None
        else:
            digest, sent_at = hashlib.sha256(verified.signature.encode()), float(verified.timestamp)
        return Delivery(
            digest.hexdigest(),
            event.event,
            event.raw,
            self.now(),
            _build_id(event),
            event,
            sent_at=sent_at,
            headers=delivery_headers(headers),
        )

    async def _accept_once(
        self, delivery: Delivery, *, handle_first: bool, queued: list[Future[None]] | None
    ) -> WebhookResponse:
        """Accept a delivery unless it was accepted before.

        Raises:
            Refusal: the delivery can't be accepted now.
        """
        always = self._respond_after == "handled"
        inline = always or (handle_first and self.lifecycle.queue is not None)
        key = f"delivery:{delivery.id}"
        try:
            seconds = max(_ACCEPTING, self._repeatable) if inline else _ACCEPTING
            memory = self._memory
            claim = await self._store.claim(key, seconds) if memory is None else memory._claim(key, seconds)
        except Exception as error:
            raise _unavailable(error) from error
        if claim == "settled":
            self._events.count_and_emit("repeated", lambda: DeliveryRepeated(delivery.id, delivery.event))
            return _REPEATED
        if claim == "pending":
            raise Refusal(503, "pending", "the same delivery is being accepted", headers={"Retry-After": "1"})
        accepted = False
        try:
            if inline:
                done = await self._handle_now(delivery, failed=self._failure_status if always else 200)
            else:
                done = await self._put(delivery, queued)
            accepted = done.status < 300
        finally:
            await self._settle(key, self._repeatable if accepted else 0)
        return done

    @property
    def _repeatable(self) -> float:
        """Seconds for which a signature can be valid: its time may be in the future as well as in the past."""
        return min(2 * self._verifier.tolerance, LONGEST_REMEMBERED)

    async def _settle(self, key: str, seconds: float) -> None:
        try:
            if self._memory is not None:
                self._memory._settle(key, seconds)
            else:
                # Shielded: otherwise the key would stay claimed when the server cancels the request.
                with anyio.CancelScope(shield=True):
                    await self._store.settle(key, seconds)
        except Exception as error:
            # This doesn't change whether the delivery was accepted; the key expires.
            self._events.problem("a delivery could not be remembered", error)

    async def _put(self, delivery: Delivery, queued: list[Future[None]] | None) -> WebhookResponse:
        if self.lifecycle.closed:
            # The receiver was closed while the body arrived: nobody would wait for the handlers.
            raise closed()
        try:
            await self.lifecycle.put(delivery, queued)
        except WebhookQueueFull as error:
            raise Refusal(503, error.reason, str(error), "No room for it now.", {"Retry-After": "5"}) from None
        except Exception as error:
            raise _unavailable(error) from error
        self._events.count_and_emit("accepted", lambda: DeliveryAccepted(delivery.id, delivery.event))
        return ACCEPTED

    async def _handle_now(self, delivery: Delivery, *, failed: int) -> WebhookResponse:
        self._events.count_and_emit("accepted", lambda: DeliveryAccepted(delivery.id, delivery.event))
        try:
            await self._handle(delivery)
        except HandlersFailed as error:
            return replace(response(failed, "A handler failed."), errors=error.errors)
        return response(200, "Handled.")


def delivery_of(event: WebhookEvent, *, now: float) -> Delivery:
    """Return a delivery of an event that came by another way than a request.

    Args:
        event: the event.
        now: the time at which it came, in seconds since the epoch.
    """
    key = deduplication_key(event) or secrets.token_hex(16)
    identifier = hashlib.sha256(f"dispatched\n{key}".encode()).hexdigest()
    return Delivery(identifier, event.event, event.raw, now, _build_id(event), event)


def _build_id(event: WebhookEvent) -> str | None:
    build = event.build if isinstance(event, (BuildEvent, JobEvent)) else None
    return build.id if build is not None and isinstance(build.id, str) else None


def _unavailable(error: Exception) -> Refusal:
    # The error's text isn't used: it may hold an address with a password. redis-py reports a certificate that can't be
    # verified as an error of the connection: the cause tells.
    kinds: dict[str, None] = {}
    cause: BaseException | None = error
    while isinstance(cause, Exception):
        kinds[type(cause).__name__] = None
        cause = cause.__cause__ or cause.__context__
    message = f"the sink or the deduplication store can't be reached ({', because of '.join(kinds)})"
    return Refusal(503, "unavailable", message, "Not now.", {"Retry-After": "5"})
