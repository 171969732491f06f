"""Events in the life of a delivery, as frozen values for one hook: `WebhookHandler(on_delivery_event=print)`.

Each event is also a line of the logger `buildkite_ext.webhooks`, but of refusals of one kind one a second at most. The
fields of the event are attributes of the log record: `webhook_event`, `webhook_delivery`, `webhook_status`, `webhook_reason`,
`webhook_client`, `webhook_handler`, `webhook_handlers` and `webhook_deliveries`. No event holds a body, a secret, a token or a
signature.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from typing import Literal

from .._forks import reset_after_fork
from ..dispatcher import Dispatcher
from .log_limit import LogLimiter

__all__ = [
    "Count",
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
    """A handler raised an error, took too long, or waited too long for a thread (a TimeoutError). The other handlers ran."""

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

Count = Literal["accepted", "repeated", "refused", "handled", "failed", "lost"]
"""What `WebhookHandler.counts` counts."""

_COUNTED_AS: dict[type[DeliveryEvent], Count] = {
    DeliveryAccepted: "accepted",
    DeliveryRepeated: "repeated",
    DeliveryRefused: "refused",
    DeliveryHandled: "handled",
    DeliveriesLost: "lost",
}


class DeliveryEvents:
    """Counter and dispatcher of delivery events: each goes to the log and to the user's hook.

    Refusals of one kind are logged once a second at most, with the number of those that were left out. All other events
    are logged each.

    Args:
        hook: the user's hook.
        clock: returns monotonic seconds.
    """

    def __init__(self, hook: DeliveryHook | None = None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.hooks: Dispatcher[DeliveryEvent] = Dispatcher(*(() if hook is None else (hook,)), name="on_delivery_event")
        self.counts: Counter[str] = Counter()
        self._clock = clock
        self._reset_after_fork()
        reset_after_fork(self)

    def _reset_after_fork(self) -> None:
        self._lock = threading.Lock()
        self._refusals: LogLimiter[tuple[int, str]] = LogLimiter()
        self._problems: LogLimiter[tuple[str, str]] = LogLimiter()

    def emit(self, event: DeliveryEvent) -> None:
        """Count and log an event, and call the hook with it."""
        counted_as = _COUNTED_AS.get(type(event))
        if counted_as is not None:
            self.count(counted_as, event.deliveries if isinstance(event, DeliveriesLost) else 1)
        self._log(event)
        self.hooks.emit(event)

    def count_and_emit(self, name: Count, make: Callable[[], DeliveryEvent]) -> None:
        """Count an event, and make and emit it only if the log or the hook takes it."""
        if self.hooks or logger.isEnabledFor(logging.DEBUG):
            self.emit(make())
            return
        self.count(name)
        if self._refusals or self._problems:
            self._log_due(self._clock())

    def count(self, name: Count, number: int = 1) -> None:
        """Add to a count. A delivery counts as `failed` once, however many of its handlers failed."""
        with self._lock:
            self.counts[name] += number

    def flush(self) -> None:
        """Log the numbers of refusals and problems that were left out of the log so far."""
        with self._lock:
            refusals, problems = self._refusals.rest(), self._problems.rest()
        _log_left_out(refusals, problems)

    def problem(self, message: str, error: Exception) -> None:
        """Log an error that changes no response. The error's text isn't logged: it may hold a password."""
        kind, now = type(error).__name__, self._clock()
        with self._lock:
            more = self._problems.admit((message, kind), now)
        if more is not None:
            logger.error("%s (%s)%s", message, kind, _and_more(more))

    def warn(self, message: str) -> None:
        """Log a warning about the way in which the receiver is used."""
        logger.warning("%s", message)

    def _log(self, event: DeliveryEvent) -> None:
        if isinstance(event, DeliveryRefused):
            self._log_refusal(event)
            return
        if self._refusals or self._problems:
            self._log_due(self._clock())
        if isinstance(event, HandlerFailed):
            extra = _extra(event)
            text = "%s failed on %s (delivery %s)"
            logger.error(text, event.handler, event.event, event.delivery, exc_info=event.error, extra=extra)
        elif isinstance(event, DeliveriesLost):
            text = "%d accepted deliveries were not handled before the time to close was over"
            logger.error(text, event.deliveries, extra=_extra(event))
        elif logger.isEnabledFor(logging.DEBUG):
            logger.debug("%s", event, extra=_extra(event))

    def _log_refusal(self, event: DeliveryRefused) -> None:
        now = self._clock()
        with self._lock:
            more = self._refusals.admit((event.status, event.reason), now)
        if more is None:
            return
        extra = {**_extra(event), "webhook_left_out": more}
        client = event.client or "unknown"
        logger.warning("answered %d to %s: %s%s", event.status, client, event.message, _and_more(more), extra=extra)
        self._log_due(now)

    def _log_due(self, now: float) -> None:
        with self._lock:
            refusals, problems = self._refusals.due(now), self._problems.due(now)
        _log_left_out(refusals, problems)


def _log_left_out(
    refusals: Iterable[tuple[tuple[int, str], int]], problems: Iterable[tuple[tuple[str, str], int]]
) -> None:
    for (status, reason), more in refusals:
        extra = {"webhook_status": status, "webhook_reason": reason, "webhook_left_out": more}
        logger.warning("answered %d to %d more requests (%s)", status, more, reason, extra=extra)
    for (message, kind), more in problems:
        logger.error("%s, %d more times (%s)", message, more, kind)


def _and_more(left_out: int) -> str:
    return f" (and {left_out} more like it since the last line)" if left_out else ""


def _extra(event: DeliveryEvent) -> dict[str, object]:
    """Return the attributes of the log record of an event, for logs that are searched by field.

    The prefix keeps them apart from the attributes of `logging`, and from the `event` of structlog.

    Example:
        >>> _extra(DeliveryHandled("5f1c", "ping", 1))
        {'webhook_delivery': '5f1c', 'webhook_event': 'ping', 'webhook_handlers': 1}
    """
    names = (each.name for each in fields(event) if each.name not in ("message", "error"))
    return {f"webhook_{name}": getattr(event, name) for name in names}
