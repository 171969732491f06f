"""Metrics and spans by the API of OpenTelemetry, with the extra: `pip install 'buildkite-ext[otel]'`.

The program configures OpenTelemetry's SDK, and with it where metrics and spans go. Without an SDK nothing is recorded.

https://opentelemetry.io/docs/languages/python/
"""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING
from weakref import WeakSet

from .._forks import reset_after_fork
from ..events import ArtifactDownloaded, BuildSeen, FollowFinished, RequestFinished, WaitFinished, WriteAudited
from ..version import __version__
from .labels import OTHER, BoundedLabels, method_label

try:
    from opentelemetry import context, metrics, propagate, trace
    from opentelemetry.context import _SUPPRESS_HTTP_INSTRUMENTATION_KEY as _SUPPRESS_HTTP
except ImportError as error:
    raise ImportError("OpenTelemetry needs an extra: pip install 'buildkite-ext[otel]'") from error

if TYPE_CHECKING:
    from types import TracebackType

    from opentelemetry.metrics import CallbackOptions, MeterProvider, Observation
    from opentelemetry.trace import Tracer, TracerProvider

    from ..events import Event
    from ..stores.circuits import CircuitState
    from .base import Attributes, LimitSource, Span, SpanKind

__all__ = ["OpenTelemetry"]

_NAME = "buildkite_ext"

_SECOND = 1_000.0
_HOUR = 3_600 * _SECOND

_REQUEST_MS = (5.0, 10.0, 25.0, 50.0, 75.0, 100.0, 250.0, 500.0, 750.0, 1e3, 2.5e3, 5e3, 7.5e3, 1e4, 3e4, 6e4, 1.2e5)
_ATTEMPT_S = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
"""The boundaries that OpenTelemetry's conventions advise."""
_BUILD_MS = (
    *(seconds * _SECOND for seconds in (1.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0)),
    *(hours * _HOUR for hours in (1.0, 2.0, 4.0, 8.0, 24.0)),
)
"""Builds and jobs take seconds to hours. With the default boundaries each of more than 10 s would be in the last bucket."""
_BYTES = tuple(1024.0 * 4**power for power in range(13))
"""From 1 KiB to 16 GiB, more than the largest artifact."""

_MOST_PIPELINES = 1000
_MOST_BRANCHES = 100
"""Branches of a pipeline that have a label of their own. Each further one is `other`."""
_MOST_TYPES = 100
_MOST_HOSTS = 20

_STATES: tuple[CircuitState, ...] = ("closed", "half_open", "open")
"""States of a circuit, the worst one last."""

_KINDS: dict[SpanKind, trace.SpanKind] = {
    "internal": trace.SpanKind.INTERNAL,
    "attempt": trace.SpanKind.CLIENT,
    "consumer": trace.SpanKind.CONSUMER,
}

_WRITES = {
    "create_build": "created",
    "cancel_build": "cancelled",
    "rebuild_build": "rebuilt",
    "retry_build_job": "retried",
    "retry_failed_jobs": "retried",
    "unblock_build_job": "unblocked",
    "unblock_job": "unblocked",
}
"""Operations that are counted, by the last word of their metric."""


