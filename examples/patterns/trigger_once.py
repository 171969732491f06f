"""Create a build and wait for it, on a network that loses an answer.

`before` sends the request again when its connection breaks. The first one had arrived, so there are two builds. `after`
gives the build a key, by which it is found after the lost answer.

python examples/patterns/trigger_once.py
"""

from __future__ import annotations

import time
from collections.abc import Callable

import requests

from buildkite_ext import BuildkiteClient
from buildkite_ext.simulation import Simulator
from buildkite_ext.simulation.server import running

TOKEN = "bkua_simulator"  # the token of a simulator that was given no other

HEADERS = {"Authorization": f"Bearer {TOKEN}"}


def before(url: str, release: str, sleep: Callable[[float], None] = time.sleep) -> str:
    builds = f"{url}/v2/organizations/acme/pipelines/web/builds"
    marks = {"release": release}
    for attempt in range(5):
        try:
            response = requests.post(
                builds,
                json={"commit": "HEAD", "branch": "main", "meta_data": marks},
                headers=HEADERS,
                timeout=30,
            )
            response.raise_for_status()
            break
        except requests.RequestException:
            if attempt == 4:
                raise
            sleep(2**attempt)
    number = response.json()["number"]
    while True:
        response = requests.get(f"{builds}/{number}", headers=HEADERS, timeout=30)
        response.raise_for_status()
        state = str(response.json()["state"])
        if state in {"passed", "failed", "canceled"}:
            return state
        sleep(5)


def after(buildkite: BuildkiteClient, release: str) -> str | None:
    build = buildkite.builds.create("web", commit="HEAD", branch="main", once=f"release-{release}")
    return buildkite.builds.wait(build, timeout=1800).outcome


def stage() -> Simulator:
    simulator = Simulator()
    simulator.pipeline("web").job("test", after=30)
    simulator.drop_next(operation="create_build", after_acting=True)
    return simulator


def main() -> None:
    for name, way in (("before", before), ("after", after)):
        simulator = stage()
        with (
            running(simulator, real_time=False) as url,
            BuildkiteClient("acme", token=TOKEN, base_url=url, clock=simulator.clock) as buildkite,
        ):
            ended = before(url, "1.4", simulator.clock.sleep) if way is before else after(buildkite, "1.4")
        print(f"{name}: {ended}, {len(simulator.pipeline('web').builds)} build(s) created")


if __name__ == "__main__":
    main()
