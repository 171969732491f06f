"""State that a client and its copies share."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import httpx

from .._forks import reset_after_fork
from ..debug_log import debug_log
from ..dispatcher import client_events
from ..errors import ConfigurationError
from ..stores.memory import MemoryStore, process_store
from ..stores.recent_actions import RecentActions
from .budget import lines_of
from .closing import Closing
from .coalescing import Flights
from .retry import RetryQuota
from .trace import SeenLimits

if TYPE_CHECKING:
    from ..events import Hook
    from ..runtime import Runtime, Transport
    from ..stores.base import Store
    from ..telemetry.base import Telemetry
    from .rates import ConnectionLimits

__all__ = ["SharedState"]


class SharedState:
    """State that the copies of a client share with it: the runtime, the connections and the events.

    There are two transports, so that long downloads leave connections for the API: one to the API, one to every other
    origin. Each is made when it is first needed. A transport that the user passed serves both.
    """

    def __init__(
        self,
        runtime: Runtime,
        transport: Transport | None = None,
        hook: Hook | None = None,
        store: Store | None = None,
        telemetry: Telemetry | None = None,
        *,
        limits: ConnectionLimits,
    ) -> None:
        self.runtime = runtime
        # What a transport of the user's answers, or another clock measures, says nothing of Buildkite's limits now.
        own = transport is not None or not runtime.real_time
        self.store = store if store is not None else MemoryStore() if own else process_store()
        self.lines = lines_of(self.store)
        self.quota = RetryQuota()
        self.closing = Closing()
        self.flights = Flights()
        self.recent_actions = RecentActions()
        self.events = client_events(hook)
        self.store.subscribe(self.events)
        self.telemetry = telemetry
        self.seen: SeenLimits | None = None
        if telemetry is not None:
            self.seen = SeenLimits(runtime)
            telemetry.watch(self.seen)
            self.events.add(telemetry.on_event)
        debug = debug_log()
        if debug is not None:
            from ..events import RequestFinished, WriteAudited

            # A request has a line of each attempt there, so that its end needs none.
            self.events.add(
                lambda event: None if isinstance(event, RequestFinished | WriteAudited) else debug(str(event))
            )
        wanted = httpx.BaseTransport if runtime.blocking else httpx.AsyncBaseTransport
        if transport is not None and not isinstance(transport, wanted):
            raise ConfigurationError(
                f"transport={transport!r}: give an httpx.{wanted.__name__} to "
                f"{'BuildkiteClient' if runtime.blocking else 'AsyncBuildkiteClient'}."
            )
        self._passed = transport
        self._inherited = False
        self._limits = limits
        # A transport such as httpx.MockTransport is of both kinds: the runtime decides.
        if not runtime.blocking and isinstance(transport, httpx.AsyncBaseTransport):
            from .._cancellation import GuardedTransport  # here, since it imports asyncio

            transport = GuardedTransport(transport)
        self._given = transport
        self._lock = threading.Lock()
        self._transports: dict[str, Transport] = {}
        reset_after_fork(self)

    def api(self) -> Transport:
        """Return the transport to the API."""
        return self._transport("api")

    def foreign(self) -> Transport:
        """Return the transport to every other origin."""
        return self._transport("foreign")

    async def close(self) -> None:
        """Close the connections, and wake who waits. A second call does nothing."""
        self.closing.close()
        with self._lock:
            transports = {id(transport): transport for transport in (*self._transports.values(), self._given)}
            self._transports.clear()
        self.store.client_closed(self.runtime)
        for transport in transports.values():
            if transport is not None:
                await self.runtime.close_transport(transport)

    def _reset_after_fork(self) -> None:
        """Create a new lock in a child process. The transports of this package replace their connections themselves.

        One of httpx that was used has connections that the parent process reads too. Of other transports nothing is known.
        """
        self._lock = threading.Lock()
        self._inherited |= bool(self._transports) and isinstance(
            self._passed, httpx.HTTPTransport | httpx.AsyncHTTPTransport
        )

    def _transport(self, name: str) -> Transport:
        with self._lock:
            self.closing.check()
            if self._inherited:
                raise ConfigurationError(
                    f"transport={self._passed!r} was used before this process was forked, so its connections are those of the "
                    "parent process: answers would be mixed. Make the client in the child process, or leave transport= out."
                )
            if name not in self._transports:
                self._transports[name] = self._given or self._made()
            return self._transports[name]

    def _made(self) -> Transport:
        from .http import AsyncHttpTransport, HttpTransport

        kind = HttpTransport if self.runtime.blocking else AsyncHttpTransport
        return kind(limits=self._limits, clock=self.runtime.now)
