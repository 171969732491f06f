"""Decoding a page of 100 builds with 30 jobs each into models, beside json.loads of the same bytes into dicts.

The row with nulls: each place of a build, its pipeline and its first job is null in one build of the page. It has to stay
below 1.3 times the page without.

python -m benchmarks.decode
"""

from __future__ import annotations

import copy
import json
from typing import Any

import httpx
from buildkite_api.decoding import Decoder, Drift
from buildkite_api.models import Build

from benchmarks.bodies import page_of_builds
from benchmarks.table import Row, best_of
from buildkite_ext import BuildkiteClient


def measure(rounds: int = 15) -> list[Row]:
    """The best of some rounds of each way, in seconds, beside one another in one run."""
    page = page_of_builds()
    builds = json.loads(page)
    one = json.dumps(builds[0]).encode()
    misfit = json.dumps([{**builds[0], "number": "100"}, *builds[1:]]).encode()
    nulls = with_nulls(builds)
    del builds
    drift: list[Drift] = []
    decoder = Decoder(on_drift=drift.append)
    answer = httpx.Response(200, content=page, headers={"Content-Type": "application/json"})
    client = BuildkiteClient("acme", token="bench", transport=httpx.MockTransport(lambda _: answer))
    keeper = Decoder(unknown="keep", on_drift=drift.append)
    nullable = Decoder(on_drift=lambda _: None)
    best = best_of(
        rounds,
        {
            "json.loads": lambda: json.loads(page),
            "Decoder": lambda: decoder.decode(list[Build], page),
            "Decoder, a null in each place": lambda: nullable.decode(list[Build], nulls),
            "Decoder, one build does not fit": lambda: decoder.decode(list[Build], misfit),
            "the whole of builds.list": lambda: list(client.builds.list("web")),
            'Decoder(unknown="keep")': lambda: keeper.decode(list[Build], page),
        },
    )
    best_one = best_of(
        rounds * 20,
        {
            "json.loads, one build": lambda: json.loads(one),
            "Decoder, one build": lambda: decoder.decode(Build, one),
        },
    )
    assert drift == [Drift("Build", "number", "type")], drift
    rows = [Row(name, seconds, best["json.loads"]) for name, seconds in best.items()]
    return rows + [Row(name, seconds, best_one["json.loads, one build"]) for name, seconds in best_one.items()]


def with_nulls(builds: list[dict[str, Any]]) -> bytes:
    """Return a page of the builds in which each place of a build is null in one of them."""
    page = list(builds)
    # The deepest places first: a null further out replaces what is inside.
    for index, place in enumerate(sorted(_places(builds[0]), key=len, reverse=True)):
        page[index % len(page)] = _with_null(page[index % len(page)], place)
    return json.dumps(page).encode()


def _places(value: Any) -> list[tuple[str | int, ...]]:
    """Return the place of each value inside a value; of a list, that of its first item alone."""
    inside = value.items() if isinstance(value, dict) else enumerate(value[:1]) if isinstance(value, list) else ()
    return [place for key, inner in inside for place in [(key,), *((key, *rest) for rest in _places(inner))]]


def _with_null(value: Any, place: tuple[str | int, ...]) -> Any:
    if not place:
        return None
    copied = copy.copy(value)
    copied[place[0]] = _with_null(value[place[0]], place[1:])
    return copied


if __name__ == "__main__":
    print(f"{len(page_of_builds()) / 1e6:.1f} MB")
    for row in measure():
        print(row)
