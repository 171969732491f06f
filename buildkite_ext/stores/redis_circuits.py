"""Circuits in Redis: which calls may begin, and what they tell of the API when they end.

A lost connection counts for its own process alone, in its memory, so that the network of one machine opens no circuit for others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct, field

from . import redis_scripts
from .circuits import PROBE_LEASE, PROBE_PAUSE, Circuit, Permit
from .memory import MemoryStore
from .redis_calls import seconds_of

if TYPE_CHECKING:
    from ..runtime import Runtime
    from .circuits import CircuitBreaker, CircuitState
    from .redis_calls import RedisCalls

__all__ = ["BothPermits", "RedisCircuits"]

_FRESH = 1.0
"""Seconds for which a circuit is taken to be as it was last seen, where no admission looks at it."""


class _SharedPermit(Struct):
    """Permit of the circuit in Redis.

    Attributes:
        epoch: its epoch when the call began; None until an admission has looked at it.
        probe: the call probes the API for all machines.
    """

    epoch: int | None = None
    probe: bool = False


class BothPermits(Permit, frozen=True):
    """Permit of both circuits: that of this machine's network, and that in Redis."""

    circuit: str = ""
    local: Permit = Permit(0)
    shared: _SharedPermit = field(default_factory=_SharedPermit)


class RedisCircuits:
    """Part of a store: the circuits in Redis, and beside them those of this process.

    Args:
        calls: the calls of scripts in Redis.
    """

    def __init__(self, calls: RedisCalls) -> None:
        self._calls = calls
        self._own = MemoryStore()
        """What this process knows: of limits all that its own requests learned, of circuits its own lost connections."""
        self._circuits: dict[str, tuple[Circuit, float]] = {}
        """Circuits as Redis last told them, and when it did."""

    async def permit(
        self,
        circuit: str,
        policy: CircuitBreaker,
        runtime: Runtime,
        *,
        admission: bool = False,
        probe_for: float = PROBE_LEASE,
    ) -> Permit | float:
        local = await self._own.permit(circuit, policy, runtime, probe_for=probe_for)
        if not isinstance(local, Permit):
            return local
        shared = self._known_permit(circuit, policy, runtime.now(), admission=admission)
        if shared is None:
            shared = await self._shared_permit(circuit, policy, runtime, probe_for=probe_for)
        if not isinstance(shared, _SharedPermit):
            self._own.release(circuit, local, runtime)
            return shared
        return BothPermits(local.epoch, local.probe or shared.probe, circuit, local=local, shared=shared)

    def halted(self, circuit: str, permit: Permit) -> bool:
        assert isinstance(permit, BothPermits)
        if self._own.halted(circuit, permit.local):
            return True
        seen = self._circuits.get(circuit)
        epoch = -1 if permit.shared.epoch is None else permit.shared.epoch
        return seen is not None and self._calls.is_up and seen[0].halts(Permit(epoch))

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
        assert isinstance(permit, BothPermits)
        shared, told = permit.shared, None
        if failed and not answered:
            self._release_shared(permit, runtime)
        elif shared.epoch is not None and (failed or shared.probe or self._has_failures(circuit)):
            arguments = {
                "epoch": shared.epoch,
                "probe": shared.probe,
                "failed": failed,
                "failures": policy.failures,
                "open_for": policy.open_for,
            }

            def read(answer: list[str]) -> tuple[str, str]:
                self._see_circuit(circuit, answer[2:], runtime.now())
                return answer[0], answer[1]

            told = await self._calls.ask(
                redis_scripts.REPORT, [self._calls.key("circuit", circuit)], arguments, runtime, read=read
            )
        # An answer of the API, whichever it is, shows that this machine reaches it. Without Redis it counts here as it is.
        alone = not answered or self._calls.is_away
        own = await self._own.report(circuit, permit.local, policy, runtime, failed=failed and alone)
        return _change(*told) if told is not None and told[0] else own

    def release(self, circuit: str, permit: Permit, runtime: Runtime) -> None:
        assert isinstance(permit, BothPermits)
        self._own.release(circuit, permit.local, runtime)
        self._release_shared(permit, runtime)

    def circuit(self, name: str) -> Circuit:
        own, seen = self._own.circuit(name), self._circuits.get(name)
        return own if own.opened_at is not None or seen is None or self._calls.is_away else seen[0]

    def _known_permit(
        self, circuit: str, policy: CircuitBreaker, now: float, *, admission: bool
    ) -> _SharedPermit | float | None:
        """Return what the circuit allows as it was last seen; None if Redis has to be asked."""
        known, seen_at = self._circuits.get(circuit, (None, -_FRESH))
        is_fresh = known is not None and now - seen_at < _FRESH
        if known is None or known.opened_at is None:
            if admission:
                return _SharedPermit()
            return _SharedPermit(known.epoch) if known is not None and is_fresh else None
        left = known.opened_at + policy.open_for - now
        return left if is_fresh and left > 0 and self._calls.is_up else None

    async def _shared_permit(
        self, circuit: str, policy: CircuitBreaker, runtime: Runtime, *, probe_for: float
    ) -> _SharedPermit | float:
        arguments = {"open_for": policy.open_for, "probe_pause": PROBE_PAUSE, "probe_lease": probe_for}

        async def give_back(answer: list[str]) -> None:
            if answer[1] == "1":
                shared = _SharedPermit(int(answer[5]), probe=True)
                self._release_shared(BothPermits(0, circuit=circuit, shared=shared), runtime)

        def read(answer: list[str]) -> _SharedPermit | float:
            self._see_circuit(circuit, answer[2:], runtime.now())
            left = seconds_of(answer[0], most=policy.open_for + PROBE_PAUSE)
            return left if left > 0 else _SharedPermit(int(answer[5]), probe=answer[1] == "1")

        told = await self._calls.ask(
            redis_scripts.PERMIT,
            [self._calls.key("circuit", circuit)],
            arguments,
            runtime,
            read=read,
            discard=give_back,
        )
        return _SharedPermit() if told is None else told

    def _release_shared(self, permit: BothPermits, runtime: Runtime) -> None:
        if permit.shared.probe:
            keys, arguments = [self._calls.key("circuit", permit.circuit)], {"epoch": permit.shared.epoch}
            self._calls.tell(redis_scripts.RELEASE, keys, arguments, runtime)

    def _is_closed(self, permit: Permit | None, now: float) -> bool:
        """Tell if the circuit of a permit is known to be closed. A call without a permit has none."""
        if not isinstance(permit, BothPermits):
            return True
        known, seen_at = self._circuits.get(permit.circuit, (None, 0.0))
        return known is not None and known.opened_at is None and now - seen_at < _FRESH

    def _has_failures(self, circuit: str) -> bool:
        seen = self._circuits.get(circuit)
        return seen is not None and seen[0].failures > 0

    def _see_circuit(self, name: str, told: Sequence[str], now: float) -> Circuit:
        failures, since, lease, epoch = told
        circuit = Circuit(
            failures=int(failures),
            opened_at=now - seconds_of(since, least=0.0) if since else None,
            probe_ends=now + seconds_of(lease, most=PROBE_LEASE) if lease else None,
            epoch=int(epoch),
        )
        self._circuits[name] = circuit, now
        return circuit


def _change(before: str, after: str) -> tuple[CircuitState, CircuitState]:
    states: dict[str, CircuitState] = {"closed": "closed", "open": "open", "half_open": "half_open"}
    return states[before], states[after]
