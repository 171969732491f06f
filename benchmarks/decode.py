"""Decoding a page of 100 builds with 30 jobs each into models, beside json.loads of the same bytes into dicts.

python -m benchmarks.decode
"""

from __future__ import annotations

import json

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
    del builds
    drift: list[Drift] = []
    decoder = Decoder(on_drift=drift.append)
    answer = httpx.Response(200, content=page, headers={"Content-Type": "application/json"})
    client = BuildkiteClient("acme", token="bench", transport=httpx.MockTransport(lambda _: answer))
    keeper = Decoder(unknown="keep", on_drift=drift.append)
    best = best_of(
        rounds,
        {
            "json.loads": lambda: json.loads(page),
            "Decoder": lambda: decoder.decode(list[Build], page),
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


if __name__ == "__main__":
    print(f"{len(page_of_builds()) / 1e6:.1f} MB")
    for row in measure():
        print(row)
