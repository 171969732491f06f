"""Metrics and spans by OpenTelemetry's SDK, as a program collects them."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from contextlib import closing
from typing import Any

import anyio
import httpx
import pytest

from buildkite_ext import AsyncBuildkiteClient, BuildkiteClient, CircuitBreaker, ConfigurationError, Retry, errors
from buildkite_ext.telemetry import OpenTelemetry
from buildkite_ext.telemetry.labels import BoundedLabels
from buildkite_ext.webhooks import WebhookHandler

from ..transport.servers import HELLO, Server, answers, in_child
from .fakes import TOKEN, App, FakeClock, Flavor, answer, build
from .storage import Storage, artifact
from .test_request_events import BUILDS, PASSED

pytest.importorskip("opentelemetry.sdk")

from opentelemetry import trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

BUILD = f"{BUILDS}/{{build_number}}"


class Collected:
    """Telemetry whose spans and metrics stay in memory."""

    def __init__(self, **options: Any) -> None:
        self._exporter = InMemorySpanExporter()
        self._reader = InMemoryMetricReader()
        self.tracers = TracerProvider(shutdown_on_exit=False)
        self.tracers.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.meters = MeterProvider([self._reader], shutdown_on_exit=False)
        self.telemetry = OpenTelemetry(tracer_provider=self.tracers, meter_provider=self.meters, **options)

    @property
    def spans(self) -> tuple[ReadableSpan, ...]:
        return self._exporter.get_finished_spans()

    @property
    def names(self) -> list[str]:
        """The spans' names, in the order in which they ended."""
        return [span.name for span in self.spans]

    def span(self, name: str) -> ReadableSpan:
        (found,) = [span for span in self.spans if span.name == name]
        return found

    @property
    def metrics(self) -> dict[str, Any]:
        data = self._reader.get_metrics_data()
        if data is None:
            return {}
        scopes = [scope for resource in data.resource_metrics for scope in resource.scope_metrics]
        return {metric.name: metric for scope in scopes for metric in scope.metrics}

    def values(self, name: str) -> dict[tuple[Any, ...], Any]:
        """Return the values of a metric by the values of its labels, of which a histogram has the sums."""
        metric = self.metrics.get(name)
        points = [] if metric is None else metric.data.data_points
        return {
            tuple(dict(point.attributes).values()): point.sum if hasattr(point, "sum") else point.value
            for point in points
        }

    def labels(self, name: str) -> set[tuple[str, ...]]:
        return {tuple(point.attributes) for point in self.metrics[name].data.data_points}


@pytest.fixture
def collected() -> Collected:
    return Collected()


# --- Spans ------------------------------------------------------------------------------------------------------------


async def test_a_call_is_a_span_around_one_of_each_attempt(flavor: Flavor, collected: Collected) -> None:
    app = App(answer({}, 503), httpx.ReadError("reset"), answer(build(7)))
    client = flavor.client(app, telemetry=collected.telemetry)
    await flavor.call(client.builds.get, "web", 7)
    assert collected.names == [f"GET {BUILD}"] * 3 + ["buildkite.request"]
    *attempts, call = collected.spans
    assert dict(call.attributes or {}) == {"method": "GET", "path": BUILD, "status_code": 200, "duration_ms": 3000.0}
    assert call.kind is trace.SpanKind.INTERNAL
    common = {
        "http.request.method": "GET",
        "server.address": "api.buildkite.com",
        "server.port": 443,
        "url.template": BUILD,
    }
    assert [dict(attempt.attributes or {}) for attempt in attempts] == [
        {**common, "http.response.status_code": 503, "error.type": "503"},
        {**common, "http.request.resend_count": 1, "error.type": "ResponseLost"},
        {**common, "http.request.resend_count": 2, "http.response.status_code": 200},
    ]
    assert [attempt.status.status_code for attempt in attempts] == [
        trace.StatusCode.ERROR,
        trace.StatusCode.ERROR,
        trace.StatusCode.UNSET,
    ]
    for attempt in attempts:
        assert attempt.kind is trace.SpanKind.CLIENT
        assert attempt.parent is not None
        assert attempt.parent.span_id == call.context.span_id
        assert attempt.events == ()


