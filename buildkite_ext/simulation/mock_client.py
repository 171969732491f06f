"""Names of the design for the simulator: a client that needs no Buildkite, and the simulator of builds."""

from __future__ import annotations

from ..client import BuildkiteClient
from .clients import Simulator

__all__ = ["BuildSimulator", "MockBuildkiteClient"]

BuildSimulator = Simulator
"""The simulator, by the name that the design gives it."""


class MockBuildkiteClient(BuildkiteClient):
    """Client of a simulator of its own. `simulator.client()` gives a client of one that exists.

    Args:
        simulator: the simulator; a new one by default.

    Attributes:
        simulator: the simulator. Its `pipeline` says what happens, its `requests` are what was asked.

    Example:
        >>> with MockBuildkiteClient() as buildkite:
        ...     web = buildkite.simulator.pipeline("web").job("test", exit_status=1)
        ...     build = buildkite.builds.create("web", commit="HEAD", branch="main")
        ...     buildkite.builds.wait("web", build.number).outcome
        'failed'
    """

    simulator: Simulator

    def __init__(self, simulator: Simulator | None = None) -> None:
        chosen = Simulator() if simulator is None else simulator
        self.simulator = chosen
        super().__init__(
            chosen.organization,
            token=chosen.token,
            base_url=chosen.base_url,
            clock=chosen.clock,
            transport=chosen.transport(),
        )
