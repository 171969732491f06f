"""Serve the metrics of a Buildkite client to Prometheus, while it watches the builds of a pipeline.

    pip install 'buildkite-ext[otel]' opentelemetry-sdk opentelemetry-exporter-prometheus
    python examples/prometheus_endpoint.py web --port 9464

`--simulate` needs no account: it creates a build of its own, and prints the metrics after it.

Let Prometheus scrape http://localhost:9464/metrics. Queries for a dashboard of Grafana:

    requests a second    sum by (path, status) (rate(buildkite_requests_total[5m]))
    slow builds          histogram_quantile(0.95, sum by (le, pipeline) (rate(buildkite_builds_duration_ms_bucket[1d])))
    rate limit           buildkite_rate_limit_remaining
    circuit              buildkite_circuit_breaker_state{state="open"}
"""

from __future__ import annotations

import argparse
import sys
import time

from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import MeterProvider
from prometheus_client import generate_latest, start_http_server

from buildkite_ext import BuildkiteClient
from buildkite_ext.simulation.demo import demo_organization
from buildkite_ext.telemetry import OpenTelemetry


def watch(buildkite: BuildkiteClient, pipeline: str) -> None:
    """Wait for the builds of a pipeline that run now."""
    for build in buildkite.builds.list(pipeline, state=["scheduled", "running"]):
        result = buildkite.builds.wait(build)
        print(f"{pipeline} #{build.number} {result.outcome}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pipeline", nargs="?", default="web", help="default: web")
    parser.add_argument("--port", type=int, default=9464, help="default: 9464")
    parser.add_argument("--simulate", action="store_true", help="use a simulated Buildkite: no account, no network")
    options = parser.parse_args()
    telemetry = OpenTelemetry(meter_provider=MeterProvider([PrometheusMetricReader()]))
    if options.simulate:
        with demo_organization().client(telemetry=telemetry) as buildkite:
            buildkite.builds.create(options.pipeline, branch="main")
            watch(buildkite, options.pipeline)
            print(generate_latest().decode())
        return 0
    start_http_server(options.port)
    with BuildkiteClient(telemetry=telemetry) as buildkite:
        while True:
            watch(buildkite, options.pipeline)
            time.sleep(30)


if __name__ == "__main__":
    sys.exit(main())