async def test_the_parent_is_the_span_of_the_callers_code(flavor: Flavor, collected: Collected) -> None:
    client = flavor.client(App(answer(build(7))), telemetry=collected.telemetry)
    with collected.tracers.get_tracer("program").start_as_current_span("nightly") as around:
        await flavor.call(client.builds.get, "web", 7)
    assert trace.get_current_span() is trace.INVALID_SPAN
    call = collected.span("buildkite.request")
    assert call.parent is not None
    assert call.parent.span_id == around.get_span_context().span_id


async def test_pages_that_are_fetched_at_once_have_the_callers_span_as_parent(
    flavor: Flavor, collected: Collected
) -> None:
    link = '<https://api.buildkite.com/v2/organizations/acme/pipelines/web/builds?page=%d>; rel="%s"'

    def page(request: httpx.Request) -> httpx.Response:
        number = int(request.url.params.get("page", "1"))
        more = {"Link": f"{link % (number + 1, 'next')}, {link % (4, 'last')}"} if number < 4 else {}
        return answer([build(number)], **more)

    client = flavor.client(page, telemetry=collected.telemetry)
    with collected.tracers.get_tracer("program").start_as_current_span("nightly") as around:
        assert len(await flavor.list(client.builds.list("web", concurrency=3, per_page=1))) == 4
    calls = [span for span in collected.spans if span.name == "buildkite.request"]
    assert len(calls) == 4
    assert {span.parent and span.parent.span_id for span in calls} == {around.get_span_context().span_id}


async def test_a_call_that_fails_is_an_error_without_its_text(flavor: Flavor, collected: Collected) -> None:
    client = flavor.client(App(httpx.ReadError("hunter2")), telemetry=collected.telemetry, retry=Retry(attempts=1))
    with pytest.raises(errors.ResponseLost):
        await flavor.call(client.builds.get, "web", 7)
    for span in collected.spans:
        assert (span.attributes or {})["error.type"] == "ResponseLost"
        assert span.status.status_code is trace.StatusCode.ERROR
    assert "hunter2" not in "".join(span.to_json() for span in collected.spans)


async def test_a_404_is_an_error_of_the_span(flavor: Flavor, collected: Collected) -> None:
    client = flavor.client(App(answer({"message": "no"}, 404)), telemetry=collected.telemetry)
    with pytest.raises(errors.BuildNotFound):
        await flavor.call(client.builds.get, "web", 7)
    assert (collected.span("buildkite.request").attributes or {})["error.type"] == "404"


async def test_creating_a_build_is_a_span(flavor: Flavor, collected: Collected) -> None:
    client = flavor.client(App(answer(build(7), 201)), telemetry=collected.telemetry)
    await flavor.call(client.builds.create, "web", branch="main", commit="c0ffee", env={"A": "hunter2"})
    assert collected.names == [f"POST {BUILDS}", "buildkite.request", "buildkite.build.create"]
    assert collected.spans[-1].attributes == {"pipeline": "web", "branch": "main", "commit": "c0ffee"}


async def test_unblocking_a_job_is_a_span(flavor: Flavor, collected: Collected) -> None:
    client = flavor.client(App(answer({"id": "job-1", "type": "manual"})), telemetry=collected.telemetry)
    await flavor.call(client.jobs.unblock, "web", 7, "job-1", fields={"version": "hunter2"})
    await flavor.call(client.jobs.unblock_by_id, "job-1")
    spans = [span.attributes for span in collected.spans if span.name == "buildkite.job.unblock"]
    assert spans == [{"pipeline": "web", "build_number": 7, "job_id": "job-1"}, {"job_id": "job-1"}]


async def test_a_wait_is_a_span_around_its_polls(flavor: Flavor, collected: Collected) -> None:
    app = App(answer(build(7)), answer(PASSED))
    client = flavor.client(app, telemetry=collected.telemetry)
    await flavor.call(client.builds.wait, "web", 7)
    waited = collected.span("buildkite.build.wait")
    assert waited.attributes == {
        "pipeline": "web",
        "build_number": 7,
        "final_state": "passed",
        "duration_ms": 1000.0,
    }
    assert isinstance(waited.attributes["duration_ms"], float)
    polls = [span for span in collected.spans if span.name == "buildkite.request"]
    assert {span.parent and span.parent.span_id for span in polls} == {waited.context.span_id}


