"""Store: the state that clients share, behind one protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from .circuits import Circuit, CircuitBreaker, CircuitState, Permit
    from .entries import Cache, CacheStats, Change, Entry, Found
    from .limits import Budget, Limits, LimitStatus, Observation, Priority, Wait

__all__ = ["Store"]


class Store(Protocol):
    """State that clients share. Times are those of the clients' clock."""

    caches: bool
    """True if a client may have asked for entries, so that writes have to drop them."""

    async def admit(
        self, limits: Limits, policy: Budget, priority: Priority, now: float, *, probe: bool = False
    ) -> Wait | None:
        """Count a request that is to be sent, and return None; or return how long it has to wait, and count nothing.

        Args:
            limits: the limits that it counts for.
            policy: the policy of its client.
            priority: its priority.
            now: the time.
            probe: it doesn't wait.
        """
        ...

    async def answered(self, limits: Limits, observation: Observation) -> None:
        """Take in what the answer to a counted request tells."""
        ...

    def lost(self, limits: Limits, *, counted: bool) -> None:
        """Take in that a counted request ended without an answer. Buildkite may have `counted` it."""
        ...

    def limit_status(self, name: str, now: float) -> LimitStatus:
        """Return what is known of a limit."""
        ...

    async def permit(self, circuit: str, policy: CircuitBreaker, now: float) -> Permit | float:
        """Return the permission for a call, or the seconds for which the circuit refuses calls."""
        ...

    async def report(
        self, circuit: str, permit: Permit, policy: CircuitBreaker, now: float, *, failed: bool
    ) -> tuple[CircuitState, CircuitState] | None:
        """Take in how a call ended. Return the state of the circuit before and after, if it changed."""
        ...

    def release(self, circuit: str, permit: Permit) -> None:
        """Take in that a call ended in a way that says nothing about the API."""
        ...

    def circuit(self, name: str) -> Circuit:
        """Return a circuit."""
        ...

    async def cached(self, key: str, tags: frozenset[str], now: float, *, seconds: float) -> Found:
        """Return the entry of a request, and the version of its tags.

        Args:
            key: what the answer depends on: the token's identity, the accepted type and the URL.
            tags: the tags of the answer.
            now: the time.
            seconds: maximum of the entry's age. 0 asks for the version alone.
        """
        ...

    async def keep(self, key: str, tags: frozenset[str], entry: Entry, version: int, policy: Cache) -> None:
        """Keep an entry within the bounds of a policy, unless its tags have another version now, or settle."""
        ...

    async def change(self, change: Change, now: float) -> None:
        """Drop the entries with a tag of a change. It is also called in a task that is being cancelled."""
        ...

    def cache_stats(self) -> CacheStats:
        """Return the counts of this process."""
        ...
