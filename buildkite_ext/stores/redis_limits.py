"""Limits in Redis: which requests may be sent, of all processes that count for the same limits."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .._forks import reset_after_fork
from . import redis_scripts
from .limits import Wait, Window
from .redis_calls import FLIGHT_LEASE
from .redis_circuits import BothPermits, RedisCircuits

if TYPE_CHECKING:
    from ..runtime import Runtime
    from .circuits import Permit
    from .limits import Budget, Limits, LimitStatus, Observation, Priority, Reported
    from .redis_calls import RedisCalls

__all__ = ["RedisLimits"]

_POLL = 0.15
"""Seconds after which to ask again if the answer to a request of another process decides."""


class RedisLimits(RedisCircuits):
    """Part of a store: the limits in Redis, and what this process knows of them while Redis is away.

    Args:
        calls: the calls of scripts in Redis.
    """

    def __init__(self, calls: RedisCalls) -> None:
        super().__init__(calls)
        self._windows: dict[str, Window] = {}
        """Limits as Redis last told them."""
        self._lock = threading.Lock()
        self._aside: Counter[Limits] = Counter()
        """Number of requests that were admitted without Redis, and that haven't ended."""
        reset_after_fork(self)

    async def admit(
        self,
        limits: Limits,
        policy: Budget,
        priority: Priority,
        runtime: Runtime,
        *,
        probe: bool = False,
        permit: Permit | None = None,
    ) -> Wait | None:
        began = runtime.now()
        arguments = {"reserve": policy.reserve, "background": priority == "background", "probe": probe}

        async def give_back(answer: list[str]) -> None:
            if not answer[0]:
                self._note_lost(limits, runtime, sent=began, counted=False)

        answer = await self._calls.ask(
            redis_scripts.ADMIT, self._keys(limits, permit), arguments, runtime, discard=give_back
        )
        if answer is None:
            wait = await self._own.admit(limits, policy, priority, runtime, probe=probe)
            if wait is None:
                with self._lock:
                    self._aside[limits] += 1
            return wait
        now = runtime.now()
        self._see(limits, permit, answer[2:], now)
        if answer[0]:
            until, for_answer = now + float(answer[0]), answer[1] == "1"
            # The answer may come to another process, of which nothing here is told.
            if for_answer:
                return Wait(min(until, now + _POLL), for_answer=True, polls=True)
            return Wait(until, spread=answer[1] == "2")
        await self._own.admit(limits, policy, priority, runtime, probe=True)
        return None

    async def answered(
        self, limits: Limits, observation: Observation, runtime: Runtime, *, permit: Permit | None = None
    ) -> None:
        await self._own.answered(limits, observation, runtime, permit=permit)
        now = runtime.now()
        arguments = {
            "counted_here": self._counts(limits, now - observation.sent),
            "sent_ago": now - observation.sent,
            "arrived_ago": now - observation.arrived,
            **_reported("organization", observation.organization),
            **_reported("user", observation.user),
        }
        answer = await self._calls.ask(redis_scripts.ANSWERED, self._keys(limits, permit), arguments, runtime)
        if answer is not None:
            self._see(limits, permit, answer, runtime.now())

    def lost(self, limits: Limits, runtime: Runtime, *, sent: float, counted: bool) -> None:
        self._own.lost(limits, runtime, sent=sent, counted=counted)
        self._note_lost(limits, runtime, sent=sent, counted=counted)

    def limit_status(self, name: str, now: float) -> LimitStatus:
        window = self._windows.get(name)
        if window is None or self._calls.is_away:
            return self._own.limit_status(name, now)
        return window.status(now)

    def _note_lost(self, limits: Limits, runtime: Runtime, *, sent: float, counted: bool) -> None:
        arguments = {"counted_here": self._counts(limits, runtime.now() - sent), "counted": counted}
        self._calls.tell(redis_scripts.LOST, self._keys(limits, None), arguments, runtime)

    def _counts(self, limits: Limits, age: float) -> bool:
        """Tell if Redis counts a request that has ended, and take it out of those that were admitted without Redis."""
        with self._lock:
            if self._aside[limits] > 0:
                self._aside[limits] -= 1
                return False
        return age < FLIGHT_LEASE

    def _keys(self, limits: Limits, permit: Permit | None) -> list[str]:
        names = [
            *(self._calls.key(kind, limits.organization) for kind in ("window", "flights")),
            *(self._calls.key(kind, limits.user) for kind in ("window", "flights")),
        ]
        return [*names, self._calls.key("circuit", permit.circuit)] if isinstance(permit, BothPermits) else names

    def _see(self, limits: Limits, permit: Permit | None, told: Sequence[str], now: float) -> None:
        """Take in both windows and the circuit as Redis tells them."""
        for name, fields in ((limits.organization, told[0:5]), (limits.user, told[5:10])):
            limit, remaining, left, in_flight, scope = fields
            self._windows[name] = Window(
                limit=int(limit) if limit else None,
                remaining=int(remaining) if remaining else None,
                ends=now + float(left),
                in_flight=int(in_flight),
                scope=scope,
            )
        if isinstance(permit, BothPermits):
            circuit = self._see_circuit(permit.circuit, told[10:14], now)
            if permit.shared.epoch is None and circuit.opened_at is None:
                permit.shared.epoch = circuit.epoch

    def _reset_after_fork(self) -> None:
        """Forget what is on its way: it is the parent's."""
        self._lock = threading.Lock()
        self._aside.clear()


def _reported(name: str, reported: Reported | None) -> dict[str, object]:
    if reported is None:
        return {}
    return {
        name: {
            "limit": reported.limit,
            "remaining": reported.remaining,
            "reset": reported.reset,
            "scope": reported.scope,
        }
    }