async def test_a_wait_that_sees_no_build_is_a_span_too(flavor: Flavor, collected: Collected) -> None:
    def app(_: httpx.Request) -> httpx.Response:
        clock.advance(0.0123456)
        return answer({"message": "Not Found"}, 404)

    clock = FakeClock()
    client = flavor.client(app, clock=clock, telemetry=collected.telemetry)
    with pytest.raises(errors.BuildNotFound):
        await flavor.call(client.builds.wait, "web", 7)
    attributes = collected.span("buildkite.build.wait").attributes or {}
    assert (attributes["final_state"], attributes["duration_ms"]) == ("", 12.346)


async def test_a_download_is_a_span_around_its_requests(flavor: Flavor, collected: Collected, tmp_path: Any) -> None:
    client = flavor.client(Storage({"dist/app.whl": [b"wheel"]}), telemetry=collected.telemetry)
    await flavor.call(client.artifacts.download, artifact(), tmp_path / "app.whl")
    downloaded = collected.span("buildkite.artifact.download")
    assert downloaded.attributes == {"artifact_id": "id-dist/app.whl", "size_bytes": 5}
    assert (collected.span("GET").attributes or {})["server.address"] == "storage.test"
    assert "n=1" not in "".join(span.to_json() for span in collected.spans)
    assert collected.values("buildkite.artifacts.download_bytes") == {(): 5}


# --- Propagation ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("propagate", [False, True])
async def test_buildkite_gets_trace_headers_only_if_asked(flavor: Flavor, propagate: bool, tmp_path: Any) -> None:
    collected = Collected(propagate=propagate)
    storage = Storage({"dist/app.whl": [b"wheel"]})
    client = flavor.client(storage, telemetry=collected.telemetry)
    await flavor.call(client.artifacts.download, artifact(), tmp_path / "app.whl")
    assert ["traceparent" in request.headers for request in storage.asked] == [propagate]
    assert ["traceparent" in request.headers for request in storage.fetched] == [False]


# --- Metrics ----------------------------------------------------------------------------------------------------------


async def test_requests_are_counted_and_measured(flavor: Flavor, collected: Collected) -> None:
    app = App(answer({}, 503), answer(build(7)), answer({"message": "no"}, 404), httpx.ConnectError("refused"))
    client = flavor.client(app, telemetry=collected.telemetry, retry=Retry(attempts=2, random=lambda: 1.0))
    await flavor.call(client.builds.get, "web", 7)
    for _ in range(2):
        with pytest.raises(errors.BuildkiteError):
            await flavor.call(client.builds.get, "web", 7)
    assert collected.values("buildkite.requests.total") == {
        ("GET", BUILD, "200"): 1,
        ("GET", BUILD, "404"): 1,
        ("GET", BUILD, "ConnectionFailed"): 1,
    }
    assert collected.labels("buildkite.requests.total") == {("method", "path", "status")}
    assert collected.values("buildkite.requests.duration_ms") == {("GET", BUILD): 2000.0}
    points = collected.metrics["http.client.request.duration"].data.data_points
    assert sum(point.count for point in points) == 5
    assert {point.attributes.get("error.type") for point in points} == {None, "404", "503", "ConnectionFailed"}
    assert collected.metrics["http.client.request.duration"].unit == "s"


async def test_builds_and_jobs_that_change_are_counted(flavor: Flavor, collected: Collected) -> None:
    client = flavor.client(App(answer(build(7, id="job-1", retried_jobs_count=3))), telemetry=collected.telemetry)
    await flavor.call(client.request, "POST", "organizations/{org}/pipelines/web/builds", json={"branch": "main"})
    await flavor.call(client.builds.cancel, "web", 7)
    await flavor.call(client.builds.rebuild, "api", 7)
    await flavor.call(client.builds.retry_failed_jobs, "web", 7)
    await flavor.call(client.request, "PUT", "organizations/{org}/pipelines/web/builds/7/jobs/job-1/retry")
    await flavor.call(client.request, "PUT", "organizations/{org}/pipelines/web/builds/7/jobs/job-1/unblock")
    await flavor.call(client.request, "PUT", "organizations/{org}/jobs/job-1/unblock")
    assert collected.values("buildkite.builds.created") == {("web", "main"): 1}
    assert collected.labels("buildkite.builds.created") == {("pipeline", "branch")}
    assert collected.values("buildkite.builds.cancelled") == {("web",): 1}
    assert collected.values("buildkite.builds.rebuilt") == {("api",): 1}
    assert collected.values("buildkite.jobs.retried") == {("web",): 4}
    assert collected.values("buildkite.jobs.unblocked") == {("web",): 1, ("other",): 1}


