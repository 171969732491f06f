"""What telemetry costs: CPU time of a request with events or OpenTelemetry, beside one without any of them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import httpx
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider

from buildkite_ext import BuildkiteClient
from buildkite_ext.telemetry import OpenTelemetry

from .rows import Row, compared, rounds_of

TITLE = "Telemetry"

OFTEN = 400
"""Calls in one run of a way."""

BUILD = {"id": "b1", "number": 7, "state": "running", "url": "https://api.buildkite.test/", "jobs": []}


def measure() -> list[Row]:
    """Measure one request: with telemetry off, with a hook of events, and with OpenTelemetry without and with its SDK."""
    logging.getLogger("buildkite_ext").setLevel(logging.WARNING)
    sdk = OpenTelemetry(
        tracer_provider=TracerProvider(shutdown_on_exit=False),
        meter_provider=MeterProvider([InMemoryMetricReader()], shutdown_on_exit=False),
    )
    ways = {
        "telemetry off": _calls(),
        "events": _calls(on_event=lambda _: None),
        "api": _calls(telemetry=OpenTelemetry()),
        "sdk": _calls(telemetry=sdk),
    }
    taken = rounds_of(ways, often=1)
    return [
        compared(f"{OFTEN} requests, on_event=", taken, "events", "telemetry off"),
        compared(f"{OFTEN} requests, OpenTelemetry without an SDK", taken, "api", "telemetry off"),
        compared(f"{OFTEN} requests, OpenTelemetry, spans and metrics", taken, "sdk", "telemetry off"),
    ]


def _client(**options: Any) -> BuildkiteClient:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=BUILD))
    return BuildkiteClient("acme", token="bkua_benchmark", transport=transport, **options)


def _calls(**options: Any) -> Callable[[], None]:
    return _repeated(_client(**options))


def _repeated(client: BuildkiteClient) -> Callable[[], None]:
    def calls() -> None:
        for _ in range(OFTEN):
            client.builds.get("web", 7)

    return calls
