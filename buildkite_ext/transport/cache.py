"""Stage of the cache: it answers reads without a request where it can. What writes change the stage above it drops.

It is above the circuit breaker and the budget: what it answers counts for neither. What may be kept and for how long is decided
in `stores.entries`.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import httpx

from ..errors import BudgetExhausted, BuildkiteError, DeadlineExceeded, NetworkError
from ..stores.entries import COALESCED, Change, Entry, tags_of
from ..urls import path_of
from .budget import signer_of, token_identity
from .coalescing import copy_of, leads_a_flight
from .context import context_of

if TYPE_CHECKING:
    from buildkite_api.operations import Operation

    from ..runtime import Runtime, Send
    from ..stores.base import Store
    from ..stores.entries import Cache
    from .auth import SignStage
    from .coalescing import Flight, Flights, Landing
    from .context import RequestContext

__all__ = ["CacheStage"]

_USUAL_HEADERS = frozenset({"accept", "accept-encoding", "connection", "host", "user-agent"})
"""Headers of every request. One with others may have another answer."""

_SILENT = 2.0
"""Seconds after which an event loop that gives no sign of life is taken to be blocked, so that others send their own request."""

_LOOK = 1.0
"""Seconds after which a call that waits for an answer to another one looks if the event loop of that one still runs."""


class CacheStage:
    """Stage that keeps answers, or lets identical requests share one, or both.

    Args:
        policy: the policy of the cache; None keeps nothing.
        flights: the requests that are on their way; None shares no answers.
        store: the entries.
        root: the root of the API.
        prefix: the path of the root, which the paths of requests begin with.
        identity: the identity of the token; None if a function returns it.
        sign: the stage that signs, which knows the current token.
        max_body: maximum of bytes in an answer.
        alike: options that make requests differ, since they decide which errors a call ends with.
    """

    def __init__(
        self,
        policy: Cache | None,
        *,
        flights: Flights | None,
        store: Store,
        root: str,
        prefix: str,
        identity: str | None,
        sign: SignStage,
        max_body: int,
        alike: Hashable,
    ) -> None:
        self._policy = policy
        self._flights = flights
        self._store = store
        self._root = root
        self._prefix = prefix
        self._identity = identity
        self._sign = sign
        self._max_body = max_body
        self._alike = alike

    def __repr__(self) -> str:
        return f"CacheStage({self._policy!r}, coalesce={self._flights is not None})"

    async def __call__(self, request: httpx.Request, send: Send, runtime: Runtime) -> httpx.Response:
        context = context_of(request)
        operation = context.operation
        if (
            operation is None
            or operation.id not in COALESCED
            or request.method != "GET"
            or context.stream
            or not _USUAL_HEADERS.issuperset(request.headers)
        ):
            return await send(request)
        seconds = 0.0 if self._policy is None else self._policy.seconds(operation.id)
        if not seconds and (self._flights is None or context.fresh):
            return await send(request)
        return await self._read(request, operation, seconds, send, runtime)

    async def _read(
        self, request: httpx.Request, operation: Operation, seconds: float, send: Send, runtime: Runtime
    ) -> httpx.Response:
        context = context_of(request)
        identity = self._identity or token_identity(await self._sign.token(request, runtime))
        reading = _Reading(
            request,
            operation.id,
            f"{identity} {request.headers.get('Accept')} {request.url}",
            identity,
            tags_of(self._root, path_of(request).removeprefix(self._prefix)),
            seconds,
        )
        while True:
            now = runtime.now()
            asked = 0.0 if context.fresh else seconds
            found = await self._store.cached(reading.key, frozenset(reading.tags), runtime, seconds=asked)
            entry = found.entry
            if entry is not None and len(entry.content) <= self._max_body:
                return _answer(entry, request, age=now - entry.sent)
            flights = self._flights
            if flights is None or context.fresh or leads_a_flight.get():
                response, _ = await self._fetch(reading, found.version, send, runtime)
                return response
            alike = reading.key, self._alike, context.priority
            flight, is_new = flights.board(alike, found.version, context, runtime.signal)
            if is_new:
                return await self._lead(flight, flights, reading, send, runtime)
            landing = await self._landing(flight, flights, request, runtime)
            if landing.error is not None:
                raise copy_of(landing.error)
            if landing.response is not None:
                flights.count()
                return _copy(landing.response, request, elapsed=runtime.now() - now)

    async def _lead(
        self, flight: Flight, flights: Flights, reading: _Reading, send: Send, runtime: Runtime
    ) -> httpx.Response:
        """Send the request of a flight, and end the flight, whatever happens."""
        shared: httpx.Response | None = None
        failure: BuildkiteError | None = None
        leads_a_flight.set(True)
        try:
            response, is_for_all = await self._fetch(reading, flight.version, send, runtime)
            # A stage of this caller may change its answer, before the others have theirs.
            shared = _copy(response, response.request, elapsed=0.0) if is_for_all else None
            return response
        except BuildkiteError as error:
            failure = None if _is_own(error, flight.context, runtime.now()) else error
            raise
        finally:
            leads_a_flight.set(False)
            flights.land(flight, shared, failure)
            failure = None  # its traceback holds this frame

    async def _landing(self, flight: Flight, flights: Flights, request: httpx.Request, runtime: Runtime) -> Landing:
        """Wait for the end of a flight, under the deadline of the caller's own request."""
        context = context_of(request)
        signal = runtime.signal()
        flights.listen(flight, signal)
        first = context.unmoved
        waited = flight.context.waited_at(runtime.now())
        try:
            while True:
                landing, now, seconds = flight.landing, runtime.now(), None
                if first is not None:
                    deadline = first
                    if first.from_admission:
                        deadline = first.later(flight.context.waited_at(now) - waited, latest=context.ends)
                    context.deadline = deadline
                    deadline = context.deadline or deadline
                    if now >= deadline.ends:
                        raise deadline.exceeded(
                            request, doing="an identical request was sent before and isn't answered"
                        )
                    # Only the system's clock is that of the signal: by another one the end of the flight is waited for.
                    seconds = deadline.ends - now if runtime.real_time else None
                if landing is not None:
                    return landing
                if not flight.leader.is_alive or flight.leader.silence() >= _SILENT:
                    flights.land(flight)
                    continue
                # A blocking caller that sends always comes to an end.
                await signal.wait(seconds if runtime.blocking else min(_LOOK, seconds or _LOOK))
        finally:
            flights.leave(flight, signal)

    async def _fetch(
        self, reading: _Reading, version: int, send: Send, runtime: Runtime
    ) -> tuple[httpx.Response, bool]:
        """Send a request, and keep its answer if it may be kept.

        Returns:
            The answer, and whether it is that of the token that its key tells: a function may return another one meanwhile.
        """
        began = runtime.now()
        response = await send(reading.request)
        is_for_all = self._identity is not None or signer_of(reading.request) == reading.identity
        policy, now = self._policy, runtime.now()
        if policy is None or not reading.seconds:
            return response, is_for_all
        from ..stores.storable import is_storable

        if is_storable(reading.operation, response):
            if is_for_all:
                # Earlier attempts, and pauses between them, don't count. `elapsed` has whole microseconds.
                sent = max(began, now - response.elapsed.total_seconds())
                entry = Entry.of(response, sent=sent, seconds=reading.seconds)
                await self._store.keep(
                    reading.key, frozenset(reading.tags), entry, runtime, version=version, policy=policy
                )
        elif response.status_code in (404, 410) or (response.status_code == 200 and reading.operation == "get_build"):
            # Someone else has deleted it, or the build goes on.
            await self._store.change(Change(frozenset(reading.tags[:1])), runtime)
        return response, is_for_all


