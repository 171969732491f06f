"""Store in the memory of a process."""

from __future__ import annotations

import threading
from functools import cache
from typing import TYPE_CHECKING

from .._forks import reset_after_fork
from .circuits import Circuit, Permit
from .limits import Window

if TYPE_CHECKING:
    from .circuits import CircuitBreaker, CircuitState
    from .limits import Budget, Limits, LimitStatus, Observation, Priority, Wait

__all__ = ["MemoryStore", "process_store"]

_PROBE = 150.0
"""Seconds after which a probe that has not reported counts no longer: longer than a call takes by default."""


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
        self._lock = threading.Lock()
        self._windows: dict[str, Window] = {}
        self._circuits: dict[str, Circuit] = {}
        reset_after_fork(self)

    async def admit(
        self, limits: Limits, policy: Budget, priority: Priority, now: float, *, probe: bool = False
    ) -> Wait | None:
        with self._lock:
            pair = self._window(limits.organization), self._window(limits.user)
            waits = [window.room(now, reserve=policy.reserve, priority=priority) for window in pair]
            longest = max((wait for wait in waits if wait is not None), key=_until, default=None)
            if longest is not None and not probe:
                return longest
            for window in pair:
                window.sent(now, reserve=policy.reserve, priority=priority)
            return None

    async def answered(self, limits: Limits, observation: Observation) -> None:
        with self._lock:
            for name, reported in (
                (limits.organization, observation.organization),
                (limits.user, observation.user),
            ):
                self._window(name).answered(reported, sent=observation.sent, arrived=observation.arrived)

    def lost(self, limits: Limits, *, counted: bool) -> None:
        with self._lock:
            for name in (limits.organization, limits.user):
                self._window(name).lost(counted=counted)

    def limit_status(self, name: str, now: float) -> LimitStatus:
        with self._lock:
            return self._window(name).status(now)

    async def permit(self, circuit: str, policy: CircuitBreaker, now: float) -> Permit | float:
        if circuit not in self._circuits:  # no call has failed
            return _CLOSED
        with self._lock:
            self._circuits[circuit], answer = self._circuits[circuit].admit(policy, now, probe_for=_PROBE)
            return answer

    async def report(
        self, circuit: str, permit: Permit, policy: CircuitBreaker, now: float, *, failed: bool
    ) -> tuple[CircuitState, CircuitState] | None:
        if not failed and circuit not in self._circuits:
            return None
        with self._lock:
            before = self.circuit(circuit)
            after = before.failed(permit, policy, now) if failed else before.succeeded(permit)
            if after is before:
                return None
            self._circuits[circuit] = after
            return None if after.epoch == before.epoch else (before.state(policy, now), after.state(policy, now))

    def release(self, circuit: str, permit: Permit) -> None:
        with self._lock:
            self._circuits[circuit] = self.circuit(circuit).released(permit)

    def circuit(self, name: str) -> Circuit:
        return self._circuits.get(name, _NEW)

    def _window(self, name: str) -> Window:
        window = self._windows.get(name)
        if window is None:
            window = self._windows[name] = Window()
        return window

    def _reset_after_fork(self) -> None:
        """Forget what is on its way: it is the parent's."""
        self._lock = threading.Lock()
        for window in self._windows.values():
            window.in_flight, window.opened = 0, None


@cache
def process_store() -> MemoryStore:
    """Return the store that the clients of this process share if they are given none."""
    return MemoryStore()


def _until(wait: Wait) -> float:
    return wait.until
