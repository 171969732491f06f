"""Budget: the stage in which each attempt waits until the rate limits have room for it.

Requests that count for the same limits wait in one line. The first of a line asks the store, and the others wait for their turn.
"""

from __future__ import annotations

import hashlib
import math
import threading
from collections import deque
from itertools import chain, count, islice
from typing import TYPE_CHECKING, Literal
from weakref import WeakKeyDictionary

from buildkite_api.types import Secret
from msgspec import Struct, field

from .._forks import reset_after_fork
from ..errors import BudgetExhausted, BuildkiteError, ConnectionFailed, DeadlineExceeded
from ..stores.limits import Limits, observation_of
from ..urls import path_of
from .context import CircuitMoved, RequestContext, context_of, organization_of
from .deadline import Deadline
from .users import PATH, user_of

if TYPE_CHECKING:
    import httpx

    from ..dispatcher import Dispatcher
    from ..events import Event
    from ..runtime import Runtime, Send, Signal
    from ..stores.base import Store
    from ..stores.limits import Budget, Priority, Wait
    from ..stores.status import BudgetStatus
    from .auth import SignStage, TokenFunction
    from .closing import Closing

__all__ = ["BudgetStage", "Lines", "Waiter", "exhausted", "lines_of", "signer_of", "token_identity"]


_TIMEOUTS = {"connect": 5.0, "read": 5.0, "write": 5.0, "pool": 5.0}
"""Timeouts of a request of the library's own, in seconds."""

_LEARNING = 5.0
"""Seconds in which the user of a token is learned. After that the token counts as a user of its own."""

_OVERDUE = 0.5
"""Seconds after which a request that hasn't taken its turn, or hasn't looked at its line, is passed over."""

_NEAR = 20
"""Number of requests at the head of a line that look at it often, so that a long line takes little time."""

_LOOKS, _LOOKS_FAR = 0.5, 5.0
"""Seconds after which a waiting request looks at its line again: one near its head, and one further back."""

_LONG_GAP = 10.0
"""Seconds between two requests in the background from which the second one is held up, and no longer only spread."""


class Waiter(Struct, eq=False):
    """Request that waits for its turn.

    Attributes:
        limits: the limits that it waits for.
        reserve: the reserve of its policy.
        priority: its priority.
        number: tells it from those that came before and after it.
        due: the time at which it is to ask, or to look at its line; infinite while that isn't known.
        signal: set when it may ask.
        passed_over: it hasn't taken its turn, so that it stands in no line until it does.
    """

    limits: Limits
    reserve: int
    priority: Priority
    number: int
    due: float
    signal: Signal | None = None
    passed_over: bool = False

    def wake(self) -> None:
        """Set its signal."""
        if self.signal is not None:
            self.signal.set()

    def is_absent(self, now: float) -> bool:
        """Tell if it can't take its turn: its event loop has ended, or is blocked, so that it hasn't looked in time."""
        return now > self.due + _OVERDUE or (self.signal is not None and not self.signal.is_alive)


class _Line(Struct):
    """Requests that wait for the same limits with the same reserve. Those in the background wait behind all others."""

    foreground: deque[Waiter] = field(default_factory=deque)
    background: deque[Waiter] = field(default_factory=deque)

    def queue(self, waiter: Waiter) -> deque[Waiter]:
        """Return the part of the line in which a waiter stands."""
        return self.foreground if waiter.priority == "foreground" else self.background

    @property
    def first(self) -> Waiter | None:
        waiting = self.foreground or self.background
        return waiting[0] if waiting else None

    def is_near(self, waiter: Waiter) -> bool:
        """Tell if a waiter stands near the head."""
        return any(each is waiter for each in islice(chain(self.foreground, self.background), _NEAR))

    def put_back(self, waiter: Waiter) -> None:
        """Put a waiter that was passed over where it stood, in front of those that came later."""
        queue = self.queue(waiter)
        queue.insert(sum(each.number < waiter.number for each in queue), waiter)

    def wake(self, now: float) -> None:
        """Let the first ask."""
        if (first := self.first) is not None:
            first.due = min(first.due, now)
            first.wake()


