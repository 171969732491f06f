"""Client with a simulator of its own."""

from __future__ import annotations

from ..client import BuildkiteClient
from .clients import Simulator

__all__ = ["MockBuildkiteClient"]


class MockBuildkiteClient(BuildkiteClient):
    """Client of a simulator of its own. `simulator.client()` gives a client of one that exists.

    Args:
        simulator: the simulator; a new one by default.

    Attributes:
        simulator: the simulator. Its `pipeline` says what happens, its `requests` are what was asked.

    Example:
        >>> from buildkite_ext.simulation import MockBuildkiteClient
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
