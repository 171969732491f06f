"""Read all builds of a pipeline.

`before` follows the `Link` header. A build that is created meanwhile moves the others by one place, so that the next page begins
with the last build of the page before. Beyond a certain depth Buildkite answers 400. `after` returns each build once, and
continues below that depth.

python examples/patterns/page_by_link.py
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import requests

from buildkite_ext import BuildkiteClient
from buildkite_ext.simulation import Simulator
from buildkite_ext.simulation.server import running

TOKEN = "bkua_simulator"  # the token of a simulator that was given no other


def before(url: str) -> Iterator[int]:
    page: str | None = f"{url}/v2/organizations/acme/pipelines/web/builds?per_page=100"
    while page:
        response = requests.get(page, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=30)
        response.raise_for_status()
        builds: list[dict[str, Any]] = response.json()
        for build in builds:
            yield build["number"]
        page = response.links.get("next", {}).get("url")


def after(buildkite: BuildkiteClient) -> Iterator[int]:
    for build in buildkite.builds.list("web"):
        yield build.number


def stage(*, deep_listing_after: int = 10_000) -> Simulator:
    simulator = Simulator(deep_listing_after=deep_listing_after)
    simulator.pipeline("web").job("test").history(250)
    return simulator


def while_others_push(simulator: Simulator, numbers: Iterator[int]) -> list[int]:
    """Return the numbers, while three more builds are created after the first page."""
    found = [next(numbers)]
    for _ in range(3):
        simulator.pipeline("web").build()
    return [*found, *numbers]


def main() -> None:
    simulator = stage()
    with (
        running(simulator, real_time=False) as url,
        BuildkiteClient("acme", token=TOKEN, base_url=url, clock=simulator.clock) as buildkite,
    ):
        for name, numbers in (("before", before(url)), ("after", after(buildkite))):
            found = while_others_push(simulator, numbers)
            print(f"{name}: {len(found)} builds given out, {len(set(found))} different ones")
    simulator = stage(deep_listing_after=200)
    with (
        running(simulator, real_time=False) as url,
        BuildkiteClient("acme", token=TOKEN, base_url=url, clock=simulator.clock) as buildkite,
    ):
        try:
            print(f"before, far down: {len(list(before(url)))} builds")
        except requests.HTTPError as error:
            print(f"before, far down: {error}")
        print(f"after, far down: {len(list(after(buildkite)))} builds")


if __name__ == "__main__":
    main()