class Lines:
    """Lines of the requests that wait for rate limits, of all clients that share a store in a process.

    Event loops of several threads wait in one line. A request whose loop is blocked or closed holds up none behind it: each
    looks at its line now and then, wherever it stands. So one that hasn't looked in time can't take its turn, and any that looks
    passes over all such requests in front of it.
    """

    def __init__(self) -> None:
        self._numbers = count()
        self.changes = 0
        """Number of answers and ends that may have made room, since a request has waited."""
        self._reset_after_fork()
        reset_after_fork(self)

    def join(self, limits: Limits, reserve: int, priority: Priority, now: float) -> Waiter:
        """Return a new waiter, the last of its line.

        Requests with another reserve stand in another line: a limit that is exhausted for one of them isn't for all.
        """
        waiter = Waiter(limits, reserve, priority, next(self._numbers), due=now)
        with self._lock:
            line = self._lines.setdefault((limits, reserve), _Line())
            line.queue(waiter).append(waiter)
        return waiter

    def leave(self, waiter: Waiter, now: float) -> None:
        """Remove a waiter, and let the one behind it take its turn."""
        with self._lock:
            line = self._lines.get((waiter.limits, waiter.reserve))
            if line is None:
                return
            if waiter in line.queue(waiter):
                line.queue(waiter).remove(waiter)
            if line.first is None:
                del self._lines[waiter.limits, waiter.reserve]
            else:
                line.wake(now)

    def is_first(self, waiter: Waiter, now: float) -> bool:
        """Tell if it is a waiter's turn, so that it asks now. Those that don't take theirs are passed over."""
        with self._lock:
            line = self._lines.setdefault((waiter.limits, waiter.reserve), _Line())
            if waiter.passed_over:
                waiter.passed_over = False
                line.put_back(waiter)
            waiter.due = now
            while (first := line.first) is not None and first is not waiter and first.is_absent(now):
                line.queue(first).popleft()
                first.passed_over = True
                first.wake()
                line.wake(now)
            return first is waiter

    def listen(
        self, waiter: Waiter, signal: Signal, *, first: bool, changes: int, until: float, now: float | None
    ) -> float | None:
        """Set a signal when a waiter may ask.

        Args:
            waiter: the waiter.
            signal: the signal.
            first, changes: what the waiter found when it asked.
            until: the time at which it asks again.
            now: the time, if the waits for signals take time by the same clock.

        Returns:
            The seconds after which to look at the line again, if the signal isn't set before; infinite for the first. None if the
            waiter may ask already, since something changed meanwhile.
        """
        with self._lock:
            waiter.signal = signal
            line = self._lines.get((waiter.limits, waiter.reserve))
            if line is None or waiter.passed_over or (line.first is waiter) != first or self.changes != changes:
                return None
            if first:
                waiter.due = until
                return math.inf
            seconds = _LOOKS if line.is_near(waiter) else _LOOKS_FAR
            waiter.due = math.inf if now is None else now + seconds
            return seconds

    @property
    def busy(self) -> bool:
        """True if requests wait."""
        return bool(self._lines)

    def wake(self, now: float) -> None:
        """Let the first of each line ask again, since something may have made room."""
        if not self._lines:
            return
        with self._lock:
            self.changes += 1
            for line in self._lines.values():
                line.wake(now)

    def waiting(self, limits: Limits) -> int:
        """Return the number of requests that wait."""
        with self._lock:
            lines = [line for (of, _), line in self._lines.items() if of == limits]
            return sum(len(line.foreground) + len(line.background) for line in lines)

    def _reset_after_fork(self) -> None:
        self._lock = threading.RLock()  # the garbage collector may end a call of a closed event loop while it is held
        self._lines: dict[tuple[Limits, int], _Line] = {}


_lines: WeakKeyDictionary[Store, Lines] = WeakKeyDictionary()


def lines_of(store: Store) -> Lines:
    """Return the lines of the requests of this process that wait for the limits of a store."""
    # Without a lock, which a forked process might inherit while it is taken: of two that threads make, one is kept.
    return _lines.get(store) or _lines.setdefault(store, Lines())


