"""Wait for a build to end, and report how it ended.

`before` reads `state`. For a build at a block step that is the state of the steps that ran, usually "passed", so a release that
waits for approval is reported as done. `after` knows the outcome `blocked`.

python examples/patterns/wait_for_the_end.py
"""

from __future__ import annotations

import time
from collections.abc import Callable

import requests

from buildkite_ext import BuildkiteClient
from buildkite_ext.simulation import Simulator
from buildkite_ext.simulation.server import running

TOKEN = "bkua_simulator"  # the token of a simulator that was given no other

FINISHED = {"passed", "failed", "blocked", "canceled", "skipped", "not_run"}


def before(url: str, number: int, sleep: Callable[[float], None] = time.sleep) -> str:
    while True:
        response = requests.get(
            f"{url}/v2/organizations/acme/pipelines/release/builds/{number}",
            headers={"Authorization": f"Bearer {TOKEN}"},
            timeout=30,
        )
        response.raise_for_status()
        state = str(response.json()["state"])
        if state in FINISHED:
            return state
        sleep(5)


def after(buildkite: BuildkiteClient, number: int) -> str | None:
    return buildkite.builds.wait("release", number, timeout=1800).outcome


def stage() -> Simulator:
    simulator = Simulator()
    simulator.pipeline("release").job("package", after=60).block("Ship it?").job("deploy")
    return simulator


def main() -> None:
    simulator = stage()
    build = simulator.pipeline("release").build()
    with (
        running(simulator, real_time=False) as url,
        BuildkiteClient("acme", token=TOKEN, base_url=url, clock=simulator.clock) as buildkite,
    ):
        print(f"before: {before(url, build.number, simulator.clock.sleep)}")
        print(f"after:  {after(buildkite, build.number)}")
    print(f"the deployment: {build.jobs[-1].state}")


if __name__ == "__main__":
    main()
