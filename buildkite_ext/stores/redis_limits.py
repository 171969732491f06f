"""Limits in Redis: which requests may be sent, of all processes that count for the same limits."""

from __future__ import annotations

import atexit
import math
import threading
from collections import Counter, deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal
from weakref import WeakSet

from .._forks import reset_after_fork
from ..rate_limits import LONGEST
from . import redis_scripts
from .limits import FLIGHT_LEASE, PATIENCE, Wait, Window
from .redis_calls import seconds_of
from .redis_circuits import BothPermits, RedisCircuits

if TYPE_CHECKING:
    from ..runtime import Runtime
    from .circuits import Permit
    from .limits import Budget, Limits, Observation, Priority, Reported
    from .redis_calls import RedisCalls
    from .status import LimitStatus
    from .users import Users

__all__ = ["RedisLimits"]

_POLL = 0.15
"""Seconds after which to ask again if the answer to a request of another process decides."""


_HELD = 1.0
"""Seconds for which a request that is admitted ahead may be sent. Then it is given back."""


_LONGEST_WAIT = LONGEST + PATIENCE
"""Seconds from which on a wait can't be one for a limit."""

_REMEMBERED = 10_000
"""Maximum of tokens whose users Redis remembers."""


class RedisLimits(RedisCircuits):
    """Part of a store: the limits in Redis, and what this process knows of them while Redis is away.

    Args:
        calls: the calls of scripts in Redis.
        lot: maximum of requests that one round trip admits.
    """

    def __init__(self, calls: RedisCalls, *, lot: int) -> None:
        super().__init__(calls)
        self._lot = lot
        self._leases: dict[tuple[Limits, int], deque[float]] = {}
        """For limits and a reserve: the times until which requests may be sent that Redis has admitted ahead."""
        self._returning = False
        self._windows: dict[str, Window] = {}
        """Limits as Redis last told them."""
        self._lock = threading.RLock()  # the garbage collector may end a call of a closed event loop while it is held
        self._aside: Counter[Limits] = Counter()
        """Number of requests that were admitted without Redis, and that haven't ended."""
        reset_after_fork(self)
        _used.add(self)

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
        began = runtime.now()
        ahead = priority == "foreground" and not probe and self._lot > 1
        if ahead and self._takes(limits, policy.reserve, permit, began):
            return await self._own.admit(limits, policy, priority, runtime, probe=True)
        arguments: dict[str, Any] = {
            "reserve": policy.reserve,
            "background": priority == "background",
            "probe": probe,
            "lot": self._lot - 1 if ahead else 0,
            "unused": self._expired(limits, began),
        }
        if token is not None:
            arguments |= {
                "token": token[1],
                "user": self.users.name(*token) or "",
                "remembered": _REMEMBERED,
            }

        async def give_back(answer: list[str]) -> None:
            self._hold(limits, policy.reserve, answer[4:], runtime, began=began)
            if not answer[0]:
                self._note_lost(limits, runtime, sent=began, counted=False)

        def read(answer: list[str]) -> Wait | Literal["admitted"]:
            now = runtime.now()
            seconds, how, user, others = answer[:4]
            self._see(limits, permit, answer[5:], now)
            self._hold(limits, policy.reserve, answer[4:], runtime, began=began)
            if token is not None:
                self.users.hear(*token, user or None, others=others == "1")
            if not seconds:
                return "admitted"
            until = now + seconds_of(seconds, most=_LONGEST_WAIT)
            # The answer may come to another process, of which nothing here is told.
            if how == "1":
                return Wait(min(until, now + _POLL), for_answer=True, polls=True)
            return Wait(until, spread=how == "2")

        told = await self._calls.ask(
            redis_scripts.ADMIT, self._keys(limits, permit, token), arguments, runtime, read=read, discard=give_back
        )
        if told is None:
            wait = await self._own.admit(limits, policy, priority, runtime, probe=probe)
            if wait is None:
                with self._lock:
                    self._aside[limits] += 1
            return wait
        if told == "admitted":
            await self._own.admit(limits, policy, priority, runtime, probe=True)
            return None
        return told

    async def answered(
        self, limits: Limits, observation: Observation, runtime: Runtime, *, permit: Permit | None = None
    ) -> None:
        await self._own.answered(limits, observation, runtime, permit=permit)
        now = runtime.now()
        lot, reserve = self._wanted(limits, now)
        arguments = {
            "counted_here": self._counts(limits, now - observation.sent),
            "sent_ago": now - observation.sent,
            "arrived_ago": now - observation.arrived,
            "lot": lot,
            "reserve": reserve,
            "unused": self._expired(limits, now),
            **_reported("organization", observation.organization),
            **_reported("user", observation.user),
        }

        def read(answer: list[str]) -> None:
            self._see(limits, permit, answer[1:], runtime.now())
            self._hold(limits, reserve, answer, runtime, began=now)

        await self._calls.ask(redis_scripts.ANSWERED, self._keys(limits, permit), arguments, runtime, read=read)

    def lost(self, limits: Limits, runtime: Runtime, *, sent: float, counted: bool) -> None:
        self._own.lost(limits, runtime, sent=sent, counted=counted)
        self._note_lost(limits, runtime, sent=sent, counted=counted)

    @property
    def users(self) -> Users:
        return self._own.users

    def client_closed(self, runtime: Runtime) -> None:
        self._give_back(math.inf, runtime)

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
        return age < FLIGHT_LEASE - (_HELD if self._lot > 1 else 0.0)

    # --- Requests that are admitted ahead

    def _takes(self, limits: Limits, reserve: int, permit: Permit | None, now: float) -> bool:
        """Take a request that is admitted ahead, unless there is none, or what is known speaks against it."""
        if not self._calls.is_up or not self._is_closed(permit, now):
            return False
        with self._lock:
            held = self._leases.get((limits, reserve))
            if not held or held[0] <= now:
                return False
            for name in (limits.organization, limits.user):
                window = self._windows.get(name)
                if window is None or window.room(now, reserve=reserve) is not None:
                    return False
            held.popleft()
        if isinstance(permit, BothPermits) and permit.shared.epoch is None:
            permit.shared.epoch = self._circuits[permit.circuit][0].epoch
        return True

    def _hold(self, limits: Limits, reserve: int, told: Sequence[str], runtime: Runtime, *, began: float) -> None:
        """Hold the requests that Redis has admitted ahead, until their window ends, but for a second at most.

        Args:
            limits, reserve: what they were admitted for.
            told: their number, and both windows.
            runtime: the runtime of the client.
            began: the time at which Redis was asked.
        """
        number = int(told[0])
        if number:
            ends = began + min(_HELD, float(told[3]), float(told[8]))
            with self._lock:
                self._leases.setdefault((limits, reserve), deque()).extend([ends] * number)
            self._return_later(runtime)

    def _wanted(self, limits: Limits, now: float) -> tuple[int, int]:
        """Return how many requests Redis is to admit ahead when an answer is told, and the reserve of their policy."""
        with self._lock:
            for (held_limits, reserve), held in self._leases.items():
                if held_limits == limits:
                    return self._lot - 1 - sum(ends > now for ends in held), reserve
        return 0, 0

    def _expired(self, limits: Limits, now: float) -> int:
        """Forget the requests that may no longer be sent, and return their number."""
        if not self._leases:
            return 0
        with self._lock:
            return self._drop_expired(limits, now)

    def _drop_expired(self, limits: Limits, now: float) -> int:
        number = 0
        for (held_limits, _), held in self._leases.items():
            while held_limits == limits and held and held[0] <= now:
                held.popleft()
                number += 1
        return number

    def _return_later(self, runtime: Runtime) -> None:
        """Give back after a second what isn't sent. By another clock than the system's the next request does it."""
        with self._lock:
            if self._returning or not runtime.real_time:
                return
            self._returning = True
        timer = threading.Timer(_HELD * 1.05, self._return, [runtime])
        timer.daemon = True
        try:
            timer.start()
        except RuntimeError:  # the interpreter ends, or the system has no room for a thread: the next request does it
            self._returning = False

    def _return(self, runtime: Runtime) -> None:
        self._returning = False
        self._give_back(runtime.now())
        if any(self._leases.values()):
            self._return_later(runtime)

    def _give_back(self, now: float, runtime: Runtime | None = None) -> None:
        """Give back all requests that may no longer be sent at a time; without a runtime on this thread."""
        with self._lock:
            unused = {limits: self._drop_expired(limits, now) for limits, _ in self._leases}
            self._leases = {key: held for key, held in self._leases.items() if held}
        for limits, number in unused.items():
            if not number:
                continue
            told = redis_scripts.GIVE_BACK, self._keys(limits, None), {"unused": number}
            if runtime is None:
                self._calls.write(*told)
            else:
                self._calls.tell(*told, runtime)

    def _keys(self, limits: Limits, permit: Permit | None, token: tuple[str, str] | None = None) -> list[str]:
        names = [
            *(self._calls.key(kind, limits.organization) for kind in ("window", "flights")),
            *(self._calls.key(kind, limits.user) for kind in ("window", "flights")),
        ]
        if token is not None:
            names.append(self._calls.key("tokens", token[0]))
        return [*names, self._calls.key("circuit", permit.circuit)] if isinstance(permit, BothPermits) else names

    def _see(self, limits: Limits, permit: Permit | None, told: Sequence[str], now: float) -> None:
        """Take in both windows and the circuit as Redis tells them."""
        windows = _window(told[0:5], now), _window(told[5:10], now)
        self._windows[limits.organization], self._windows[limits.user] = windows
        if isinstance(permit, BothPermits):
            circuit = self._see_circuit(permit.circuit, told[10:14], now)
            if permit.shared.epoch is None and circuit.opened_at is None:
                permit.shared.epoch = circuit.epoch

    def _reset_after_fork(self) -> None:
        """Forget what is on its way: it is the parent's."""
        self._lock = threading.RLock()
        self._aside.clear()
        self._leases, self._returning = {}, False


_used: WeakSet[RedisLimits] = WeakSet()


@atexit.register
def _give_back_at_exit() -> None:
    """Give back what this process won't send any more. It would count as being on its way for a minute."""
    for limits in list(_used):
        limits._give_back(math.inf)


def _window(told: Sequence[str], now: float) -> Window:
    """Return a window as Redis tells it."""
    limit, remaining, left, in_flight, scope = told
    return Window(
        limit=int(limit) if limit else None,
        remaining=int(remaining) if remaining else None,
        ends=now + seconds_of(left, most=_LONGEST_WAIT),
        in_flight=int(in_flight),
        scope=scope,
    )


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
