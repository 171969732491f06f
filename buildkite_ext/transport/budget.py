"""Budget: the stage in which each attempt waits until the rate limits have room for it.

Requests that count for the same limits wait in one line. The first of a line asks the store, and the others wait for their turn.
"""

from __future__ import annotations

import hashlib
import math
import threading
from collections import deque
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
from .users import PATH, Users, user_of

if TYPE_CHECKING:
    import httpx

    from ..dispatcher import Dispatcher
    from ..events import Event
    from ..runtime import Runtime, Send, Signal
    from ..stores.base import Store
    from ..stores.limits import Budget, Priority, Wait
    from ..stores.status import BudgetStatus
    from .auth import SignStage, TokenFunction

__all__ = ["BudgetStage", "Lines", "Waiter", "lines_of", "signer_of", "token_identity"]


_TIMEOUTS = {"connect": 5.0, "read": 5.0, "write": 5.0, "pool": 5.0}
"""Timeouts of a request of the library's own, in seconds."""

_LEARNING = 5.0
"""Seconds in which the user of a token is learned. After that the token counts as a user of its own."""

_LONG_GAP = 10.0
"""Seconds between two requests in the background from which the second one is held up, and no longer only spread."""


class Waiter(Struct, eq=False):
    """Request that waits for its turn."""

    signal: Signal | None = None


class _Line(Struct):
    """Requests that wait for the same limits. Those in the background wait behind all others."""

    foreground: deque[Waiter] = field(default_factory=deque)
    background: deque[Waiter] = field(default_factory=deque)

    @property
    def first(self) -> Waiter | None:
        waiting = self.foreground or self.background
        return waiting[0] if waiting else None

    def wake(self) -> None:
        """Set the signal of the first."""
        first = self.first
        if first is not None and first.signal is not None:
            first.signal.set()


class Lines:
    """Lines of the requests that wait for rate limits, of all clients that share a store in a process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lines: dict[Limits, _Line] = {}
        self.users = Users()
        """Users of the tokens of these clients."""
        self.changes = 0
        """Number of answers and ends that may have made room, since a request has waited."""
        reset_after_fork(self)

    def join(self, limits: Limits, priority: Priority) -> Waiter:
        """Return a new waiter, the last of its line."""
        waiter = Waiter()
        with self._lock:
            line = self._lines.get(limits)
            if line is None:
                line = self._lines[limits] = _Line()
            (line.foreground if priority == "foreground" else line.background).append(waiter)
        return waiter

    def leave(self, limits: Limits, waiter: Waiter) -> None:
        """Remove a waiter, and let the one behind it take its turn."""
        with self._lock:
            line = self._lines[limits]
            for waiting in (line.foreground, line.background):
                if waiter in waiting:
                    waiting.remove(waiter)
            if line.first is None:
                del self._lines[limits]
            else:
                line.wake()

    def is_first(self, limits: Limits, waiter: Waiter) -> bool:
        """Tell if it is a waiter's turn to ask."""
        with self._lock:
            return self._lines[limits].first is waiter

    def listen(self, limits: Limits, waiter: Waiter, signal: Signal, *, first: bool, changes: int) -> bool:
        """Set a signal when a waiter may ask. Return False if it may ask already, since something changed meanwhile.

        Args:
            limits, waiter: the waiter in its line.
            signal: the signal.
            first, changes: what the waiter found when it asked.
        """
        with self._lock:
            waiter.signal = signal
            return (self._lines[limits].first is waiter) == first and self.changes == changes

    @property
    def busy(self) -> bool:
        """True if requests wait."""
        return bool(self._lines)

    def wake(self) -> None:
        """Let the first of each line ask again, since something may have made room."""
        if not self._lines:
            return
        with self._lock:
            self.changes += 1
            for line in self._lines.values():
                line.wake()

    def waiting(self, limits: Limits) -> int:
        """Return the number of requests that wait."""
        with self._lock:
            line = self._lines.get(limits)
            return 0 if line is None else len(line.foreground) + len(line.background)

    def _reset_after_fork(self) -> None:
        self._lock = threading.Lock()
        self._lines = {}


_lines: WeakKeyDictionary[Store, Lines] = WeakKeyDictionary()
_lines_lock = threading.Lock()


