"""Simulator with its clients: `BuildkiteClient` and httpx transports."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Self

from .._in_process import answer_in_process
from ..options import TOKEN_VARIABLES, client_variables, normalize_base_url
from .simulator import SimulatedOrganization

if TYPE_CHECKING:
    import httpx

    from ..client import AsyncBuildkiteClient, BuildkiteClient

__all__ = ["BuildSimulator", "Simulator", "environment"]


class Simulator(SimulatedOrganization):
    """Buildkite organization in memory that answers the REST API.

    Its builds proceed as its clock does. With the default clock, a `VirtualClock`, time passes only when a caller sleeps
    by this clock: a test of a build of one hour takes a second or two, for the
    requests that wait for it. With a `SystemClock`, time is real.

    Args:
        organization: the slug.
        name: the name; the slug by default.
        token: the token that requests carry.
        scopes: the scopes of the token, such as `{"read_builds"}`; all by default.
        user: the name of the user that the token belongs to, who administrates the organization.
        clock: the clock.
        seed: the seed of the identifiers. The same seed gives the same identifiers.
        base_url: the root of the API. The URLs in answers are below it.
        artifacts_url: the root of the other origin, which serves the bytes of artifacts.
        timing: the durations of Buildkite's own steps.
        agents: the number of agents; by default there are always enough.
        rate_limit: requests a minute of the organization. Buildkite's own limit is 200.
        user_rate_limit: requests a minute of each user. Buildkite's own limit is 50.
        deep_listing_after: the number of builds after which a further page of a list is refused with 400. Buildkite has
            such a number but doesn't document it.
        link_last: whether `Link` headers name the last page.
        lists: how late and how much out of order lists of builds show them; at once and in order by default.
        without_finished_at: states in which a build has no `finished_at`: some of `blocked`, `not_run` and `skipped`. Buildkite
            doesn't document whether they have one.
        retain: the number of finished builds that are kept, the newest ones; all by default. Requests for older ones are
            answered with 404.
        log_timestamps: whether logs hold the time of each line, as the logs of real agents do.

    Raises:
        TypeError: an argument has another type: `scopes` is a single string, the clock gives no dates. The message names it.
        ConfigurationError: a text is empty, the organization isn't a slug, the token has a character that no header can carry, a
            number is negative, a URL has no host, or Buildkite has no such scope.

    Example:
        >>> simulator = Simulator()
        >>> web = simulator.pipeline("web").job("test", log="boom\\n", exit_status=1, after=90)
        >>> with simulator.client() as buildkite:
        ...     build = buildkite.builds.create("web", commit="HEAD", branch="main")
        ...     buildkite.builds.wait("web", build.number).outcome
        'failed'

    https://buildkite.com/docs/apis/rest-api
    """

    _connections = 0
    """Number of open blocks of `connected`. A server that is started within one is led to as well."""

    _servers = 0
    """Number of servers that run."""

    def client(self, **options: Any) -> BuildkiteClient:
        """Return a `BuildkiteClient` of this organization, without sockets and with the simulator's clock.

        Args:
            options: arguments of `BuildkiteClient`. They replace the simulator's own.

        Example:
            >>> from buildkite_ext.simulation import Simulator
            >>> with Simulator(name="Acme Inc").client() as buildkite:
            ...     buildkite.organizations.get().name
            'Acme Inc'
        """
        from ..client import BuildkiteClient

        return BuildkiteClient(**{**self._arguments(), "transport": self.transport(), **options})

    def async_client(self, **options: Any) -> AsyncBuildkiteClient:
        """Return an `AsyncBuildkiteClient` of this organization, as `client` does."""
        from ..client import AsyncBuildkiteClient

        return AsyncBuildkiteClient(**{**self._arguments(), "transport": self.async_transport(), **options})

    @contextmanager
    def connected(self) -> Iterator[Self]:
        """Let the clients that a program makes reach this simulator while a `with` block runs.

        Meanwhile the environment has the variables that clients read, those of the simulator, and no other token. A
        `BuildkiteClient()` or an `AsyncBuildkiteClient()` that is made without a `transport=` is answered in this process,
        and pauses by the simulator's clock. One that was made before stays as it is. A client of https://api.buildkite.com is
        refused. For clients of other libraries, and for other processes, forked ones too,
        `buildkite_ext.simulation.server.running` serves the simulator. The two blocks may stand in either order.

        Yields:
            The simulator.

        Example:
            >>> from buildkite_ext import BuildkiteClient
            >>> def deploy() -> str:
            ...     with BuildkiteClient() as buildkite:
            ...         build = buildkite.builds.create("web", commit="HEAD", branch="main")
            ...         return buildkite.builds.wait("web", build.number).outcome
            >>> with Simulator().connected() as simulator:
            ...     _ = simulator.pipeline("web").job("test", exit_status=1)
            ...     deploy()
            'failed'

        https://buildkite.com/docs/apis/rest-api
        """
        variables = {
            **dict.fromkeys(TOKEN_VARIABLES),
            **client_variables(self.token, self.base_url, self.organization),
        }
        with environment(variables), answer_in_process(normalize_base_url(self.base_url), self):
            self._count_connections(1)
            try:
                yield self
            finally:
                self._count_connections(-1)

    def _count_connections(self, change: int) -> None:
        with self._lock:
            self._connections += change

    @contextmanager
    def _served_at(self, base_url: str, artifacts_url: str) -> Iterator[None]:
        with super()._served_at(base_url, artifacts_url), self.connected() if self._connections else nullcontext():
            self._count_servers(1)
            try:
                yield
            finally:
                self._count_servers(-1)

    @property
    def _is_served(self) -> bool:
        """True while a server of it runs: `buildkite_ext.simulation.server.running`."""
        return self._servers > 0

    def _count_servers(self, change: int) -> None:
        with self._lock:
            self._servers += change

    def _arguments(self) -> dict[str, Any]:
        return {
            "organization": self.organization,
            "token": self.token,
            "base_url": self.base_url,
            "clock": self.clock,
        }

    def transport(self) -> httpx.BaseTransport:
        """Return an httpx transport that sends requests to the simulator, without sockets.

        Example:
            >>> import httpx
            >>> simulator = Simulator()
            >>> with httpx.Client(transport=simulator.transport(), base_url=simulator.base_url) as client:
            ...     client.get("/v2/meta").status_code
            200
        """
        from .transport import SimulatorTransport

        return SimulatorTransport(self)

    def async_transport(self) -> httpx.AsyncBaseTransport:
        """Return a transport for `httpx.AsyncClient`, as `transport` does."""
        from .transport import AsyncSimulatorTransport

        return AsyncSimulatorTransport(self)


BuildSimulator = Simulator
"""The simulator under another name."""


_replaced: list[dict[str, str | None]] = []
"""What each open block of `environment` found, the outermost first."""

_changing = threading.Lock()


@contextmanager
def environment(variables: Mapping[str, str | None]) -> Iterator[None]:
    """Set environment variables while a `with` block runs, or remove those whose value is None.

    Blocks of several threads may end in any order. The values of the last one that began count until it ends.

    Example:
        >>> with environment({"BUILDKITE_TOKEN": "bkua_simulator"}):
        ...     os.environ["BUILDKITE_TOKEN"]
        'bkua_simulator'
    """
    with _changing:
        before = {name: os.environ.get(name) for name in variables}
        _replaced.append(before)
        _set(variables)
    try:
        yield
    finally:
        with _changing:
            place = next(place for place, each in enumerate(_replaced) if each is before)
            inner = _replaced[place + 1 :]
            del _replaced[place]
            for name, value in before.items():
                holder = next((each for each in inner if name in each), None)
                if holder is None:
                    _set({name: value})
                else:  # it replaced a value of this block, and isn't over
                    holder[name] = value


def _set(variables: Mapping[str, str | None]) -> None:
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
