"""Deliveries, and the protocols of the queue between receivers and handlers.

In one process a `MemoryQueue` is both the sink and the source. For several machines there is a `RedisStreamSink` in each
receiver and a `RedisStreamSource` in each worker.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from buildkite_api.webhooks.events import WebhookEvent

__all__ = ["Delivery", "EventSink", "EventSource", "Handle"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One verified delivery, with all that is needed to handle it later or on another machine."""

    id: str
    """A digest of the delivery's signature or token and of its body, in hexadecimal. It is different for each delivery,
    and the same when a delivery is repeated."""
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
