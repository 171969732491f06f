"""Store in Redis or Valkey, which the clients of many processes and machines share.

Each decision is a script that Redis runs as one step. A request costs two round trips: one that admits it, one that tells what
its answer said of the limits. The circuit is looked at on the first of them.
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Literal
from uuid import uuid4
from weakref import WeakSet

from msgspec import Struct, field

from .._forks import reset_after_fork
from ..dispatcher import logger
from ..errors import ConfigurationError
from ..events import StoreRecovered, StoreUnavailable
from ..redis.connection import connect_blocking
from . import redis_scripts
from .circuits import PROBE_LEASE, PROBE_PAUSE, Circuit, Permit
from .limits import GUARD, LONGEST, PATIENCE, ROUNDING, Wait, Window
from .memory import MemoryStore

if TYPE_CHECKING:
    from ..dispatcher import Dispatcher
    from ..events import Event
    from ..redis.connection import BlockingRedisClient
    from ..runtime import Runtime
    from .circuits import CircuitBreaker, CircuitState
    from .entries import Cache, CacheStats, Change, Entry, Found
    from .limits import Budget, Limits, Observation, Priority, Reported
    from .status import LimitStatus

__all__ = ["RedisStore"]

_POLL = 0.15
"""Seconds after which to ask again if the answer to a request of another process decides."""

_LEASE = 60.0
"""Seconds for which a request counts as being on its way. A process that dies never tells that its requests have ended."""

_FRESH = 1.0
"""Seconds for which a circuit is taken to be as it was last seen, where no admission looks at it."""

_KEPT = 7_200_000
"""Milliseconds for which Redis keeps what is known of a limit or of a circuit, from the last change on: two hours."""

_MOST_NOTES = 1000
"""Notes for Redis that wait to be sent, at most."""

_MOST_ANNOUNCEMENTS = 10_000
"""Announcements that Redis keeps."""

_ANNOUNCED = 600_000
"""Milliseconds for which Redis keeps announcements, from the last one on."""

_CONSTANTS = {
    "guard": GUARD,
    "patience": PATIENCE,
    "rounding": ROUNDING,
    "longest": LONGEST,
    "lease": _LEASE,
    "ttl": _KEPT,
}

_Call = Callable[[], list[str]]


class _SharedPermit(Struct):
    """Permit of the circuit in Redis.

    Attributes:
        epoch: its epoch when the call began; None until an admission has looked at it.
        probe: the call probes the API for all machines.
    """

    epoch: int | None = None
    probe: bool = False


class _BothPermits(Permit, frozen=True):
    """Permit of both circuits: that of this machine's network, and that in Redis."""

    circuit: str = ""
    local: Permit = Permit(0)
    shared: _SharedPermit = field(default_factory=_SharedPermit)


