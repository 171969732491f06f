"""A client that is connected to the simulator. The only module here that knows the client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx

    from buildkite_ext.client import AsyncBuildkiteClient, BuildkiteClient

    from ..clock import EpochClock


class ClientDoor:
    """What gives a simulator its clients. The simulator has the rest."""

    organization: str
    token: str
    clock: EpochClock

    if TYPE_CHECKING:

        @property
        def base_url(self) -> str: ...

        def transport(self) -> httpx.BaseTransport: ...

        def async_transport(self) -> httpx.AsyncBaseTransport: ...

    def client(self, **options: Any) -> BuildkiteClient:
        """A `BuildkiteClient` of this organization: no sockets, and the simulator's clock.

        Args:
            options: any argument of `BuildkiteClient`; what is given replaces the simulator's own.

        Example:
            >>> from buildkite_ext.simulation import Simulator
            >>> with Simulator(name="Acme Inc").client() as buildkite:
            ...     buildkite.organizations.get().name
            'Acme Inc'
        """
        from buildkite_ext.client import BuildkiteClient

        return BuildkiteClient(**{**self._arguments(), "transport": self.transport(), **options})

    def async_client(self, **options: Any) -> AsyncBuildkiteClient:
        """The same, an `AsyncBuildkiteClient`."""
        from buildkite_ext.client import AsyncBuildkiteClient

        return AsyncBuildkiteClient(**{**self._arguments(), "transport": self.async_transport(), **options})

    def _arguments(self) -> dict[str, Any]:
        return {
            "organization": self.organization,
            "token": self.token,
            "base_url": self.base_url,
            "clock": self.clock,
        }
