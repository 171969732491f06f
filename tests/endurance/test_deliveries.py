"""Webhooks of many simulated builds, to a receiver in the same process."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable

from buildkite_ext.simulation import Simulator
from buildkite_ext.webhooks import WebhookEvent, WebhookHandler

from .webhooks.figures import LINE

BUILDS = 2_500


def test_each_webhook_of_many_builds_arrives_once(record_property: Callable[[str, object], None]) -> None:
    simulator = Simulator(retain=1000)
    hooks = WebhookHandler(secret="s3cret", now=simulator.clock.time)
    seen: Counter[str] = Counter()

    @hooks.on("*")
    def count(event: WebhookEvent) -> None:
        seen[event.event] += 1

    simulator.webhook(hooks, secret="s3cret")
    web = simulator.pipeline("web").job("test", after=10)
    began, used = time.monotonic(), time.process_time()
    for _ in range(BUILDS // 100):
        for _ in range(100):
            web.build()
        simulator.clock.sleep(60)
    took, used = time.monotonic() - began, time.process_time() - used
    hooks.close()
    record_property(LINE, f"{seen.total():,} webhooks of {BUILDS:,} builds: {took:.0f} s, {used:.0f} s of CPU time")
    assert {name: count for name, count in seen.items() if name.startswith("build.")} == dict.fromkeys(
        ("build.scheduled", "build.running", "build.finished"), BUILDS
    )
    assert hooks.counts["refused"] == 0
