"""A Buildkite organization in memory: for tests without sockets or waiting, and as a server on a laptop.

    from buildkite_ext.simulation import Simulator

    simulator = Simulator()
    simulator.pipeline("web").job("test", log="boom\\n", exit_status=1, after=90)
    with simulator.client() as buildkite:
        build = buildkite.builds.create("web", commit="HEAD", branch="main")
        assert buildkite.builds.wait("web", build.number).outcome == "failed"

What it answers are the shapes, statuses and headers that Buildkite documents; where the documentation is silent, the
module that decides says so. https://buildkite.com/docs/apis/rest-api
"""

from __future__ import annotations

from ..clock import SystemClock, VirtualClock
from .api.request import ConnectionDropped, SimRequest, SimResponse
from .behaviour.timing import Pace
from .builder import SimulatedPipeline
from .recording import RecordedRequest
from .simulator import Simulator

__all__ = [
    "ConnectionDropped",
    "Pace",
    "RecordedRequest",
    "SimRequest",
    "SimResponse",
    "SimulatedPipeline",
    "Simulator",
    "SystemClock",
    "VirtualClock",
]
