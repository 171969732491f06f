"""Store: the state that clients share, behind one protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from .circuits import PROBE_LEASE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..dispatcher import Dispatcher
    from ..events import Event
    from ..runtime import Runtime
    from .circuits import Circuit, CircuitBreaker, CircuitState, Permit
    from .entries import Cache, CacheStats, Change, Entry, Found
    from .limits import Budget, Limits, Observation, Priority, Wait
    from .status import LimitStatus
    from .users import Users

__all__ = ["Store"]


class Store(Protocol):
    """State that clients share. Times are those of the runtime's clock.

    What waits for nothing is no coroutine: it is called where a call is cancelled, and where nothing may be awaited.
    """

    def subscribe(self, events: Dispatcher[Event]) -> None:
        """Emit to a client's events what happens to the store itself, for as long as the client lives."""
        ...

    def client_closed(self, runtime: Runtime) -> None:
        """Give back what is held for requests that may come, since one of the clients is closed."""
        ...

    @property
    def users(self) -> Users:
        """Users of the tokens of this process, and what other processes have learned of them."""
        ...

    @property
    def caches(self) -> bool:
        """True if a client may have asked for entries, so that writes have to drop them."""
        ...

    async def admit(
        self,
        limits: Limits,
        policy: Budget,
        priority: Priority,
        runtime: Runtime,
        *,
        token: tuple[str, str] | None = None,
        probe: bool = False,
        permit: Permit | None = None,
    ) -> Wait | None:
        """Count a request that is to be sent, and return None; or return how long it has to wait, and count nothing.

        Args:
            limits: the limits that it counts for.
            policy: the policy of its client.
            priority: its priority.
            runtime: the runtime of its client.
            token: the root of its API, and the identity of its token, for stores that share what is known of users.
            probe: it doesn't wait.
            permit: the permit of its call. The store may look at its circuit on this occasion, for `halted`.
        """
        ...

    async def answered(
        self, limits: Limits, observation: Observation, runtime: Runtime, *, permit: Permit | None = None
    ) -> None:
        """Take in what the answer to a counted request tells. The `permit` is that of its call, as for `admit`."""
        ...

    def lost(self, limits: Limits, runtime: Runtime, *, sent: float, counted: bool) -> None:
        """Take in that a request that was `sent` at a time ended without an answer. Buildkite may have `counted` it."""
        ...

    def limit_status(self, name: str, now: float) -> LimitStatus:
        """Return what is known of a limit. Nothing is waited for."""
        ...

    async def permit(
        self,
        circuit: str,
        policy: CircuitBreaker,
        runtime: Runtime,
        *,
        admission: bool = False,
        probe_for: float = PROBE_LEASE,
    ) -> Permit | float:
        """Return the permission for a call, or the seconds for which the circuit refuses calls.

        Args:
            circuit: the name of the circuit.
            policy: the policy.
            runtime: the runtime of the client.
            admission: True if the call asks for `admit` and then for `halted` before it is sent.
            probe_for: if the call probes the API, the seconds after which another one may, although it hasn't reported.
        """
        ...

    def halted(self, circuit: str, permit: Permit) -> bool:
        """Tell if the circuit has opened since a call got its permit, as far as is known here."""
        ...

    async def report(
        self,
        circuit: str,
        permit: Permit,
        policy: CircuitBreaker,
        runtime: Runtime,
        *,
        failed: bool,
        answered: bool = True,
    ) -> tuple[CircuitState, CircuitState] | None:
        """Take in how a call ended. Return the state of the circuit before and after, if it changed.

        Args:
            circuit: the name of the circuit.
            permit: the permit of the call.
            policy: the policy.
            runtime: the runtime of the client.
            failed: True if it failed.
            answered: False if it failed without an answer of the API, which may be the fault of this machine's network.
        """
        ...

    def release(self, circuit: str, permit: Permit, runtime: Runtime) -> None:
        """Take in that a call ended in a way that says nothing about the API."""
        ...

    def circuit(self, name: str) -> Circuit:
        """Return a circuit, as far as it is known here."""
        ...

    async def cached(self, key: str, tags: frozenset[str], runtime: Runtime, *, seconds: float) -> Found:
        """Return the entry of a request, and the version of its tags.

        Args:
            key: what the answer depends on: the token's identity, the accepted type and the URL.
            tags: the tags of the answer.
            runtime: the runtime of the client.
            seconds: maximum of the entry's age. 0 asks for the version alone.
        """
        ...

    async def keep(
        self, key: str, tags: frozenset[str], entry: Entry, runtime: Runtime, *, version: int, policy: Cache
    ) -> None:
        """Keep an entry within the bounds of a policy, unless its tags have another version now, or settle."""
        ...

    async def change(self, change: Change, runtime: Runtime) -> None:
        """Drop the entries with a tag of a change. It is also called in a task that is being cancelled."""
        ...

    @property
    def is_remote(self) -> bool:
        """True if other processes share the store, so that `announced` has to be asked for what they announce."""
        ...

    async def announce(self, name: str, runtime: Runtime) -> None:
        """Tell all who listen, in all processes that share the store, that something has changed, such as a build."""
        ...

    def listen(self, receive: Callable[[str], None]) -> Callable[[], None]:
        """Call a function with each name that this process announces, from any thread. Return what ends that."""
        ...

    async def announced(self, position: str | None, runtime: Runtime) -> tuple[str | None, Sequence[str]]:
        """Return the names that other processes have announced since a position, and the position now.

        Args:
            position: what an earlier call returned; None for now.
            runtime: the runtime of the client.
        """
        ...

    def cache_stats(self) -> CacheStats:
        """Return the counts of this process."""
        ...
