"""Answers decoded into models, beside json.loads of the same bytes into dicts.

python -m benchmarks decode
"""

from __future__ import annotations

import copy
import json
import os
import random
import statistics
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from typing import Any

from buildkite_api._bodies import decoder_of
from buildkite_api.decoding import Decoder, Drift
from buildkite_api.models import Agent, Build, JobPage, Pipeline

from .bodies import build, page_of_agents, page_of_builds, page_of_jobs, page_of_pipelines
from .rows import Goal, Row, at_most, compared, rounds_of

__all__ = ["TITLE", "measure"]

TITLE = "Decoding"

_PEER = "json.loads"
_PAGE = "Decode a page of 100 builds × 30 jobs"


def measure() -> list[Row]:
    """Compare each kind of answer, print what a page keeps, and what the first answer costs."""
    small, large = (json.dumps(build(random.Random("one"), 4711, jobs)).encode() for jobs in (0, 30))
    return [
        _row(f"Decode a build of {len(small) / 1e3:.0f} kB", Build, small, at_most(1.0), often=500),
        _row(f"Decode a build of {len(large) / 1e3:.0f} kB, 30 jobs", Build, large, at_most(1.0), often=25),
        *_pages(),
        _row("Decode a cursor page of 100 jobs", JobPage, page_of_jobs(), at_most(1.0), often=10),
        _row("Decode a page of 100 pipelines", list[Pipeline], page_of_pipelines(), at_most(1.0), often=10),
        _row("Decode a page of 100 agents", list[Agent], page_of_agents(), at_most(1.0), often=10),
        _kept(),
        _first(large),
    ]


def _row(work: str, type_: Any, body: bytes, goal: Goal, *, often: int) -> Row:
    decode = _watching().decode
    ways = {"ours": lambda: decode(type_, body), _PEER: lambda: json.loads(body)}
    return compared(work, rounds_of(ways, 9, often=often), "ours", _PEER, goal=goal)


def _pages() -> list[Row]:
    page = page_of_builds()
    builds = json.loads(page)
    nulls = _with_nulls(builds)
    misfit = json.dumps([{**builds[0], "number": "100"}, *builds[1:]]).encode()
    del builds
    clean, nullable, keeper = _watching(), _watching(of_nulls=True), Decoder(unknown="keep")
    structs = decoder_of(list[Build]).whole
    odd: list[Drift] = []
    misfits = Decoder(on_drift=odd.append)
    ways: dict[str, Callable[[], object]] = {
        "ours": lambda: clean.decode(list[Build], page),
        _PEER: lambda: json.loads(page),
        "Structs": lambda: structs(page),
        "nulls": lambda: nullable.decode(list[Build], nulls),
        "misfit": lambda: misfits.decode(list[Build], misfit),
        "keep": lambda: keeper.decode(list[Build], page),
    }
    taken = rounds_of(ways)
    assert odd == [Drift("Build", "number", "type")], odd
    taken["the page without"] = taken["ours"]
    return [
        compared(_PAGE, taken, "ours", _PEER, goal=at_most(0.85)),
        compared("  the limit: msgspec Structs of the fields, no models", taken, "Structs", _PEER),
        compared("  a null in each place", taken, "nulls", "the page without", goal=at_most(1.3)),
        compared("  one build doesn't fit", taken, "misfit", _PEER),
        compared('  unknown="keep"', taken, "keep", _PEER),
    ]


def _watching(*, of_nulls: bool = False) -> Decoder:
    """Return a decoder that looks for differences, as the clients' does, and of which only nulls may be found."""

    def on_drift(drift: Drift) -> None:
        assert of_nulls, drift
        assert drift.kind == "null", drift

    return Decoder(on_drift=on_drift)


def _kept() -> Row:
    page = page_of_builds()
    decode = _watching().decode
    decode(list[Build], page)
    ways: dict[str, Callable[[], object]] = {
        "ours": lambda: decode(list[Build], page),
        _PEER: lambda: json.loads(page),
    }
    kept = {}
    for name, way in ways.items():
        tracemalloc.start()
        result = way()
        kept[name] = tracemalloc.get_traced_memory()[0] / 1e6
        tracemalloc.stop()
        del result
    return Row("Memory kept by the page of builds", kept["ours"], "MB", _PEER, kept[_PEER])


_FIRST = """
import sys, time
import buildkite_api._bodies
from buildkite_api.decoding import Decoder
from buildkite_api.models import Build

body = sys.stdin.buffer.read()
begin = time.process_time()
Decoder(on_drift=print).decode(Build, body)
print(time.process_time() - begin)
"""


def _first(body: bytes) -> Row:
    command = [sys.executable, "-c", _FIRST]
    # The first run writes the bytecode, as the installation of a package does.
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    runs = [
        subprocess.run(command, input=body, capture_output=True, check=True, env=environment).stdout for _ in range(10)
    ]
    return Row(
        "First build of a process, after import",
        statistics.median(map(float, runs[1:])) * 1e3,
        "ms",
        goal=at_most(10, "figure"),
    )


def _with_nulls(builds: list[dict[str, Any]]) -> bytes:
    """Return a page of the builds in which each place of a build is null in one of them."""
    page = list(builds)
    # The deepest places first: a null further out replaces what is inside.
    for index, place in enumerate(sorted(_places(builds[0]), key=len, reverse=True)):
        page[index % len(page)] = _with_null(page[index % len(page)], place)
    return json.dumps(page).encode()


def _places(value: Any) -> list[tuple[str | int, ...]]:
    """Return the place of each value inside a value that may be null; of a list, those of its first item alone."""
    if isinstance(value, list):  # an object of a list may not be null: that answer is refused
        first = value[:1]
        return [*([(0,)] if first and not isinstance(first[0], dict) else []), *_inside(first)]
    return [*((key,) for key in value), *_inside(value)] if isinstance(value, dict) else []


def _inside(values: Any) -> list[tuple[str | int, ...]]:
    pairs = values.items() if isinstance(values, dict) else enumerate(values)
    return [(key, *rest) for key, value in pairs for rest in _places(value)]


def _with_null(value: Any, place: tuple[str | int, ...]) -> Any:
    if not place:
        return None
    copied = copy.copy(value)
    copied[place[0]] = _with_null(value[place[0]], place[1:])
    return copied
