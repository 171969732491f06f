"""Deliveries, and the protocols of the queue between receivers and handlers.

In one process a `MemoryQueue` is both the sink and the source. For several machines there is a `RedisStreamSink` in each
receiver and a `RedisStreamSource` in each worker.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from buildkite_api.webhooks.events import WebhookEvent

__all__ = [
    "DELIVERY_HEADERS",
    "Delivery",
    "EventSink",
    "EventSource",
    "Handle",
    "Handling",
    "current_delivery",
]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One verified delivery, with all that is needed to handle it later or on another machine."""

    id: str
    """A digest of the delivery's signature, or of its body if it isn't signed, in hexadecimal. It is different for each
    delivery, and the same when a delivery is repeated."""
    event: str
    """The event's name, from the body."""
    body: bytes = field(repr=False)
    """The exact body."""
    received_at: float
    """The time at which it was received, in seconds since the epoch."""
    build_id: str | None = None
    """The build of the event, by which `ordered=True` keeps the order; None if the event has no build."""
    parsed: WebhookEvent | None = field(default=None, compare=False, repr=False)
    """The parsed event. It is None after the delivery was sent to another process."""
    sent_at: float | None = None
    """The time at which Buildkite sent it, from its signature, in seconds since the epoch; None if it isn't signed."""
    attempt: int = 1
    """The number of this try to handle it, from 1. Only a source that tries again counts, such as `RedisStreamSource`."""
    headers: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Headers of the request that tell where it came from, with names in lower case: those in `DELIVERY_HEADERS` that it
    had. The signature and the token are never among them."""


DELIVERY_HEADERS = (
    "content-type",
    "traceparent",
    "tracestate",
    "user-agent",
    "x-buildkite-event",
    "x-forwarded-for",
    "x-request-id",
)
"""The headers that `Delivery.headers` keeps. Apart from Buildkite's event, proxies and tracing add them."""

_CURRENT: ContextVar[Delivery] = ContextVar("buildkite_ext.webhooks.delivery")


def current_delivery() -> Delivery:
    """Return the delivery whose event is being handled: its id, its times, the number of the try, and its headers.

    Call it in a handler, or in any function that a handler calls, sync or async. It is a function and not a second parameter
    of handlers, so that each handler has the same type, `Callable[[E], R]`, and type checkers infer its event.

    Returns:
        The delivery.

    Raises:
        LookupError: no handler is running in this context.

    Example:
        >>> import asyncio
        >>> from buildkite_ext.webhooks import WebhookEvent, WebhookHandler
        >>> hooks = WebhookHandler(allow_unsigned=True, respond_after="handled")
        >>> @hooks.on("*")
        ... async def show(event: WebhookEvent) -> None:
        ...     delivery = current_delivery()
        ...     print(delivery.event, delivery.attempt, dict(delivery.headers))
        >>> asyncio.run(hooks.receive("POST", {"Content-Type": "application/json"}, b'{"event": "ping"}')).status
        ping 1 {'content-type': 'application/json'}
        200
    """
    try:
        return _CURRENT.get()
    except LookupError:
        raise LookupError(
            "current_delivery() was called while no handler runs: call it in a handler, or in a function that a handler calls"
        ) from None


class Handling:
    """A context in which a delivery is the current one."""

    __slots__ = ("_delivery", "_token")

    def __init__(self, delivery: Delivery) -> None:
        self._delivery = delivery

    def __enter__(self) -> None:
        self._token = _CURRENT.set(self._delivery)

    def __exit__(self, *_: object) -> None:
        _CURRENT.reset(self._token)


Handle = Callable[[Delivery], Awaitable[None]]
"""A function that handles one delivery. If it raises, the delivery was not handled."""


class EventSink(Protocol):
    """The end of a queue where receivers put verified deliveries."""

    async def put(self, delivery: Delivery, /) -> None:
        """Accept a delivery. Once this returns, the delivery is as safe as the sink promises.

        Raises:
            WebhookQueueFull: the queue is full. The delivery was not accepted.
            Exception: any other error: the delivery was not accepted, or it is unknown whether it was.
        """
        ...

    async def aclose(self) -> None:
        """Release the sink's resources. Accepted deliveries stay accepted."""
        ...


class EventSource(Protocol):
    """The end of a queue where workers take accepted deliveries."""

    async def consume(self, handle: Handle, /) -> None:
        """Give each delivery to `handle`, several at the same time, until the source is closed.

        Each source says whether a delivery is handled again after `handle` raised, and how often.
        """
        ...

    async def aclose(self) -> None:
        """Take no more deliveries, wait for those that are being handled, and let `consume` return."""
        ...
