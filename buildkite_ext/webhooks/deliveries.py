"""What a receiver hands on, and the two ends of the way from receivers to handlers.

In one process both ends are one `MemoryQueue`. For many machines they are a `RedisStreamSink` in each receiver and a
`RedisStreamSource` in each worker.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from buildkite_api.webhooks.events import WebhookEvent


@dataclass(frozen=True, slots=True)
class Delivery:
    """One verified delivery: everything that is needed to handle it, elsewhere and later as well."""

    id: str
    """Tells a delivery from any other, and is the same when the same one is sent again: a digest of what authenticates
    it and of its body, in hexadecimal."""
    event: str
    """The event's name, from the body."""
    body: bytes = field(repr=False)
    """The exact body."""
    received_at: float
    """When it was received, in seconds since the epoch."""
    build_id: str | None = None
    """The build that it is about, by which `ordered=True` keeps the order; None where it is about none."""
    parsed: WebhookEvent | None = field(default=None, compare=False, repr=False)
    """What `parse` made of the body, where that is at hand: it doesn't travel."""


Handle = Callable[[Delivery], Awaitable[None]]
"""Handles one delivery to its end. What it raises says that the delivery was not handled."""


class EventSink(Protocol):
    """Where receivers put what they have verified."""

    async def put(self, delivery: Delivery, /) -> None:
        """Accept a delivery: once this returns, it is not lost by anything that the sink promises to survive.

        Raises:
            WebhookQueueFull: There is no room for it. It was not accepted.
            Exception: Anything else, too, means that it was not accepted, or that nobody knows.
        """
        ...

    async def aclose(self) -> None:
        """Give back what the sink holds. What was accepted stays accepted."""
        ...


class EventSource(Protocol):
    """Where workers get what receivers have accepted."""

    async def consume(self, handle: Handle, /) -> None:
        """Hand each delivery to `handle`, several at a time, until the source is closed.

        Whether what `handle` raised brings the delivery again, and how often, is the source's promise.
        """
        ...

    async def aclose(self) -> None:
        """Take nothing more, wait for what is being handled, and let `consume` return."""
        ...