@dataclass(frozen=True, slots=True)
class _Reading:
    """Read whose answer may be kept or shared.

    Attributes:
        request: its request.
        operation: the id of its operation.
        key: what its answer depends on.
        identity: the identity of its token.
        tags: the tags of what its answer tells of, that of the resource itself first.
        seconds: seconds for which its answer is kept; 0 for none.
    """

    request: httpx.Request
    operation: str
    key: str
    identity: str
    tags: tuple[str, ...]
    seconds: float


def _answer(entry: Entry, request: httpx.Request, *, age: float) -> httpx.Response:
    """Return the answer that is kept in an entry, as one to a request."""
    headers = [*entry.headers, (b"Age", str(int(age)).encode())]
    response = httpx.Response(200, headers=headers, content=entry.content, request=request)
    response.elapsed = timedelta()
    return response


def _copy(response: httpx.Response, request: httpx.Request, *, elapsed: float) -> httpx.Response:
    """Return the answer to one request as one to an identical request."""
    copied = httpx.Response(
        response.status_code,
        headers=response.headers.raw,
        content=response.content,
        request=request,
        extensions={**response.extensions},
    )
    copied.elapsed = timedelta(seconds=elapsed)
    return copied


def _is_own(error: BuildkiteError, context: RequestContext, now: float) -> bool:
    """Tell whether an error says something of the caller's own time alone, and not of the request."""
    if isinstance(error, NetworkError):
        return context.deadline is not None and context.deadline.ended_attempt(now)
    return isinstance(error, DeadlineExceeded | BudgetExhausted)