def lines_of(store: Store) -> Lines:
    """Return the lines of the requests of this process that wait for the limits of a store."""
    with _lines_lock:
        lines = _lines.get(store)
        if lines is None:
            lines = _lines[store] = Lines()
        return lines


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
    ) -> None:
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
        user = self._lines.users.name(self._root, self._identity or self._nobody)
        limits = self._known.get((organization, user))
        if limits is None:
            limits = self._known[organization, user] = Limits(
                f"organization {organization or self._organization} at {self._root}", f"user {user} at {self._root}"
            )
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
        if self._lines.users.meet(self._root, identity):
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
        counted: Literal["yes", "perhaps", "no"] = "perhaps"
        try:
            if context.halted is not None and context.halted():
                raise CircuitMoved
            response = await send(request)
            counted = "yes"
        except (CircuitMoved, ConnectionFailed):
            counted = "no"
            raise
        finally:
            if counted != "yes":
                self._store.lost(limits, runtime, sent=sent, counted=counted == "perhaps")
                self._lines.wake()
        observation = observation_of(response, sent=sent, arrived=runtime.now())
        await self._store.answered(limits, observation, runtime, permit=context.permit)
        self._lines.wake()
        return response

    async def _learn_user(self, identity: str, limits: Limits, context: RequestContext, runtime: Runtime) -> None:
        """Ask for the user of a token, if a request may go at once. Its failure is none of the caller's request."""
        import httpx

        users = self._lines.users
        known = False
        try:
            sent = runtime.now()
            if await self._store.admit(limits, self._policy, "foreground", runtime) is not None:
                return  # the next request of this token asks
            headers = {"Accept": "application/json"}
            request = httpx.Request("GET", self._root + PATH, headers=headers, extensions={"timeout": _TIMEOUTS})
            own = RequestContext()
            own.deadline = Deadline(sent + _LEARNING, _LEARNING)  # also for calls without a timeout
            if context.deadline is not None and context.deadline.ends < own.deadline.ends:
                own.deadline = context.deadline
            own.attach(request)
            response = await self._counted(request, self._ask, own, limits, runtime, sent=sent)
            users.learn(self._root, identity, user_of(response))
            known = True
        except BuildkiteError:
            known = True  # it counts as a user of its own
        finally:
            if not known:
                users.forget(self._root, identity)

    async def _admit(self, context: RequestContext, limits: Limits, runtime: Runtime) -> Wait | None:
        priority = context.priority or self._priority
        return await self._store.admit(
            limits, self._policy, priority, runtime, probe=context.probe, permit=context.permit
        )

    async def _admitted(
        self, request: httpx.Request, context: RequestContext, limits: Limits, runtime: Runtime
    ) -> None:
        """Wait until the request is counted as sent."""
        lines, joined = self._lines, runtime.now()
        waiter = lines.join(limits, context.priority or self._priority)
        context.waits_since = joined
        told = False
        try:
            while True:
                changes, first, wait = lines.changes, lines.is_first(limits, waiter), None
                if first or context.probe:
                    wait = await self._admit(context, limits, runtime)
                    if wait is None:
                        break
                now = runtime.now()
                ends = self._ends(context, joined)
                if now >= ends or (wait is not None and not wait.for_answer and wait.until > ends):
                    raise self._refusal(request, context, joined, ends=ends, until=now if wait is None else wait.until)
                if wait is not None and not told and _holds_up(wait, now):
                    told = True
                    self._tell(request, context, wait.until - now)
                signal = runtime.signal()
                if lines.listen(limits, waiter, signal, first=first, changes=changes):
                    await self._pause(signal, wait, ends, runtime)
        finally:
            lines.leave(limits, waiter)
            context.waits_since = None
            context.wait_for_limit(runtime.now() - joined)

    def _ends(self, context: RequestContext, joined: float) -> float:
        """Return the time until which the request may wait."""
        ends = math.inf if context.ends is None else context.ends
        if context.deadline is not None and not context.deadline.from_admission:
            ends = min(ends, context.deadline.ends)
        return ends if self._policy.max_wait is None else min(ends, joined + self._policy.max_wait)

    async def _pause(self, signal: Signal, wait: Wait | None, ends: float, runtime: Runtime) -> None:
        """Wait until the request may ask again, at a time that is known, or when another request has ended."""
        until = min(ends, math.inf if wait is None else wait.until)
        if runtime.real_time or wait is None or (wait.for_answer and not wait.polls):
            # Only the system's clock is that of the signal: by another one the end of the other request is waited for.
            await signal.wait(max(0.0, until - runtime.now()) if runtime.real_time and until < math.inf else None)
        else:
            await runtime.sleep(max(0.0, until - runtime.now()))

    def _refusal(
        self, request: httpx.Request, context: RequestContext, joined: float, *, ends: float, until: float
    ) -> BudgetExhausted | DeadlineExceeded:
        said = f"{request.method} {path_of(request)}: the rate limit is exhausted, and the next request may be sent"
        policy, deadline = self._policy, context.deadline
        if policy.max_wait is not None and ends == joined + policy.max_wait:
            return BudgetExhausted(
                f"{said} in {until - joined:.0f} s, later than the {policy.max_wait:g} s of Budget(max_wait=). Nothing was "
                f"sent.",
                retry_after=max(0.0, until - ends),
            )
        seconds = "" if deadline is None else f" {deadline.seconds:g} s"
        return DeadlineExceeded(
            f"{said} in {until - joined:.0f} s, past the{seconds} allowed for the call. Nothing was sent. A longer timeout= "
            "waits for it."
        )

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