class OpenTelemetry:
    """Telemetry by OpenTelemetry: `BuildkiteClient(telemetry=OpenTelemetry())`, `WebhookHandler(telemetry=OpenTelemetry())`.

    One object serves all clients and handlers of a process.

    A span `buildkite.request` stands for a call with its retries and pauses, and below it a span for each attempt, named after
    method and route. The parent is the span that is current in your code. No span or metric holds a token, a header, a body, a
    query or the text of an error. HTTP instrumentation that is installed beside this makes no spans of these requests, since it
    would record their URLs.

    Args:
        tracer_provider: where spans go; by default the provider that is set globally.
        meter_provider: where metrics go; likewise.
        propagate: send `traceparent` and the like to Buildkite's API. Buildkite documents no use of them.

    Example:
        >>> from buildkite_ext import BuildkiteClient
        >>> buildkite = BuildkiteClient("acme", token="bkua_example", telemetry=OpenTelemetry())

    https://opentelemetry.io/docs/languages/python/
    """

    def __init__(
        self,
        *,
        tracer_provider: TracerProvider | None = None,
        meter_provider: MeterProvider | None = None,
        propagate: bool = False,
    ) -> None:
        self._tracer = trace.get_tracer(_NAME, __version__, tracer_provider)
        self._propagate = propagate
        self._sources: WeakSet[LimitSource] = WeakSet()
        self._waited: dict[tuple[str, str, int], str] = {}
        self._pipelines = BoundedLabels(most=_MOST_PIPELINES)
        self._branches = BoundedLabels(most=_MOST_BRANCHES, groups=_MOST_PIPELINES + 1)
        self._types = BoundedLabels(most=_MOST_TYPES)
        self._hosts = BoundedLabels(most=_MOST_HOSTS)
        meter = metrics.get_meter(_NAME, __version__, meter_provider)
        # Names that end with their unit have none besides: Prometheus would be given it twice.
        self._requests = meter.create_counter("buildkite.requests.total", description="Calls to the API")
        self._request_ms = meter.create_histogram(
            "buildkite.requests.duration_ms",
            description="Duration of calls, with retries and pauses",
            explicit_bucket_boundaries_advisory=_REQUEST_MS,
        )
        self._attempt_seconds = meter.create_histogram(
            "http.client.request.duration",
            unit="s",
            description="Duration of HTTP client requests.",
            explicit_bucket_boundaries_advisory=_ATTEMPT_S,
        )
        self._writes = {
            word: meter.create_counter(f"buildkite.{group}.{word}", description=f"{group.capitalize()} {word}")
            for group, word in (
                ("builds", "created"),
                ("builds", "cancelled"),
                ("builds", "rebuilt"),
                ("jobs", "retried"),
                ("jobs", "unblocked"),
            )
        }
        self._build_ms = meter.create_histogram(
            "buildkite.builds.duration_ms",
            description="Duration of builds whose end a wait saw",
            explicit_bucket_boundaries_advisory=_BUILD_MS,
        )
        self._job_ms = meter.create_histogram(
            "buildkite.jobs.duration_ms",
            description="Duration of the jobs of builds whose end a wait saw",
            explicit_bucket_boundaries_advisory=_BUILD_MS,
        )
        self._download_bytes = meter.create_histogram(
            "buildkite.artifacts.download_bytes",
            unit="By",
            description="Size of downloaded artifacts",
            explicit_bucket_boundaries_advisory=_BYTES,
        )
        self._webhooks = meter.create_counter("buildkite.webhooks.received", description="Webhooks that were accepted")
        for name, description, observe in (
            ("buildkite.builds.state", "Builds that are waited for or followed, by their state", self._observe_builds),
            (
                "buildkite.rate_limit.remaining",
                "Requests left in the window of the tighter rate limit",
                self._observe_tighter_limit,
            ),
            (
                "buildkite.rate_limit.scope.remaining",
                "Requests left in the window of each rate limit",
                self._observe_limits,
            ),
            ("buildkite.circuit_breaker.state", "1 for the state of the circuit, 0 for others", self._observe_circuit),
        ):
            meter.create_observable_gauge(name, [observe], description=description)
        reset_after_fork(self)

    def _reset_after_fork(self) -> None:
        """Forget the builds that are waited for: it is the parent's threads that wait."""
        self._waited = {}
        self._sources = WeakSet(self._sources)  # another thread may have been reading them

    def __repr__(self) -> str:
        return f"OpenTelemetry(propagate={self._propagate!r})"

    # --- What clients and handlers call -------------------------------------------------------------------------------

    def on_event(self, event: Event, /) -> None:
        """Count an event of a client."""
        match event:
            case RequestFinished():
                self._request_finished(event)
            case WriteAudited():
                self._write_audited(event)
            case BuildSeen():
                self._waited[event.organization, event.pipeline, event.number] = event.state
            case WaitFinished():
                self._wait_finished(event)
            case FollowFinished():
                self._waited.pop((event.organization, event.pipeline, event.number), None)
            case ArtifactDownloaded():
                self._download_bytes.record(event.size)

    def webhook_received(self, event_type: str, /) -> None:
        """Count a webhook."""
        self._webhooks.add(1, {"event_type": self._types.label(event_type)})

    def span(
        self, name: str, attributes: Attributes | None = None, *, kind: SpanKind = "internal"
    ) -> AbstractContextManager[Span]:
        """Return a span, which is current while it is open."""
        return _OpenSpan(self._tracer, name, attributes, kind)

    def attempt_finished(self, attributes: Attributes, seconds: float) -> None:
        """Record the duration of an attempt."""
        host = self._hosts.label(str(attributes["server.address"]))
        self._attempt_seconds.record(seconds, {**attributes, "server.address": host})

    def inject(self, headers: MutableMapping[str, str]) -> None:
        """Add the headers of the current span, if `propagate` is on."""
        if self._propagate:
            propagate.inject(headers)

    def watch(self, source: LimitSource) -> None:
        """Read a source for the gauges of limits and circuits."""
        self._sources.add(source)

    # --- Events -------------------------------------------------------------------------------------------------------

    def _request_finished(self, event: RequestFinished) -> None:
        labels = {"method": method_label(event.method), "path": event.route}
        status = event.error or "" if event.status is None else str(event.status)
        self._requests.add(1, {**labels, "status": status})
        self._request_ms.record(event.seconds * _SECOND, labels)

    def _write_audited(self, event: WriteAudited) -> None:
        word = _WRITES.get(event.operation or "")
        if word is None or event.result != "done":
            return
        pipeline = self._pipelines.label(event.parameters.get("pipeline_slug", OTHER))
        labels = {"pipeline": pipeline}
        if word == "created":
            labels["branch"] = self._branches.label(event.details.get("branch", OTHER), group=pipeline)
        number = event.details.get("retried_jobs_count", "1")
        self._writes[word].add(int(number) if number.isdecimal() else 1, labels)

    def _wait_finished(self, event: WaitFinished) -> None:
        self._waited.pop((event.organization, event.pipeline, event.number), None)
        if event.duration is not None and event.state is not None:
            labels = {"pipeline": self._pipelines.label(event.pipeline), "state": self._types.label(event.state)}
            self._build_ms.record(event.duration * _SECOND, labels)
        for job in event.jobs:
            labels = {"job_type": self._types.label(job.type), "state": self._types.label(job.state)}
            self._job_ms.record(job.seconds * _SECOND, labels)

    # --- Gauges -------------------------------------------------------------------------------------------------------

    def _observe_builds(self, _: CallbackOptions) -> Iterable[Observation]:
        counts: dict[tuple[str, str], int] = {}
        for (_organization, pipeline, _number), state in self._waited.copy().items():
            labels = self._pipelines.label(pipeline), self._types.label(state)
            counts[labels] = counts.get(labels, 0) + 1
        return [
            metrics.Observation(count, {"pipeline": pipeline, "state": state})
            for (pipeline, state), count in counts.items()
        ]

    def _remaining(self) -> dict[str, int]:
        """Return what is left of the tightest limit of each scope."""
        found: dict[str, int] = {}
        for source in list(self._sources):
            for scope, status in source.limits():
                if status.remaining is not None:
                    name = self._types.label(status.scope or scope)
                    found[name] = min(status.remaining, found.get(name, status.remaining))
        return found

    def _observe_tighter_limit(self, _: CallbackOptions) -> Iterable[Observation]:
        remaining = self._remaining()
        return [metrics.Observation(min(remaining.values()))] if remaining else []

    def _observe_limits(self, _: CallbackOptions) -> Iterable[Observation]:
        return [metrics.Observation(left, {"scope": scope}) for scope, left in self._remaining().items()]

    def _observe_circuit(self, _: CallbackOptions) -> Iterable[Observation]:
        """Observe the worst state, if clients of several organizations are watched."""
        states = [state for source in list(self._sources) for state in source.circuits()]
        if not states:
            return []
        worst = max(states, key=_STATES.index)
        return [metrics.Observation(int(state == worst), {"state": state}) for state in _STATES]


class _OpenSpan:
    """Span of OpenTelemetry, from the begin of a `with` block to its end. It takes the class of an error, and not its text."""

    __slots__ = ("_attributes", "_kind", "_name", "_span", "_token", "_tracer")

    def __init__(self, tracer: Tracer, name: str, attributes: Attributes | None, kind: SpanKind) -> None:
        self._tracer = tracer
        self._name = name
        self._attributes = attributes
        self._kind: SpanKind = kind

    def __enter__(self) -> Span:
        self._span = self._tracer.start_span(self._name, kind=_KINDS[self._kind], attributes=self._attributes)
        around = trace.set_span_in_context(self._span)
        if self._kind == "attempt":
            around = context.set_value(_SUPPRESS_HTTP, True, around)
        self._token = context.attach(around)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        context.detach(self._token)
        if kind is not None:
            self.fail(kind.__name__)
        self._span.end()

    def set(self, name: str, value: str | float) -> None:
        self._span.set_attribute(name, value)

    def fail(self, error: str) -> None:
        self._span.set_attribute("error.type", error)
        self._span.set_status(trace.Status(trace.StatusCode.ERROR))
