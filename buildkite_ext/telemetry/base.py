"""Telemetry: the protocol by which clients and webhook handlers tell what is measured."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from ..events import Event
    from ..stores.circuits import CircuitState
    from ..stores.status import LimitStatus

__all__ = ["Attributes", "LimitSource", "Span", "SpanKind", "Telemetry"]

Attributes = Mapping[str, str | int | float]
"""Attributes of a span or of a measurement."""

SpanKind = Literal["internal", "attempt", "consumer"]
"""Kind of a span: work of the library, one attempt of a request, or the handling of a webhook."""


class Span(Protocol):
    """Span that has begun."""

    def set(self, name: str, value: str | float) -> None:
        """Set an attribute."""
        ...

    def fail(self, error: str) -> None:
        """Mark the span as failed.

        Args:
            error: the name of the class of an error, or the status of an answer.
        """
        ...


class LimitSource(Protocol):
    """Source of what is known of rate limits and circuits at a moment, for gauges. It may be read on any thread."""

    def limits(self) -> Sequence[tuple[str, LimitStatus]]:
        """Return the limits that a request counted for, with their scopes."""
        ...

    def circuits(self) -> Sequence[CircuitState]:
        """Return the states of the circuits that a request took."""
        ...


class Telemetry(Protocol):
    """Receiver of metrics and spans. `OpenTelemetry` is one; implement this protocol for another system.

    No argument of a method holds a token, a header or a body.
    """

    def on_event(self, event: Event, /) -> None:
        """Take in an event of a client."""
        ...

    def webhook_received(self, event_type: str, /) -> None:
        """Take in that a webhook of a type was accepted."""
        ...

    def span(
        self, name: str, attributes: Attributes | None = None, *, kind: SpanKind = "internal"
    ) -> AbstractContextManager[Span]:
        """Return a span that begins and ends with the `with` block. An error that leaves the block marks it as failed."""
        ...

    def attempt_finished(self, attributes: Attributes, seconds: float) -> None:
        """Take in how long an attempt took. The attributes are those of the HTTP conventions of OpenTelemetry."""
        ...

    def inject(self, headers: MutableMapping[str, str]) -> None:
        """Add headers to a request to the API, such as `traceparent`, or none."""
        ...

    def watch(self, source: LimitSource) -> None:
        """Read a source whenever gauges are collected, as long as the source exists: keep a weak reference."""
        ...
