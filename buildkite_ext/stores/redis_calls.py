"""Calls of scripts in Redis: each within a time, and none while Redis is away, so that no caller waits for it.

What Redis is to be told while nobody waits for it goes on a thread. A Redis that is away is tried in the background.
"""

from __future__ import annotations

import json
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeVar
from uuid import uuid4
from weakref import WeakSet

from .._forks import reset_after_fork
from .._unfinished import shown_unfinished
from ..clock import LONGEST_SLEEP, check_seconds
from ..dispatcher import logger
from ..errors import ConfigurationError
from ..events import StoreRecovered, StoreUnavailable
from ..rate_limits import LONGEST
from ..redis.connection import connect_blocking
from . import redis_scripts
from .limits import FLIGHT_LEASE, GUARD, PATIENCE, ROUNDING

if TYPE_CHECKING:
    from ..dispatcher import Dispatcher
    from ..events import Event
    from ..redis.connection import BlockingRedisClient
    from ..runtime import Runtime

__all__ = ["RedisCalls", "seconds_of"]

_KEPT = 7_200_000
"""Milliseconds for which Redis keeps what is known of a limit or of a circuit, from the last change on: two hours."""

_MOST_NOTES = 1000
"""Notes for Redis that wait to be sent, at most."""

_CONSTANTS = {
    "guard": GUARD,
    "patience": PATIENCE,
    "rounding": ROUNDING,
    "longest": LONGEST,
    "lease": FLIGHT_LEASE,
    "share": 10,  # of the room of a limit, one part in so many is leased at most
    "ttl": _KEPT,
}

_Call = Callable[[], list[str]]
_T = TypeVar("_T")

_ODD = (ValueError, LookupError)
"""Errors of reading an answer that this package's own state doesn't give."""

_ODD_STATE = (
    "WRONGTYPE",
    "attempt to ",
    "is not an integer",
    "arguments must be strings",
    "bad argument",
    "index is nil",
)
"""Texts in the errors of scripts that read what this package didn't write."""


