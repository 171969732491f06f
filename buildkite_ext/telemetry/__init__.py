"""Telemetry of clients and webhook handlers: metrics and spans.

`OpenTelemetry` needs the extra: `pip install 'buildkite-ext[otel]'`. Another system of metrics implements `Telemetry`.

Example:
    >>> from buildkite_ext import BuildkiteClient
    >>> from buildkite_ext.telemetry import OpenTelemetry
    >>> buildkite = BuildkiteClient("acme", token="bkua_example", telemetry=OpenTelemetry())
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .base import Attributes, LimitSource, Span, SpanKind, Telemetry

if TYPE_CHECKING:
    from .opentelemetry import OpenTelemetry as OpenTelemetry

__all__ = ["Attributes", "LimitSource", "OpenTelemetry", "Span", "SpanKind", "Telemetry"]

if not TYPE_CHECKING:  # loaded when it is asked for, since it imports opentelemetry

    def __getattr__(name: str) -> object:
        if name != "OpenTelemetry":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from .opentelemetry import OpenTelemetry

        return OpenTelemetry