async def test_what_was_not_done_is_not_counted(flavor: Flavor, collected: Collected) -> None:
    client = flavor.client(App(answer({"message": "no"}, 422), answer({}, 500)), telemetry=collected.telemetry)
    for _ in range(2):
        with pytest.raises(errors.BuildkiteError):
            await flavor.call(client.builds.create, "web", branch="main")
    assert collected.values("buildkite.builds.created") == {}


async def test_builds_that_are_waited_for_are_counted_by_state(flavor: Flavor, collected: Collected) -> None:
    seen: list[dict[Any, Any]] = []

    def server(request: httpx.Request) -> httpx.Response:
        seen.append(collected.values("buildkite.builds.state"))
        return answer(PASSED if len(seen) > 2 else build(7))

    client = flavor.client(server, telemetry=collected.telemetry)
    await flavor.call(client.builds.wait, "web", 7)
    assert seen == [{}, {("web", "running"): 1}, {("web", "running"): 1}, {("web", "passed"): 1}]
    assert collected.values("buildkite.builds.state") == {}
    assert collected.values("buildkite.builds.duration_ms") == {("web", "passed"): 5_400_000.0}
    assert collected.values("buildkite.jobs.duration_ms") == {("script", "passed"): 5_400_000.0}
    assert collected.labels("buildkite.builds.duration_ms") == {("pipeline", "state")}
    assert collected.labels("buildkite.jobs.duration_ms") == {("job_type", "state")}


async def test_builds_that_are_followed_are_counted_by_state(flavor: Flavor, collected: Collected) -> None:
    seen: list[dict[Any, Any]] = []

    def server(_: httpx.Request) -> httpx.Response:
        seen.append(collected.values("buildkite.builds.state"))
        return answer(PASSED if len(seen) > 2 else build(7))

    client = flavor.client(server, telemetry=collected.telemetry)
    await flavor.list(client.builds.follow("web", 7))
    assert seen == [{}, *[{("web", "running"): 1}] * 2, *[{("web", "passed"): 1}] * (len(seen) - 3)]
    assert collected.values("buildkite.builds.state") == {}


@pytest.mark.parametrize("name", ["buildkite.builds.duration_ms", "buildkite.jobs.duration_ms"])
def test_a_build_of_seconds_and_one_of_hours_are_in_different_buckets(collected: Collected, name: str) -> None:
    for finished in ("2026-11-25T10:00:30Z", "2026-11-25T10:20:00Z", "2026-11-25T13:00:00Z"):
        times = {"started_at": "2026-11-25T10:00:00Z", "finished_at": finished}
        done = build(7, state="passed", jobs=[{"id": "j1", "type": "script", "state": "passed", **times}], **times)
        client = BuildkiteClient(
            "acme", token=TOKEN, transport=httpx.MockTransport(App(answer(done))), telemetry=collected.telemetry
        )
        client.builds.wait("web", 7)
    (point,) = collected.metrics[name].data.data_points
    assert sorted(point.bucket_counts, reverse=True)[:4] == [1, 1, 1, 0]
    assert point.bucket_counts[-1] == 0


async def test_the_tighter_limit_is_one_gauge_and_each_scope_another(flavor: Flavor, collected: Collected) -> None:
    headers = {
        "RateLimit_Limit": "200",
        "RateLimit_Remaining": "150",
        "RateLimit_Reset": "30",
        "RateLimit_Scope": "rest",
        "RateLimit_User_Limit": "50",
        "RateLimit_User_Remaining": "12",
        "RateLimit_User_Reset": "30",
        "RateLimit_User_Scope": "rest_user",
    }
    clock = FakeClock()
    client = flavor.client(App(answer(build(7), **headers)), telemetry=collected.telemetry, clock=clock)
    assert collected.values("buildkite.rate_limit.remaining") == {}
    await flavor.call(client.builds.get, "web", 7)
    assert collected.values("buildkite.rate_limit.remaining") == {(): 12}
    assert collected.values("buildkite.rate_limit.scope.remaining") == {("rest",): 150, ("rest_user",): 12}
    clock.advance(60)
    assert collected.values("buildkite.rate_limit.remaining") == {}


