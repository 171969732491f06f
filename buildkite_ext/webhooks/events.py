"""Events in the life of a delivery, as frozen values for one hook: `WebhookHandler(on_delivery_event=print)`.

Each event is also a line of the logger `buildkite_ext.webhooks`. No event holds a body, a secret, a token or a signature.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from ..events import Dispatcher

__all__ = [
    "DeliveriesLost",
    "DeliveryAccepted",
    "DeliveryEvent",
    "DeliveryEvents",
    "DeliveryHandled",
    "DeliveryHook",
    "DeliveryRefused",
    "DeliveryRepeated",
    "HandlerFailed",
    "logger",
]

logger = logging.getLogger("buildkite_ext.webhooks")


@dataclass(frozen=True, slots=True)
class DeliveryAccepted:
    """A delivery was verified, and will be handled."""

    delivery: str
    """The delivery's id."""
    event: str


@dataclass(frozen=True, slots=True)
class DeliveryRepeated:
    """A delivery was accepted before, so it isn't handled again."""

    delivery: str
    event: str


@dataclass(frozen=True, slots=True)
class DeliveryRefused:
    """A request was refused: it isn't a valid delivery, or it can't be accepted now."""

    status: int
    """The HTTP status of the response."""
    reason: str
    """One of `WebhookReason`, or of the HTTP exchange: `method`, `content_type`, `too_large`, `no_length`, `too_slow`,
    `source`, `closed`, `pending` (the same delivery is being accepted), `unavailable`."""
    message: str
    client: str | None
    """The address it came from; None if the server doesn't give it."""


@dataclass(frozen=True, slots=True)
class DeliveryHandled:
    """The handlers of a delivery have run, and each of them succeeded."""

    delivery: str
    event: str
    handlers: int
    """The number of handlers that ran."""


@dataclass(frozen=True, slots=True)
class HandlerFailed:
    """A handler raised an error, or took too long (a TimeoutError). The other handlers ran."""

    delivery: str
    event: str
    handler: str
    error: Exception


@dataclass(frozen=True, slots=True)
class DeliveriesLost:
    """Accepted deliveries were not handled before the time for closing was over."""

    deliveries: int


DeliveryEvent = DeliveryAccepted | DeliveryRepeated | DeliveryRefused | DeliveryHandled | HandlerFailed | DeliveriesLost
DeliveryHook = Callable[[DeliveryEvent], object]

_COUNTED_AS: dict[type[DeliveryEvent], str] = {
    DeliveryAccepted: "accepted",
    DeliveryRepeated: "repeated",
    DeliveryRefused: "refused",
    DeliveryHandled: "handled",
    HandlerFailed: "failed",
    DeliveriesLost: "lost",
}


class DeliveryEvents:
    """Counter and dispatcher of delivery events: each goes to the log and to the user's hook."""

    def __init__(self, hook: DeliveryHook | None = None) -> None:
        self._hooks: Dispatcher[DeliveryEvent] = Dispatcher(
            *(() if hook is None else (hook,)), name="on_delivery_event"
        )
        self.counts: Counter[str] = Counter()

    def emit(self, event: DeliveryEvent) -> None:
        """Count and log an event, and call the hook with it."""
        self.counts[_COUNTED_AS[type(event)]] += 1
        if isinstance(event, HandlerFailed):
            text = "%s failed on %s (delivery %s)"
            logger.error(text, event.handler, event.event, event.delivery, exc_info=event.error)
        elif isinstance(event, DeliveryRefused):
            logger.warning("answered %d to %s: %s", event.status, event.client or "unknown", event.message)
        elif isinstance(event, DeliveriesLost):
            logger.error("%d accepted deliveries were not handled before the time to close was over", event.deliveries)
        else:
            logger.debug("%s", event)
        self._hooks.emit(event)

    def problem(self, message: str, error: Exception) -> None:
        """Log an error that changes no response. The error's text isn't logged: it may hold a password."""
        logger.error("%s (%s)", message, type(error).__name__)

    def warn(self, message: str) -> None:
        """Log a warning about the way in which the receiver is used."""
        logger.warning("%s", message)