class RedisStore:
    """Store in Redis or Valkey. The clients of all processes that are given one with the same prefix share it.

    Blocking and async clients take it, on asyncio and trio; the latter ask Redis on a thread. It decides as `MemoryStore`
    does, by the time of Redis. A lost connection to Buildkite counts for this process alone, so that the network of one
    machine opens no circuit for the others.

    Answers that a `cache=` keeps stay in the process, since they hold what its token may see. What another process changes is
    seen there when their time is over, or by a webhook event.

    A Redis that is slow or away makes no call fail. The clients go on with what this process knows, until Redis answers again.
    A `StoreUnavailable` and a `StoreRecovered` tell of it, once each, and so does the log.

    All keys have one hash tag, so a Redis Cluster keeps them on one node. Each expires.

    Args:
        client_or_url: a URL such as `redis://localhost:6379/0`, `rediss://…` with TLS, or `valkey://…`; or a `redis.Redis` or
            `redis.RedisCluster`, which stays yours to close, and whose timeouts hold instead of `timeout`. For Sentinel give the
            client of its master.
        prefix: the prefix of all keys in Redis.
        timeout: seconds within which Redis must answer.
        retry_after: seconds after which a Redis that didn't answer is tried again, in the background.
        clock: returns the time instead of Redis, for tests.

    Raises:
        ConfigurationError: redis-py isn't installed, or an argument can't be used. The first call raises it if Redis refuses
            the password, or if its certificate can't be verified.

    Example:
        >>> from buildkite_ext import BuildkiteClient
        >>> store = RedisStore("redis://:hunter2@redis.internal:6379/0")
        >>> store
        RedisStore('redis://redis.internal:6379/0', prefix='buildkite')
        >>> buildkite = BuildkiteClient("acme", token="bkua_0123", store=store)
    """

    def __init__(
        self,
        client_or_url: BlockingRedisClient | str,
        *,
        prefix: str = "buildkite",
        timeout: float = 0.25,
        retry_after: float = 3.0,
        clock: Callable[[], float] | None = None,
    ) -> None:
        for name, seconds in (("timeout", timeout), ("retry_after", retry_after)):
            if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds < float("inf"):
                raise ConfigurationError(f"{name}={seconds!r}: give seconds above 0.")
        if not isinstance(prefix, str) or not prefix or set(prefix) & set("{}"):
            raise ConfigurationError(f"prefix={prefix!r}: give a text without braces, which become the hash tag.")
        self._connection = connect_blocking(client_or_url, timeout=timeout)
        from ..redis.reconnect import REDIS_ERRORS, describe, is_permanent

        self._errors, self._describe, self._is_permanent = REDIS_ERRORS, describe, is_permanent
        self._scripts = {
            text: self._connection.client.register_script(text)
            for text in (getattr(redis_scripts, name) for name in redis_scripts.__all__)
        }
        self._prefix = prefix
        self._timeout = timeout
        self._retry_after = retry_after
        self._clock = clock
        self._identity = uuid4().hex
        """Tells the announcements of this process from those of others."""
        self._own = MemoryStore()
        """What this process knows: of limits all that its own requests learned, of circuits its own lost connections."""
        self._windows: dict[str, Window] = {}
        """Limits as Redis last told them."""
        self._circuits: dict[str, tuple[Circuit, float]] = {}
        """Circuits as Redis last told them, and when it did."""
        self._subscribers: WeakSet[Dispatcher[Event]] = WeakSet()
        self._state: Literal["up", "away", "back"] = "up"
        self._look_at = 0.0
        self._looking = False
        self._looked = threading.Event()
        """Set when a look has ended."""
        self._refusal: Exception | None = None
        """The error of the last look; None if Redis answered."""
        self._worked = False
        """True if Redis has answered, so that its URL, password and certificate are right."""
        self._lock = threading.Lock()
        self._aside: Counter[Limits] = Counter()
        """Number of requests that were admitted without Redis, and that haven't ended."""
        self._notes: deque[_Call] = deque(maxlen=_MOST_NOTES)
        """What Redis is to be told, while nobody waits for it."""
        self._writing = False
        self._untold: deque[Event] = deque()
        """Events that haven't been emitted."""
        reset_after_fork(self)

    def __repr__(self) -> str:
        return f"RedisStore({self._connection.label!r}, prefix={self._prefix!r})"

    def close(self) -> None:
        """Close the connections to Redis, unless the client is yours. A store that is used again opens new ones."""
        self._connection.close()

    def subscribe(self, events: Dispatcher[Event]) -> None:
        self._subscribers.add(events)

    # --- Limits

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

        answer = await self._ask(redis_scripts.ADMIT, self._keys(limits, permit), arguments, runtime, discard=give_back)
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
            return Wait(min(until, now + _POLL), for_answer=True, polls=True) if for_answer else Wait(until)
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
        answer = await self._ask(redis_scripts.ANSWERED, self._keys(limits, permit), arguments, runtime)
        if answer is not None:
            self._see(limits, permit, answer, runtime.now())

    def lost(self, limits: Limits, runtime: Runtime, *, sent: float, counted: bool) -> None:
        self._own.lost(limits, runtime, sent=sent, counted=counted)
        self._note_lost(limits, runtime, sent=sent, counted=counted)

    def limit_status(self, name: str, now: float) -> LimitStatus:
        window = self._windows.get(name)
        if window is None or self._state == "away":
            return self._own.limit_status(name, now)
        return window.status(now)

    def _note_lost(self, limits: Limits, runtime: Runtime, *, sent: float, counted: bool) -> None:
        arguments = {"counted_here": self._counts(limits, runtime.now() - sent), "counted": counted}
        self._tell(redis_scripts.LOST, self._keys(limits, None), arguments, runtime)

    def _counts(self, limits: Limits, age: float) -> bool:
        """Tell if Redis counts a request that has ended, and take it out of those that were admitted without Redis."""
        with self._lock:
            if self._aside[limits] > 0:
                self._aside[limits] -= 1
                return False
        return age < _LEASE

    def _keys(self, limits: Limits, permit: Permit | None) -> list[str]:
        names = [
            *(self._key(kind, limits.organization) for kind in ("window", "flights")),
            *(self._key(kind, limits.user) for kind in ("window", "flights")),
        ]
        return [*names, self._key("circuit", permit.circuit)] if isinstance(permit, _BothPermits) else names

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
        if isinstance(permit, _BothPermits):
            circuit = self._see_circuit(permit.circuit, told[10:14], now)
            if permit.shared.epoch is None and circuit.opened_at is None:
                permit.shared.epoch = circuit.epoch

    # --- Circuits

    async def permit(
        self, circuit: str, policy: CircuitBreaker, runtime: Runtime, *, admission: bool = False
    ) -> Permit | float:
        local = await self._own.permit(circuit, policy, runtime)
        if not isinstance(local, Permit):
            return local
        shared = self._known_permit(circuit, policy, runtime.now(), admission=admission)
        if shared is None:
            shared = await self._shared_permit(circuit, policy, runtime)
        if not isinstance(shared, _SharedPermit):
            self._own.release(circuit, local, runtime)
            return shared
        return _BothPermits(local.epoch, local.probe or shared.probe, circuit, local=local, shared=shared)

    def halted(self, circuit: str, permit: Permit) -> bool:
        assert isinstance(permit, _BothPermits)
        if self._own.halted(circuit, permit.local):
            return True
        seen = self._circuits.get(circuit)
        epoch = -1 if permit.shared.epoch is None else permit.shared.epoch
        return seen is not None and self._state == "up" and seen[0].halts(Permit(epoch))

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
        assert isinstance(permit, _BothPermits)
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
            told = await self._ask(redis_scripts.REPORT, [self._key("circuit", circuit)], arguments, runtime)
        if told is not None:
            self._see_circuit(circuit, told[2:], runtime.now())
        # An answer of the API, whichever it is, shows that this machine reaches it. Without Redis it counts here as it is.
        alone = not answered or self._state == "away"
        own = await self._own.report(circuit, permit.local, policy, runtime, failed=failed and alone)
        return _change(told[0], told[1]) if told is not None and told[0] else own

    def release(self, circuit: str, permit: Permit, runtime: Runtime) -> None:
        assert isinstance(permit, _BothPermits)
        self._own.release(circuit, permit.local, runtime)
        self._release_shared(permit, runtime)

    def circuit(self, name: str) -> Circuit:
        own, seen = self._own.circuit(name), self._circuits.get(name)
        return own if own.opened_at is not None or seen is None or self._state == "away" else seen[0]

    @property
    def caches(self) -> bool:
        """True if a client of this process may have asked for entries."""
        return self._own.caches

    async def cached(self, key: str, tags: frozenset[str], now: float, *, seconds: float) -> Found:
        return await self._own.cached(key, tags, now, seconds=seconds)

    async def keep(self, key: str, tags: frozenset[str], entry: Entry, version: int, policy: Cache) -> None:
        await self._own.keep(key, tags, entry, version, policy)

    async def change(self, change: Change, now: float) -> None:
        await self._own.change(change, now)

    @property
    def is_remote(self) -> bool:
        return True

    async def announce(self, name: str, runtime: Runtime) -> None:
        await self._own.announce(name, runtime)
        arguments = {"name": name, "by": self._identity, "most": _MOST_ANNOUNCEMENTS, "ttl": _ANNOUNCED}
        await self._ask(redis_scripts.ANNOUNCE, [self._key("announced", "builds")], arguments, runtime)

    def listen(self, receive: Callable[[str], None]) -> Callable[[], None]:
        return self._own.listen(receive)

    async def announced(self, position: str | None, runtime: Runtime) -> tuple[str | None, Sequence[str]]:
        arguments = {"position": position or "", "by": self._identity}
        told = await self._ask(redis_scripts.ANNOUNCED, [self._key("announced", "builds")], arguments, runtime)
        return (position, ()) if told is None else (told[0], told[1:])

    def cache_stats(self) -> CacheStats:
        return self._own.cache_stats()

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
        return left if is_fresh and left > 0 and self._state == "up" else None

    async def _shared_permit(self, circuit: str, policy: CircuitBreaker, runtime: Runtime) -> _SharedPermit | float:
        arguments = {"open_for": policy.open_for, "probe_pause": PROBE_PAUSE, "probe_lease": PROBE_LEASE}

        async def give_back(answer: list[str]) -> None:
            if answer[1] == "1":
                shared = _SharedPermit(int(answer[5]), probe=True)
                self._release_shared(_BothPermits(0, circuit=circuit, shared=shared), runtime)

        told = await self._ask(
            redis_scripts.PERMIT, [self._key("circuit", circuit)], arguments, runtime, discard=give_back
        )
        if told is None:
            return _SharedPermit()
        self._see_circuit(circuit, told[2:], runtime.now())
        left = float(told[0])
        return left if left > 0 else _SharedPermit(int(told[5]), probe=told[1] == "1")

    def _release_shared(self, permit: _BothPermits, runtime: Runtime) -> None:
        if permit.shared.probe:
            keys, arguments = [self._key("circuit", permit.circuit)], {"epoch": permit.shared.epoch}
            self._tell(redis_scripts.RELEASE, keys, arguments, runtime)

    def _has_failures(self, circuit: str) -> bool:
        seen = self._circuits.get(circuit)
        return seen is not None and seen[0].failures > 0

    def _see_circuit(self, name: str, told: Sequence[str], now: float) -> Circuit:
        failures, since, lease, epoch = told
        circuit = Circuit(
            failures=int(failures),
            opened_at=now - float(since) if since else None,
            probe_ends=now + float(lease) if lease else None,
            epoch=int(epoch),
        )
        self._circuits[name] = circuit, now
        return circuit

    # --- Redis

    def _key(self, kind: str, name: str) -> str:
        return f"{{{self._prefix}}}:{kind}:{name}"

    def _call(self, script: str, keys: list[str], arguments: dict[str, Any]) -> _Call:
        """Return a function that runs a script, on any thread, and returns its answer."""
        sent = _CONSTANTS | arguments
        if self._clock is not None:
            sent["now"] = self._clock()

        def call() -> list[str]:
            answer: Any = self._scripts[script](keys=keys, args=[json.dumps(sent)])
            return [each.decode("utf-8", "replace") if isinstance(each, bytes) else str(each) for each in answer]

        return call

    async def _ask(
        self,
        script: str,
        keys: list[str],
        arguments: dict[str, Any],
        runtime: Runtime,
        *,
        discard: Callable[[list[str]], Coroutine[Any, Any, object]] | None = None,
    ) -> list[str] | None:
        """Run a script and return its answer; None while Redis is away.

        Args:
            script, keys, arguments: the script and what it takes.
            runtime: the runtime of the client.
            discard: takes back what an answer says that comes although the caller was cancelled.
        """
        if not self._is_reachable():
            return None
        call = self._call(script, keys, arguments)

        def first_call() -> list[str]:
            self._meet()
            return call()

        work = call if self._worked else first_call
        try:
            if not runtime.real_time:
                return work()  # by another clock than the system's, time would pass while a thread works
            return await runtime.attempt(partial(runtime.offload, work), seconds=None, discard=discard or _drop)
        except self._errors as error:
            self._fail(error)
        self._announce()
        return None

    def _tell(self, script: str, keys: list[str], arguments: dict[str, Any], runtime: Runtime) -> None:
        """Run a script whose answer nobody waits for. An async caller goes on at once, since it may be cancelled already."""
        if self._state == "away" or not self._worked:
            return
        call = self._call(script, keys, arguments)
        if not runtime.blocking and runtime.real_time:
            self._notes.append(call)
            with self._lock:
                if self._writing:
                    return
                self._writing = True
            with suppress(RuntimeError):  # the interpreter ends
                threading.Thread(target=self._write_notes, name="buildkite-redis-notes").start()
            return
        self._write(call)

    def _write(self, call: _Call) -> None:
        try:
            call()
        except self._errors as error:
            self._notes.clear()
            with suppress(ConfigurationError):  # the next call says it
                self._fail(error)

    def _write_notes(self) -> None:
        while True:
            with self._lock:
                if not self._notes:
                    self._writing = False
                    return
                call = self._notes.popleft()
            self._write(call)

    def _is_reachable(self) -> bool:
        """Tell if Redis is to be asked. While it is away, see that it is tried now and then."""
        if self._untold:
            self._announce()
        if self._state == "up":
            return True
        with self._lock:
            if self._state == "away":
                if time.monotonic() >= self._look_at:
                    self._start_look()
                return False
            is_first = self._state == "back"
            self._state = "up"
        if is_first:
            logger.info("%s answers again.", self._connection.label)
            self._untold.append(StoreRecovered(self._connection.label))
            self._announce()
        return True

    def _meet(self) -> None:
        """Connect to Redis for the first time, on another thread: a name server that doesn't answer has no timeout.

        Raises:
            TimeoutError, redis.exceptions.RedisError: Redis doesn't answer.
        """
        with self._lock:
            self._start_look()
            looked = self._looked
        if not looked.wait(self._timeout):
            raise TimeoutError(f"no connection within {self._timeout:g} s")
        if self._refusal is not None:
            raise self._refusal

    def _start_look(self) -> None:
        """Ask Redis if it answers, unless that is being done. The caller holds the lock."""
        if not self._looking:
            self._looking, self._looked = True, threading.Event()
            threading.Thread(target=self._look, args=(self._looked,), name="buildkite-redis-look", daemon=True).start()

    def _look(self, looked: threading.Event) -> None:
        refusal: Exception | None = None
        try:
            self._connection.client.ping()
        except self._errors as error:
            refusal = error
        with self._lock:
            if refusal is None:
                self._worked = True
                self._state = "back" if self._state == "away" else self._state
            elif not self._worked and self._is_permanent(refusal):
                self._state = "up"  # the next call says what is wrong
            self._look_at = time.monotonic() + self._retry_after
            self._refusal, self._looking = refusal, False
        looked.set()

    def _fail(self, error: BaseException) -> None:
        """Take in that Redis didn't answer as it should.

        Raises:
            ConfigurationError: it can't be used with these settings.
        """
        with self._lock:
            if not self._worked and self._is_permanent(error):
                raise ConfigurationError(
                    f"{self._connection.label} can't be used as the store: {self._describe(error)}. Check its URL, its password "
                    "and its certificate."
                ) from error
            was_away = self._state == "away"
            self._state, self._look_at = "away", time.monotonic() + self._retry_after
        if not was_away:
            reason = self._describe(error)
            logger.warning(
                "%s doesn't answer as it should (%s): until it does, this process decides by what it knows itself.",
                self._connection.label,
                reason,
            )
            self._untold.append(StoreUnavailable(self._connection.label, reason))

    def _announce(self) -> None:
        """Emit what has happened, on the thread of a caller."""
        with suppress(IndexError):
            while True:
                event = self._untold.popleft()
                for events in list(self._subscribers):
                    events.emit(event)

    def _reset_after_fork(self) -> None:
        """Forget what is on its way: it is the parent's. redis-py replaces its connections itself."""
        self._lock = threading.Lock()
        self._identity = uuid4().hex
        self._aside.clear()
        self._notes.clear()
        self._writing = self._looking = self._worked = False


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


def _change(before: str, after: str) -> tuple[CircuitState, CircuitState]:
    states: dict[str, CircuitState] = {"closed": "closed", "open": "open", "half_open": "half_open"}
    return states[before], states[after]


async def _drop(_: object) -> None:
    """Leave an answer: nothing has to be taken back."""