async def test_the_circuit_is_a_gauge_a_state(flavor: Flavor, collected: Collected) -> None:
    clock = FakeClock()
    client = flavor.client(
        App(answer({}, 500)),
        telemetry=collected.telemetry,
        clock=clock,
        retry=None,
        breaker=CircuitBreaker(failures=2),
    )
    states: list[dict[Any, Any]] = []
    for _ in range(2):
        with pytest.raises(errors.ServerError):
            await flavor.call(client.builds.get, "web", 7)
        states.append(collected.values("buildkite.circuit_breaker.state"))
    clock.advance(31)
    states.append(collected.values("buildkite.circuit_breaker.state"))
    assert states == [
        {("closed",): 1, ("half_open",): 0, ("open",): 0},
        {("closed",): 0, ("half_open",): 0, ("open",): 1},
        {("closed",): 0, ("half_open",): 1, ("open",): 0},
    ]


def test_a_client_that_is_gone_is_not_read(collected: Collected) -> None:
    client = BuildkiteClient(
        "acme", token=TOKEN, transport=httpx.MockTransport(App(answer({}))), telemetry=collected.telemetry
    )
    client.user.get()
    assert len(collected.telemetry._sources) == 1
    client.close()
    del client
    gc.collect()
    assert len(collected.telemetry._sources) == 0


async def test_the_number_of_labels_is_bounded(flavor: Flavor, collected: Collected) -> None:
    client = flavor.client(App(answer(build(7), 201)), telemetry=collected.telemetry)
    for number in range(150):
        await flavor.call(client.builds.create, "web", branch=f"branch-{number}")
        await flavor.call(client.request, f"BREW{chr(65 + number % 26)}", f"new-{number}")
    await flavor.call(client.builds.create, "api", branch="branch-149")
    created = collected.values("buildkite.builds.created")
    assert len(created) == 102
    assert created["web", "other"] == 50
    assert created["api", "branch-149"] == 1
    assert len(collected.values("buildkite.requests.total")) <= 3
    assert len(collected.values("buildkite.requests.duration_ms")) == 2


def test_bounds_of_groups() -> None:
    labels = BoundedLabels(most=1, groups=2)
    assert [labels.label("a", group=group) for group in "xyzx"] == ["a", "a", "other", "a"]
    assert labels.label("b", group="x") == "other"


# --- Webhooks -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("respond_after", ["accepted", "handled"])
def test_webhooks_are_counted_and_their_handling_is_a_span(respond_after: Any, collected: Collected) -> None:
    hooks = WebhookHandler(allow_unsigned=True, respond_after=respond_after, telemetry=collected.telemetry)
    parents: list[Any] = []

    @hooks.on("ping")
    def ping(event: Any) -> None:
        parents.append(trace.get_current_span().get_span_context().span_id)

    headers = {"Content-Type": "application/json"}
    assert hooks.receive_blocking("POST", headers, b'{"event": "ping", "service": {"id": "1"}}').status == 200
    assert hooks.receive_blocking("POST", headers, b"{}").status == 400
    hooks.close()
    span = collected.span("buildkite.webhook.process")
    assert span.attributes == {"event_type": "ping"}
    assert span.kind is trace.SpanKind.CONSUMER
    assert parents == [span.context.span_id]
    assert collected.values("buildkite.webhooks.received") == {("ping",): 1}


def test_a_handler_that_fails_marks_the_span(collected: Collected) -> None:
    hooks = WebhookHandler(allow_unsigned=True, respond_after="handled", telemetry=collected.telemetry)

    @hooks.on("ping")
    def ping(event: Any) -> None:
        raise ValueError("hunter2")

    assert hooks.receive_blocking("POST", {"Content-Type": "application/json"}, b'{"event": "ping"}').status == 500
    hooks.close()
    span = collected.span("buildkite.webhook.process")
    assert (span.attributes or {})["error.type"] == "HandlersFailed"
    assert "hunter2" not in span.to_json()


def test_telemetry_that_can_t_be_used_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="telemetry=3: give"):
        WebhookHandler(allow_unsigned=True, telemetry=3)  # type: ignore[arg-type]


