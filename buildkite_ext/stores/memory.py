"""Store in the memory of a process."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import defaultdict
from functools import cache, partial
from typing import TYPE_CHECKING

from .._forks import reset_after_fork
from .circuits import PROBE_LEASE, Circuit, Permit
from .limits import FLIGHT_LEASE, Window
from .users import Users

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..dispatcher import Dispatcher
    from ..events import Event
    from ..runtime import Runtime
    from .circuits import CircuitBreaker, CircuitState
    from .entries import Cache, CacheStats, Change, Entries, Entry, Found
    from .limits import Budget, Limits, Observation, Priority, Wait
    from .status import LimitStatus

__all__ = ["MemoryStore", "process_store"]


_NEW = Circuit()
_CLOSED = Permit(_NEW.epoch)


class MemoryStore:
    """Store in memory. Clients that are given the same one share it, on threads and in tasks.

    The clients of a process that are given none share one.

    Example:
        >>> from buildkite_ext import BuildkiteClient
        >>> store = MemoryStore()
        >>> one, other = (BuildkiteClient("acme", token=token, store=store) for token in ("bkua_one", "bkua_two"))
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()  # the garbage collector may end a call of a closed event loop while it is held
        self._windows: dict[str, Window] = {}
        self._flights: defaultdict[Limits, list[float]] = defaultdict(list)
        """For limits: when the requests were sent that are on their way, in order."""
        self._circuits: dict[str, Circuit] = {}
        self._kept: Entries | None = None
        self._listeners: list[Callable[[str], None]] = []
        self._users = Users()
        reset_after_fork(self)

    def subscribe(self, events: Dispatcher[Event]) -> None:
        """Do nothing: nothing happens to this store itself."""

    def client_closed(self, runtime: Runtime) -> None:
        """Do nothing: this store holds nothing for requests that may come."""

    @property
    def users(self) -> Users:
        return self._users

    async def admit(
        self,
        limits: Limits,
        policy: Budget,
        priority: Priority,
        runtime: Runtime,
        *,
        token: tuple[str, str] | None = None,  # noqa: ARG002  # all processes that share it are one
        probe: bool = False,
        permit: Permit | None = None,  # noqa: ARG002  # what `halted` tells is always up to date
    ) -> Wait | None:
        now = runtime.now()
        with self._lock:
            self._drop_lost_flights(limits, now)
            organization, user = self._window(limits.organization), self._window(limits.user)
            reserve = policy.reserve
            waits = (
                organization.room(now, reserve=reserve, priority=priority),
                user.room(now, reserve=reserve, priority=priority),
            )
            if any(waits) and not probe:
                for each in self._flights:  # room for the next one that asks
                    self._drop_lost_flights(each, now)
                return max(filter(None, waits), key=_until)
            organization.sent(now, priority=priority)
            user.sent(now, priority=priority)
            self._flights[limits].append(now)
            return None

    async def answered(
        self,
        limits: Limits,
        observation: Observation,
        runtime: Runtime,
        *,
        permit: Permit | None = None,  # noqa: ARG002
    ) -> None:
        with self._lock:
            sent, arrived = observation.sent, observation.arrived
            self._end_flight(limits, sent, runtime.now())
            self._window(limits.organization).answered(observation.organization, sent=sent, arrived=arrived)
            self._window(limits.user).answered(observation.user, sent=sent, arrived=arrived)

    def lost(self, limits: Limits, runtime: Runtime, *, sent: float, counted: bool) -> None:
        with self._lock:
            self._end_flight(limits, sent, runtime.now())
            for name in (limits.organization, limits.user):
                self._window(name).lost(counted=counted)

    def limit_status(self, name: str, now: float) -> LimitStatus:
        with self._lock:
            return self._window(name).status(now)

    async def permit(
        self,
        circuit: str,
        policy: CircuitBreaker,
        runtime: Runtime,
        *,
        admission: bool = False,  # noqa: ARG002
        probe_for: float = PROBE_LEASE,
    ) -> Permit | float:
        if circuit not in self._circuits:  # no call has failed
            return _CLOSED
        with self._lock:
            found, answer = self._circuits[circuit].admit(policy, runtime.now(), probe_for=probe_for)
            self._circuits[circuit] = found
            return answer

    def halted(self, circuit: str, permit: Permit) -> bool:
        found = self._circuits.get(circuit)
        return found is not None and found.halts(permit)

    async def report(
        self,
        circuit: str,
        permit: Permit,
        policy: CircuitBreaker,
        runtime: Runtime,
        *,
        failed: bool,
        answered: bool = True,  # noqa: ARG002  # all calls are of this machine
    ) -> tuple[CircuitState, CircuitState] | None:
        if not failed and circuit not in self._circuits:
            return None
        now = runtime.now()
        with self._lock:
            before = self.circuit(circuit)
            after = before.failed(permit, policy, now) if failed else before.succeeded(permit)
            if after is before:
                return None
            self._circuits[circuit] = after
            return None if after.epoch == before.epoch else (before.state(policy, now), after.state(policy, now))

    def release(self, circuit: str, permit: Permit, runtime: Runtime) -> None:  # noqa: ARG002
        with self._lock:
            self._circuits[circuit] = self.circuit(circuit).released(permit)

    def circuit(self, name: str) -> Circuit:
        return self._circuits.get(name, _NEW)

    @property
    def caches(self) -> bool:
        return self._kept is not None

    async def cached(self, key: str, tags: frozenset[str], runtime: Runtime, *, seconds: float) -> Found:
        with self._lock:
            return self._entries.find(key, tags, runtime.now(), seconds=seconds)

    async def keep(
        self,
        key: str,
        tags: frozenset[str],
        entry: Entry,
        runtime: Runtime,  # noqa: ARG002
        *,
        version: int,
        policy: Cache,
    ) -> None:
        with self._lock:
            self._entries.keep(key, tags, entry, version, policy)

    async def change(self, change: Change, runtime: Runtime) -> None:
        with self._lock:
            self._entries.change(change, runtime.now())

    @property
    def is_remote(self) -> bool:
        return False

    async def announce(self, name: str, runtime: Runtime) -> None:  # noqa: ARG002
        for receive in tuple(self._listeners):
            receive(name)

    def listen(self, receive: Callable[[str], None]) -> Callable[[], None]:
        self._listeners.append(receive)
        return partial(self._listeners.remove, receive)

    async def announced(
        self,
        position: str | None,  # noqa: ARG002
        runtime: Runtime,  # noqa: ARG002
    ) -> tuple[str | None, Sequence[str]]:
        return None, ()

    def cache_stats(self) -> CacheStats:
        with self._lock:
            return self._entries.stats

    @property
    def _entries(self) -> Entries:
        if self._kept is None:
            from .entries import Entries  # here: most clients keep nothing

            self._kept = Entries()
        return self._kept

    def _drop_lost_flights(self, limits: Limits, now: float) -> None:
        """Count requests no longer that were sent too long ago: their event loop may be closed."""
        flights = self._flights[limits]
        while flights and now >= flights[0] + FLIGHT_LEASE:
            del flights[0]
            for name in (limits.organization, limits.user):
                self._windows[name].in_flight -= 1

    def _end_flight(self, limits: Limits, sent: float, now: float) -> None:
        """Take in that a request ends, which its windows are told next."""
        flights = self._flights[limits]
        if flights and now < sent + FLIGHT_LEASE:
            del flights[min(bisect_left(flights, sent), len(flights) - 1)]
        else:  # it counts no longer
            for name in (limits.organization, limits.user):
                self._window(name).in_flight += 1

    def _window(self, name: str) -> Window:
        window = self._windows.get(name)
        if window is None:
            window = self._windows[name] = Window()
        return window

    def _reset_after_fork(self) -> None:
        """Forget what is on its way: it is the parent's. The entries may be those of a moment within a change of them."""
        self._lock = threading.RLock()
        self._kept = None if self._kept is None else type(self._kept)()
        self._listeners.clear()
        for window in self._windows.values():
            window.in_flight, window.opened = 0, None
        self._flights.clear()
        self._circuits = {name: circuit.without_probe() for name, circuit in self._circuits.items()}


@cache
def process_store() -> MemoryStore:
    """Return the store that the clients of this process share if they are given none."""
    return MemoryStore()


def _until(wait: Wait) -> float:
    return wait.until