class BudgetStage:
    """Stage that sends an attempt when the limits of its organization and of its user have room.

    It is below Retry: each attempt counts. A request that probes the API for the circuit breaker waits for no limit.

    Args:
        policy: the policy.
        priority: the priority of requests whose context has none.
        store: what is known of the limits.
        lines: the requests that wait.
        token: the token, or the function that returns it.
        sign: the stage that signs, which knows the current token.
        ask: sends a request of the library's own, signed, without the other stages.
        root: the root of the API.
        organization: the organization of requests whose path has none.
        events: gets a `RateLimitWait` for each wait that holds up its request: see `_holds_up`.
        closing: ends the waits when the client is closed.
    """

    def __init__(
        self,
        policy: Budget,
        *,
        priority: Priority,
        store: Store,
        lines: Lines,
        token: Secret | TokenFunction,
        sign: SignStage,
        ask: Send,
        root: str,
        organization: str | None,
        events: Dispatcher[Event],
        closing: Closing,
    ) -> None:
        self._closing = closing
        self._policy = policy
        self._priority: Priority = priority
        self._store = store
        self._lines = lines
        self._root = root
        self._sign = sign
        self._ask = ask
        self._identity = token_identity(token) if isinstance(token, Secret) else None
        """Identity of the token. That of a function is the identity of the first token that it returns."""
        self._nobody = token_identity(token)
        self._organization = organization or ""
        self._known: dict[tuple[str, str], Limits] = {}
        self._events = events

    def __repr__(self) -> str:
        return repr(self._policy)

    def limits(self, organization: str = "") -> Limits:
        """Return the limits of requests for an organization."""
        identity = self._identity or self._nobody
        user = self._store.users.name(self._root, identity) or identity
        limits = self._known.get((organization, user))
        if limits is None:
            slug = (organization or self._organization).lower()  # another spelling is no other organization
            limits = Limits(f"organization {slug} at {self._root}", f"user {user} at {self._root}")
            self._known[organization, user] = limits
        return limits

    def status(self, now: float, organization: str = "") -> BudgetStatus:
        """Return what is known of the limits of an organization, by default that of the client, and of the user."""
        from ..stores.status import BudgetStatus  # here: most programs never ask

        limits = self.limits(organization)
        return BudgetStatus(
            self._store.limit_status(limits.organization, now),
            self._store.limit_status(limits.user, now),
            self._lines.waiting(limits),
        )

    async def __call__(self, request: httpx.Request, send: Send, runtime: Runtime) -> httpx.Response:
        context = context_of(request)
        organization = organization_of(request)
        identity = self._identity
        if identity is None:
            context.token = await self._sign.token(request, runtime)
            identity = self._identity = token_identity(context.token)
        if self._store.users.meet(self._root, identity, runtime.now()):
            await self._learn_user(identity, self.limits(organization), context, runtime)
        limits = self.limits(organization)
        sent = runtime.now()
        if self._lines.busy or await self._admit(context, limits, runtime) is not None:
            await self._admitted(request, context, limits, runtime)
            sent = runtime.now()
        return await self._counted(request, send, context, limits, runtime, sent=sent)

    async def _counted(
        self,
        request: httpx.Request,
        send: Send,
        context: RequestContext,
        limits: Limits,
        runtime: Runtime,
        *,
        sent: float,
    ) -> httpx.Response:
        """Send a request that is counted, and take in what its answer tells."""
        context.sent, answered = False, False
        try:
            if context.halted is not None and context.halted():
                raise CircuitMoved
            response = await send(request)
            answered = True
        except ConnectionFailed:
            context.sent = False
            raise
        finally:
            if not answered:
                self._store.lost(limits, runtime, sent=sent, counted=context.sent)
                self._lines.wake(runtime.now())
        observation = observation_of(response, sent=sent, arrived=runtime.now())
        await self._store.answered(limits, observation, runtime, permit=context.permit)
        self._lines.wake(runtime.now())
        return response

    async def _learn_user(self, identity: str, limits: Limits, context: RequestContext, runtime: Runtime) -> None:
        """Ask for the user of a token, if a request may go at once. Its failure is none of the caller's request."""
        import httpx

        users, token = self._store.users, (self._root, identity)
        asked = False
        try:
            own = RequestContext()
            own.begin(context.sleeps)
            sent = runtime.now()
            if await self._store.admit(limits, self._policy, "foreground", runtime, token=token) is not None:
                return  # the next request of this token asks
            if users.name(*token) is not None:  # another process has asked
                self._store.lost(limits, runtime, sent=sent, counted=False)
                return
            headers = {"Accept": "application/json"}
            request = httpx.Request("GET", self._root + PATH, headers=headers, extensions={"timeout": _TIMEOUTS})
            own.deadline = Deadline(sent + _LEARNING, _LEARNING)  # also for calls without a timeout
            if context.deadline is not None and context.deadline.ends < own.deadline.ends:
                own.deadline = context.deadline
            own.attach(request)
            response = await self._counted(request, self._ask, own, limits, runtime, sent=sent)
            answered = response.status_code < 500 and response.status_code != 429
            users.learn(*token, user_of(response), runtime.now(), answered=answered)
            asked = True
        except BuildkiteError:
            users.learn(*token, None, runtime.now(), answered=False)
            asked = True
        finally:
            if not asked:
                users.forget(*token)

    async def _admit(self, context: RequestContext, limits: Limits, runtime: Runtime) -> Wait | None:
        assert self._identity is not None
        return await self._store.admit(
            limits,
            self._policy,
            context.priority or self._priority,
            runtime,
            token=(self._root, self._identity),
            probe=context.probe,
            permit=context.permit,
        )

    async def _admitted(
        self, request: httpx.Request, context: RequestContext, limits: Limits, runtime: Runtime
    ) -> None:
        """Wait until the request is counted as sent."""
        lines, joined = self._lines, runtime.now()
        waiter = lines.join(limits, self._policy.reserve, context.priority or self._priority, joined)
        longest = math.inf if self._policy.max_wait is None else max(0.0, self._policy.max_wait - context.waited)
        context.waits_since = joined
        told = False
        try:
            while True:
                self._closing.check()
                changes, first, wait = lines.changes, lines.is_first(waiter, runtime.now()), None
                if first or context.probe:
                    wait = await self._admit(context, limits, runtime)
                    if wait is None:
                        break
                now = runtime.now()
                ends = min(_end_of(context), joined + longest)
                if now >= ends or (wait is not None and not wait.for_answer and wait.until > ends):
                    until = now if wait is None else wait.until
                    if ends == joined + longest:
                        raise exhausted(
                            request, self._policy, context.waited + until - joined, retry_after=until - ends, was="sent"
                        )
                    raise _late(request, context, until - joined)
                if wait is not None and not told and _holds_up(wait, now):
                    told = True
                    self._tell(request, context, wait.until - now)
                signal, until = runtime.signal(), min(ends, math.inf if wait is None else wait.until)
                now_of_signals = runtime.now() if runtime.real_time else None
                most = lines.listen(waiter, signal, first=first, changes=changes, until=until, now=now_of_signals)
                if most is not None:
                    await self._pause(signal, wait, until, runtime, most=most)
        finally:
            lines.leave(waiter, runtime.now())
            context.waits_since = None
            context.wait_for_limit(runtime.now() - joined)

    async def _pause(self, signal: Signal, wait: Wait | None, until: float, runtime: Runtime, *, most: float) -> None:
        """Wait until the request may ask again, at a time that is known, or when another request has ended."""
        if runtime.real_time or wait is None or (wait.for_answer and not wait.polls):
            # Only the system's clock is that of the signal: by another one the end of the other request is waited for.
            seconds = min(most, max(0.0, until - runtime.now())) if runtime.real_time else most
            ignore = self._closing.tell(signal.set)
            try:
                await signal.wait(seconds if seconds < math.inf else None)
            finally:
                ignore()
        else:
            await runtime.sleep(max(0.0, until - runtime.now()))

    def _tell(self, request: httpx.Request, context: RequestContext, pause: float) -> None:
        from ..events import RateLimitWait  # here: few requests wait

        operation = context.operation
        self._events.emit(
            RateLimitWait(
                method=request.method,
                path=path_of(request),
                operation=operation.id if operation is not None else None,
                pause=pause,
            )
        )