class RedisCalls:
    """Caller of the scripts of a store.

    Args:
        client_or_url: the client, or its URL.
        prefix: the prefix of all keys.
        timeout: seconds within which Redis must answer.
        retry_after: seconds after which a Redis that didn't answer is tried again.
        clock: returns the time instead of Redis; None for the time of Redis.

    Raises:
        ConfigurationError: redis-py isn't installed, or an argument can't be used.
    """

    def __init__(
        self,
        client_or_url: BlockingRedisClient | str,
        *,
        prefix: str,
        timeout: float,
        retry_after: float,
        clock: Callable[[], float] | None,
    ) -> None:
        for name, seconds in (("timeout", timeout), ("retry_after", retry_after)):
            check_seconds(name, seconds)
        if not isinstance(prefix, str) or not prefix or set(prefix) & set("{}"):
            raise ConfigurationError(f"prefix={prefix!r}: give a text without braces, which become the hash tag.")
        timeout = min(timeout, LONGEST_SLEEP)
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
        self.identity = uuid4().hex
        """Tells what this process announces from what others do."""
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
        self._went_away = False
        """True if calls have gone on without Redis."""
        self._was_odd = False
        """True if something was found in Redis that this package doesn't write, and was told."""
        self._lock = threading.RLock()  # the garbage collector may end a call of a closed event loop while it is held
        self._notes: deque[Callable[[], None]] = deque(maxlen=_MOST_NOTES)
        """What Redis is to be told, while nobody waits for it."""
        self._writing = False
        self._untold: deque[Event] = deque()
        """Events that haven't been emitted."""
        reset_after_fork(self)

    @shown_unfinished
    def __repr__(self) -> str:
        return f"{self._connection.label!r}, prefix={self._prefix!r}"

    @property
    def is_away(self) -> bool:
        """True while Redis is known not to answer."""
        return self._state == "away"

    @property
    def is_up(self) -> bool:
        """True while Redis answers, as far as is known."""
        return self._state == "up"

    def close(self) -> None:
        """Close the connections, unless the client is the user's."""
        self._connection.close()

    def subscribe(self, events: Dispatcher[Event]) -> None:
        """Emit to a client's events that Redis is away, and that it answers again."""
        self._subscribers.add(events)

    def key(self, kind: str, name: str) -> str:
        """Return a key in Redis."""
        return f"{{{self._prefix}}}:{kind}:{name}"

    def _call(self, script: str, keys: list[str], arguments: dict[str, Any]) -> _Call:
        """Return a function that runs a script, on any thread, and returns its answer."""
        sent = _CONSTANTS | arguments
        if self._clock is not None:
            sent["now"] = self._clock()

        def call() -> list[str]:
            answer: Any = self._scripts[script](keys=keys, args=[json.dumps(sent)])
            if not isinstance(answer, list):
                raise ValueError(f"a script answered {type(answer).__name__}")
            return [each.decode("utf-8", "replace") if isinstance(each, bytes) else str(each) for each in answer]

        return call

    async def ask(
        self,
        script: str,
        keys: list[str],
        arguments: dict[str, Any],
        runtime: Runtime,
        *,
        read: Callable[[list[str]], _T],
        discard: Callable[[list[str]], Coroutine[Any, Any, object]] | None = None,
    ) -> _T | None:
        """Run a script and return what its answer tells; None while Redis is away, or holds what can't be read.

        Args:
            script, keys, arguments: the script and what it takes.
            runtime: the runtime of the client.
            read: returns what an answer tells. It raises a ValueError for one that can't be right.
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
                return read(work())  # by another clock than the system's, time would pass while a thread works
            return read(await runtime.attempt(partial(runtime.offload, work), seconds=None, discard=discard))
        except Exception as error:
            if _is_odd(error):
                self._later(partial(self._delete, keys, self._describe(error)), runtime)
            else:
                self._fail(error)
        self._announce()
        return None

    def tell(self, script: str, keys: list[str], arguments: dict[str, Any], runtime: Runtime) -> None:
        """Run a script whose answer nobody waits for. An async caller goes on at once, since it may be cancelled already."""
        if self._state == "away" or not self._worked:
            return
        self._later(partial(self._write, self._call(script, keys, arguments), keys), runtime)

    def write(self, script: str, keys: list[str], arguments: dict[str, Any]) -> None:
        """Run a script on this thread, unless Redis is away, and leave its answer."""
        if not self.is_away:
            self._write(self._call(script, keys, arguments), keys)

    def _later(self, work: Callable[[], None], runtime: Runtime) -> None:
        """Call a function that tells Redis something: on this thread, or for an async caller on another one."""
        if runtime.blocking or not runtime.real_time:
            work()
            return
        self._notes.append(work)
        with self._lock:
            if self._writing:
                return
            self._writing = True
        try:
            threading.Thread(target=self._write_notes, name="buildkite-redis-notes").start()
        except RuntimeError:  # the interpreter ends, or the system has no room for a thread: the next note tries again
            self._writing = False

    def _write(self, call: _Call, keys: list[str]) -> None:
        try:
            call()
        except Exception as error:
            if _is_odd(error):
                self._delete(keys, self._describe(error))
                return
            self._notes.clear()
            with suppress(ConfigurationError):  # the next call says it
                self._fail(error)

    def _delete(self, keys: list[str], reason: str) -> None:
        """Delete what can't be read, so that it is as if Redis knew nothing, and say so once."""
        with self._lock:
            was_odd, self._was_odd = self._was_odd, True
        if not was_odd:
            logger.warning(
                "%s holds something under %s that isn't the state of clients (%s): it is deleted. If this comes again, another "
                "program uses these keys: give the store another prefix=.",
                self._connection.label,
                ", ".join(keys),
                reason,
            )
        try:
            self._connection.client.delete(*keys)
        except Exception as error:
            with suppress(ConfigurationError):
                self._fail(error)

    def _write_notes(self) -> None:
        while True:
            with self._lock:
                if not self._notes:
                    self._writing = False
                    return
                work = self._notes.popleft()
            work()

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
        """Ask Redis if it answers, unless that is being done. The caller holds the lock.

        A thread that can't be started is as a Redis that doesn't answer: the next look tries again.
        """
        if self._looking:
            return
        self._looking, self._looked = True, threading.Event()
        try:
            threading.Thread(target=self._look, args=(self._looked,), name="buildkite-redis-look", daemon=True).start()
        except RuntimeError as error:
            self._end_look(OSError(str(error)))
            self._looked.set()

    def _look(self, looked: threading.Event) -> None:
        refusal: Exception | None = None
        try:
            if not self._connection.client.ping():
                refusal = OSError("PING was answered by something else than PONG")
        except Exception as error:  # something else than Redis may answer
            refusal = error if isinstance(error, self._errors) else OSError(f"PING: {self._describe(error)}")
        with self._lock:
            if refusal is None:
                self._worked = True
                self._state = "back" if self._state == "away" else self._state
            self._end_look(refusal)
        looked.set()

    def _end_look(self, refusal: Exception | None) -> None:
        """Take in how a look ended. The caller holds the lock."""
        self._look_at = time.monotonic() + self._retry_after
        self._refusal, self._looking = refusal, False

    def _fail(self, error: BaseException) -> None:
        """Take in that Redis didn't answer as it should.

        Raises:
            ConfigurationError: it can't be used with these settings.
        """
        with self._lock:
            # Once calls have gone on without Redis, none of them fails by it: its request may have been sent.
            if not self._worked and not self._went_away and self._is_permanent(error):
                # Without its cause, since the frames of redis-py hold the password.
                raise ConfigurationError(
                    f"{self._connection.label} can't be used as the store: {self._describe(error)}. Check its URL, its password "
                    "and its certificate."
                ) from None
            was_away = self._state == "away"
            self._went_away = True
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
        self._lock = threading.RLock()
        self.identity = uuid4().hex
        self._notes.clear()
        self._writing = self._looking = self._worked = False


def seconds_of(told: str, *, least: float = -math.inf, most: float = math.inf) -> float:
    """Return the seconds that Redis tells.

    Raises:
        ValueError: they are no number, or can't be so many.
    """
    seconds = float(told)
    if not math.isfinite(seconds) or not least <= seconds <= most:
        raise ValueError(f"{told} s")
    return seconds


def _is_odd(error: Exception) -> bool:
    """Tell if an error is one of reading what this package didn't write, while Redis itself answers as it should."""
    return isinstance(error, _ODD) or any(text in str(error) for text in _ODD_STATE)
