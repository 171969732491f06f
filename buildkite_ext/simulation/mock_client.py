"""Client with a simulator of its own."""

from __future__ import annotations

import inspect
from typing import Never

from buildkite_api.types import kind_of

from ..client import BuildkiteClient
from ..unknown_names import nearest
from .clients import Simulator

__all__ = ["MockBuildkiteClient"]


class MockBuildkiteClient(BuildkiteClient):
    """Client of a simulator of its own. `simulator.client()` gives a client of one that exists.

    Args:
        simulator: the simulator; a new one by default. `MockBuildkiteClient(Simulator("globex"))` is a client of another
            organization.
        options: none. `simulator.client` takes the options of a client.

    Attributes:
        simulator: the simulator. Its `pipeline` says what happens, its `requests` are what was asked.

    Raises:
        TypeError: the simulator is something else, or an option is given.

    Example:
        >>> from buildkite_ext.simulation import MockBuildkiteClient
        >>> with MockBuildkiteClient() as buildkite:
        ...     web = buildkite.simulator.pipeline("web").job("test", exit_status=1)
        ...     build = buildkite.builds.create("web", commit="HEAD", branch="main")
        ...     buildkite.builds.wait("web", build.number).outcome
        'failed'
    """

    simulator: Simulator

    def __init__(self, simulator: Simulator | None = None, **options: Never) -> None:
        for name in options:
            raise TypeError(f"MockBuildkiteClient() got an unexpected keyword argument {name!r}. {_place_of(name)}")
        given: object = simulator
        if given is not None and not isinstance(given, Simulator):
            such = f", such as MockBuildkiteClient(Simulator({given!r}))" if isinstance(given, str) else ""
            raise TypeError(f"simulator is {kind_of(given)}: give a Simulator{such}")
        chosen = Simulator() if simulator is None else simulator
        self.simulator = chosen
        super().__init__(
            chosen.organization,
            token=chosen.token,
            base_url=chosen.base_url,
            clock=chosen.clock,
            transport=chosen.transport(),
        )


def _place_of(option: str) -> str:
    """Tell where an option belongs that the client doesn't take."""
    if option in inspect.signature(Simulator).parameters:
        return f"Give it to the simulator: MockBuildkiteClient(Simulator({option}=...))"
    if option in inspect.signature(BuildkiteClient).parameters:
        return f"Give it to a client of a simulator: Simulator().client({option}=...)"
    return "It takes a simulator alone" if nearest(option, ["simulator"]) is None else "Did you mean simulator=?"