def _end_of(context: RequestContext) -> float:
    """Return the time until which the deadline of a call allows it to wait; infinite without one that includes the wait."""
    ends = math.inf if context.ends is None else context.ends
    if context.deadline is not None and not context.deadline.from_admission:
        ends = min(ends, context.deadline.ends)
    return ends


def exhausted(
    request: httpx.Request, policy: Budget, seconds: float, *, retry_after: float, was: Literal["sent", "done"]
) -> BudgetExhausted:
    """Return the error of a call that would have to wait for the rate limit for longer than its policy allows.

    Args:
        request: its request.
        policy: its policy.
        seconds: the seconds for which it would wait in all.
        retry_after: the seconds after which it waits no longer than allowed.
        was: what wasn't done yet.
    """
    return BudgetExhausted(
        f"{request.method} {path_of(request)}: the rate limit is exhausted, and the next request may be sent in "
        f"{seconds:.0f} s, later than the {policy.max_wait:g} s of Budget(max_wait=). Nothing was {was}.",
        retry_after=max(0.0, retry_after),
    )


def _late(request: httpx.Request, context: RequestContext, seconds: float) -> DeadlineExceeded:
    assert context.deadline is not None  # a call without one has no end
    return DeadlineExceeded(
        f"{request.method} {path_of(request)}: the rate limit is exhausted, and the next request may be sent in "
        f"{seconds:.0f} s, past the {context.deadline.seconds:g} s allowed for the call. Nothing was sent. A longer timeout= "
        "waits for it."
    )


def _holds_up(wait: Wait, now: float) -> bool:
    """Tell if a wait is worth an event: the limit is exhausted, or the gap between requests in the background is long."""
    return not wait.for_answer and (not wait.spread or wait.until - now > _LONG_GAP)


def token_identity(source: Secret | TokenFunction) -> str:
    """Return a text that tells a token from others and doesn't show it. A function that returns tokens is one identity."""
    if isinstance(source, Secret):
        return hashlib.sha256(source.reveal().encode()).hexdigest()[:16]
    return f"function {id(source):x}"


def signer_of(request: httpx.Request) -> str | None:
    """Return the identity of the token that a request was signed with; None if it wasn't signed."""
    if "Authorization" not in request.headers:
        return None
    return token_identity(Secret(request.headers["Authorization"].removeprefix("Bearer ")))  # no variable holds it
