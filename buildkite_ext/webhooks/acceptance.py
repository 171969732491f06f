"""Accepting a delivery: verified, once, and not before something has it that won't lose it."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from typing import Literal

import anyio
from buildkite_api.webhooks.events import BuildEvent, JobEvent, WebhookEvent

from ..errors import WebhookMalformed, WebhookQueueFull, WebhookUnverified
from .answers import ACCEPTED, REPEATED, Answer, Refusal, answer, closed
from .deliveries import Delivery, Handle
from .dispatch import HandlersFailed
from .happenings import happening
from .headers import Headers
from .parsing import parse
from .proof import Proof
from .replays import ReplayStore
from .reports import Accepted, Repeated, Reports
from .runtime.lifecycle import Lifecycle

_ACCEPTING = 60.0
"""Seconds after which a delivery whose acceptance was never finished may be accepted again."""
LONGEST_REMEMBERED = 86_400.0


class Acceptance:
    """Accepts deliveries.

    Args:
        proof: what they must show.
        replays: what remembers those that were accepted.
        lifecycle: what has the sink that they go to, and knows whether this receiver is closed.
        handle: what handles one in the request.
        reports: whom to tell.
        when: `accepted`: answer when the sink has it. `handled`: answer when it was handled.
        failure_status: what to answer then where a handler failed.
        now: the time, in seconds since the epoch.
    """

    def __init__(
        self,
        proof: Proof,
        replays: ReplayStore,
        lifecycle: Lifecycle,
        handle: Handle,
        reports: Reports,
        *,
        when: Literal["accepted", "handled"],
        failure_status: int,
        now: Callable[[], float],
    ) -> None:
        self._proof = proof
        self._replays = replays
        self._lifecycle = lifecycle
        self._handle = handle
        self._reports = reports
        self._when = when
        self._failure_status = failure_status
        self._now = now

    def delivery(self, headers: Headers, body: bytes) -> Delivery:
        """Verify and parse a body.

        Raises:
            Refusal: it proves nothing, or it is no event.
        """
        try:
            signature = self._proof.signature(headers, body, self._now)
            event = parse(body, headers)
        except WebhookUnverified as error:
            raise Refusal(401, error.reason, str(error), "Unauthorized") from None
        except WebhookMalformed as error:
            raise Refusal(400, error.reason, str(error)) from None
        # Unsigned, a second alarm looks just like the first sent again: unless its content tells, they are two.
        proof = signature or ("" if happening(event) else secrets.token_hex(8))
        digest = hashlib.sha256(f"{proof}\n".encode() + body).hexdigest()
        return Delivery(digest, event.event, event.raw, self._now(), _build_id(event), event)

    async def accept(self, delivery: Delivery, *, handle_first: bool) -> Answer:
        """Accept a delivery, unless it was accepted before.

        Args:
            delivery: what was verified.
            handle_first: run its handlers before the answer, where it is this process that runs them.

        Raises:
            Refusal: it was not accepted.
        """
        always = self._when == "handled"
        inline = always or (handle_first and self._lifecycle.queue is not None)
        key = f"delivery:{delivery.id}"
        try:
            claim = await self._replays.claim(key, max(_ACCEPTING, self._replayable) if inline else _ACCEPTING)
        except Exception as error:
            raise _unavailable(error) from error
        if claim == "settled":
            self._reports.emit(Repeated(delivery.id, delivery.event))
            return REPEATED
        if claim == "pending":
            raise Refusal(503, "pending", "the same delivery is being accepted", headers={"Retry-After": "1"})
        accepted = False
        try:
            if inline:
                done = await self._handle_now(delivery, failed=self._failure_status if always else 200)
            else:
                done = await self._put(delivery)
            accepted = done.status < 300
        finally:
            # Shielded: a server that gives up on the request would otherwise leave the key claimed.
            with anyio.CancelScope(shield=True):
                await self._settle(key, self._replayable if accepted else 0)
        return done

    @property
    def _replayable(self) -> float:
        """For how long a signature can be good: it may have been early by as much as it may become late."""
        return min(2 * self._proof.tolerance, LONGEST_REMEMBERED)

    async def _settle(self, key: str, seconds: float) -> None:
        try:
            await self._replays.settle(key, seconds)
        except Exception as error:
            # The delivery is accepted or not whatever becomes of this; the key expires.
            self._reports.problem("a delivery could not be remembered", error)

    async def _put(self, delivery: Delivery) -> Answer:
        if self._lifecycle.closed:
            # Its body came while everything else ended: nobody would wait for its handlers.
            raise closed()
        self._lifecycle.ensure_running()
        try:
            await self._lifecycle.sink.put(delivery)
        except WebhookQueueFull as error:
            raise Refusal(503, error.reason, str(error), "No room for it now.", {"Retry-After": "5"}) from None
        except Exception as error:
            raise _unavailable(error) from error
        self._reports.emit(Accepted(delivery.id, delivery.event))
        return ACCEPTED

    async def _handle_now(self, delivery: Delivery, *, failed: int) -> Answer:
        self._reports.emit(Accepted(delivery.id, delivery.event))
        try:
            await self._handle(delivery)
        except HandlersFailed:
            return answer(failed, "A handler failed.")
        return answer(200, "Handled.")


def _build_id(event: WebhookEvent) -> str | None:
    build = event.build if isinstance(event, (BuildEvent, JobEvent)) else None
    return build.id if build is not None and isinstance(build.id, str) else None


def _unavailable(error: Exception) -> Refusal:
    # Not the error's text, which may hold an address with a password.
    message = f"what remembers or keeps deliveries can't be reached ({type(error).__name__})"
    return Refusal(503, "unavailable", message, "Not now.", {"Retry-After": "5"})
