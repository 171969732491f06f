"""Read more than the rate limit allows in a minute.

`before` waits as long as `RateLimit-Reset` says. That header is the organization's. Each user has a limit as well, whose time is
in `RateLimit-User-Reset`. So it comes back too early and is refused again, and any other bad answer, such as a 502, ends it.
`after` learns both limits from each answer and waits before it would be refused, and repeats the reads that fail.

python examples/patterns/wait_out_a_429.py
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import requests

from buildkite_ext import BuildkiteClient
from buildkite_ext.simulation import Simulator
from buildkite_ext.simulation.server import running

TOKEN = "bkua_simulator"  # the token of a simulator that was given no other


def before(url: str, numbers: range, sleep: Callable[[float], None] = time.sleep) -> list[str]:
    def get(path: str) -> Any:
        while True:
            response = requests.get(f"{url}{path}", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=30)
            if response.status_code == 429:
                sleep(int(response.headers["RateLimit-Reset"]))
                continue
            response.raise_for_status()
            return response.json()

    return [get(f"/v2/organizations/acme/pipelines/web/builds/{number}")["commit"] for number in numbers]


def after(buildkite: BuildkiteClient, numbers: range) -> list[str]:
    return [buildkite.builds.get("web", number).commit or "" for number in numbers]


def stage() -> Simulator:
    """Return an organization whose users may send 50 requests a minute. Its minute began 50 seconds ago."""
    simulator = Simulator(user_rate_limit=50)
    simulator.pipeline("web").job("test").history(60)
    simulator.add_token("bkua_colleague", user="Grace Hopper")
    with simulator.client(token="bkua_colleague") as colleague:
        colleague.builds.get("web", 1)
    simulator.clock.sleep(50)
    simulator.requests.clear()
    return simulator


def main() -> None:
    for name, way in (("before", before), ("after", after)):
        simulator = stage()
        began = simulator.clock.time()
        with (
            running(simulator, real_time=False) as url,
            BuildkiteClient("acme", token=TOKEN, base_url=url, clock=simulator.clock) as buildkite,
        ):
            found = (
                before(url, range(1, 61), simulator.clock.sleep) if way is before else after(buildkite, range(1, 61))
            )
        refused = sum(request.status == 429 for request in simulator.requests)
        print(f"{name}: {len(found)} builds in {simulator.clock.time() - began:.0f} s, {refused} refusal(s)")


if __name__ == "__main__":
    main()