# --- Beside others ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [BuildkiteClient, AsyncBuildkiteClient])
def test_instrumentation_of_httpx_adds_no_span_and_no_secret(kind: Any, collected: Collected) -> None:
    """It wraps httpx's transports, and keeps the query of a URL, with ?access_token= in it, in its spans."""
    httpx_instrumentation = pytest.importorskip("opentelemetry.instrumentation.httpx")
    with closing(Server(answers(HELLO))) as server:
        instrumentor = httpx_instrumentation.HTTPXClientInstrumentor()
        instrumentor.instrument(tracer_provider=collected.tracers, meter_provider=collected.meters)
        try:
            with httpx.Client() as plain:
                plain.get(f"{server.url}?access_token=hunter2")
            assert "hunter2" in "".join(span.to_json() for span in collected.spans), "it sees no requests at all"
            for transport in (None, httpx.HTTPTransport() if kind is BuildkiteClient else httpx.AsyncHTTPTransport()):
                collected._exporter.clear()
                call(kind, server.url, transport, collected.telemetry)
                assert collected.names == ["GET /v2/user", "buildkite.request"]
                assert "hunter2" not in "".join(span.to_json() for span in collected.spans)
        finally:
            instrumentor.uninstrument()


def call(kind: Any, url: str, transport: Any, telemetry: OpenTelemetry) -> None:
    async def main() -> None:
        async with kind("acme", token=TOKEN, base_url=url, transport=transport, telemetry=telemetry) as client:
            await client.request("GET", "user", params={"q": "hunter2"})

    if kind is AsyncBuildkiteClient:
        anyio.run(main)
        return
    with kind("acme", token=TOKEN, base_url=url, transport=transport, telemetry=telemetry) as client:
        client.request("GET", "user", params={"q": "hunter2"})


def test_without_the_extra_the_error_says_what_to_install() -> None:
    program = (
        "import sys; sys.modules['opentelemetry'] = None\n"
        "import buildkite_ext.telemetry\n"
        "try:\n    buildkite_ext.telemetry.OpenTelemetry\n"
        "except ImportError as error:\n    print(error)\n"
    )
    printed = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    assert "pip install 'buildkite-ext[otel]'" in printed


def test_a_client_without_telemetry_loads_nothing_of_it() -> None:
    program = (
        "import sys\nimport httpx\nfrom buildkite_ext import BuildkiteClient\n"
        "transport = httpx.MockTransport(lambda _: httpx.Response(200, json={'id': 'u1'}))\n"
        "BuildkiteClient('acme', token='bkua_x', transport=transport).user.get()\n"
        "print([name for name in sys.modules if 'telemetry' in name])\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout == "[]\n"


async def test_what_a_read_only_client_refuses_is_neither_a_span_nor_counted(flavor: Flavor) -> None:
    collected = Collected()
    client = flavor.client(App(answer([])), telemetry=collected.telemetry, read_only=True)
    for write in (
        lambda: client.builds.create("web", branch="main"),
        lambda: client.builds.create("web"),
        lambda: client.builds.unblock("web", 7),
        lambda: client.jobs.unblock("web", 7, "j1"),
    ):
        with pytest.raises(errors.WriteRefused):
            await flavor.call(write)
    assert collected.spans == ()
    assert not {"buildkite.requests.total", "buildkite.jobs.unblocked"} & set(collected.metrics)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_process_reports_only_the_builds_that_it_waits_for_itself() -> None:
    collected, requests = Collected(), list[httpx.Request]()

    def states() -> dict[tuple[Any, ...], Any]:
        return collected.values("buildkite.builds.state")

    def child() -> None:
        assert states() == {}
        with BuildkiteClient(
            "acme", token=TOKEN, transport=httpx.MockTransport(App(answer(PASSED))), telemetry=telemetry
        ) as other:
            assert other.builds.wait("api", 1).outcome == "passed"
        assert states() == {}

    def server(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        if len(requests) != 2:
            return answer(PASSED if requests[1:] else build(7))
        assert states() == {("web", "running"): 1}
        in_child(child)
        assert states() == {("web", "running"): 1}
        return answer(PASSED)

    telemetry = collected.telemetry
    with BuildkiteClient(
        "acme", token=TOKEN, transport=httpx.MockTransport(server), telemetry=telemetry, clock=FakeClock()
    ) as client:
        assert client.builds.wait("web", 7).outcome == "passed"
    assert states() == {}
