"""Go through all builds of a pipeline.

`before` follows the `Link` header. A build that is created meanwhile moves the rest down by one, so that the next page begins
with what the last one ended with; and far down Buildkite answers 400 instead of a further page. `after` gives out each
build once, and goes on below that depth by itself.

python examples/patterns/page_by_link.py
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import requests
from stage import TOKEN, served

from buildkite_ext import BuildkiteClient
from buildkite_ext.simulation import Simulator


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
    """The numbers, read while three more builds are created: as soon as the first page is there."""
    found = [next(numbers)]
    for _ in range(3):
        simulator.pipeline("web").build()
    return [*found, *numbers]


def main() -> None:
    simulator = stage()
    with served(simulator) as (url, buildkite):
        for name, numbers in (("before", before(url)), ("after", after(buildkite))):
            found = while_others_push(simulator, numbers)
            print(f"{name}: {len(found)} builds given out, {len(set(found))} different ones")
    with served(stage(deep_listing_after=200)) as (url, buildkite):
        try:
            print(f"before, far down: {len(list(before(url)))} builds")
        except requests.HTTPError as error:
            print(f"before, far down: {error}")
        print(f"after, far down: {len(list(after(buildkite)))} builds")


if __name__ == "__main__":
    main()
