"""What the patterns run against: a simulated Buildkite behind real HTTP, in which time passes as soon as somebody waits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from buildkite_ext import BuildkiteClient
from buildkite_ext.simulation import Simulator
from buildkite_ext.simulation.server import running

TOKEN = "bkua_simulator"  # the one that a simulator takes unless told otherwise


@contextmanager
def served(simulator: Simulator) -> Iterator[tuple[str, BuildkiteClient]]:
    """The address of a simulator for the scripts, and a client of it whose pauses move the simulator's clock."""
    with (
        running(simulator) as url,
        BuildkiteClient(simulator.organization, token=TOKEN, base_url=url, clock=simulator.clock) as buildkite,
    ):
        yield url, buildkite
