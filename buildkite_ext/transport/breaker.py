"""Stage of the circuit breaker.

It is outside Retry: a call counts once, after its retries, so that one call with bad luck opens no circuit. Retry asks by
`RequestContext.halted` if another call has opened it meanwhile, and ends then.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ..errors import CircuitOpen, NetworkError
from ..stores.circuits import PROBE_LEASE, Permit
from ..urls import OF_LOGS, path_of
from .context import CircuitMoved, context_of, organization_of

if TYPE_CHECKING:
    import httpx

    from ..dispatcher import Dispatcher
    from ..events import Event
    from ..runtime import Runtime, Send
    from ..stores.base import Store
    from ..stores.circuits import CircuitBreaker, CircuitState
    from .context import RequestContext

__all__ = ["CircuitBreakerStage"]

_MOST_LOGS = 1000
"""Logs that are remembered since they couldn't be read."""

_EXCUSED = 300.0
"""Seconds after its last failure for which a log that couldn't be read opens no circuit."""

_LATE = 1.0
"""Seconds within which a call that has reached its deadline reports how it ended."""


class CircuitBreakerStage:
    """Stage that refuses calls while their circuit is open.

    Args:
        policy: the policy.
        store: the circuits.
        root: the root of the API.
        events: gets a `CircuitChanged` for each change of state that a call of this client makes.
        admission: True if a `BudgetStage` is below, which asks the store for the admission of each attempt.
    """

    def __init__(
        self, policy: CircuitBreaker, store: Store, root: str, events: Dispatcher[Event], *, admission: bool
    ) -> None:
        self._policy = policy
        self._store = store
        self._root = root
        self._suffix = f" at {root}"
        self._events = events
        self._admission = admission
        self._excused_for = max(_EXCUSED, 2 * policy.open_for)  # what counts again while it is open would keep it open
        self._unreadable: dict[str, float] = {}
        """Paths of logs that couldn't be read, and the times until which that is excused."""
        self._vain_until: dict[str, float] = {}
        """Circuits whose probe failed in a way that says nothing, and the times until which no such call probes again."""

    def __repr__(self) -> str:
        return repr(self._policy)

    def circuit(self, organization: str) -> str:
        """Return the name of the circuit of an organization."""
        return organization.lower() + self._suffix  # another spelling is no other organization

    def state(self, organization: str, now: float) -> CircuitState:
        """Return the state of the circuit of an organization."""
        return self._store.circuit(self.circuit(organization)).state(self._policy, now)

    async def __call__(self, request: httpx.Request, send: Send, runtime: Runtime) -> httpx.Response:
        name = self.circuit(organization_of(request))
        while True:
            permit = await self._store.permit(
                name, self._policy, runtime, admission=self._admission, probe_for=_probes_for(request, runtime.now())
            )
            if isinstance(permit, Permit) and permit.probe:
                now = runtime.now()
                wait = self._vain_until.get(name, 0.0) - now
                if wait > 0 and self._may_say_nothing(request, now):
                    self._store.release(name, permit, runtime)
                    permit = wait
            if not isinstance(permit, Permit):
                raise CircuitOpen(
                    f"{request.method} {path_of(request)}: {self._policy.failures} calls to {self._root} failed in a row, so "
                    f"none is sent for {permit:.0f} s. Nothing was sent. Call again then, or switch this off with breaker=None.",
                    retry_after=permit,
                )
            try:
                return await self._permitted(request, send, runtime, name=name, permit=permit)
            except CircuitMoved:
                continue

    async def _permitted(
        self, request: httpx.Request, send: Send, runtime: Runtime, *, name: str, permit: Permit
    ) -> httpx.Response:
        """Send a call that has a permit, and report how it ends."""
        context, store = context_of(request), self._store
        context.permit, context.probe = permit, permit.probe
        context.halted = lambda: store.halted(name, permit)
        context.answered = partial(self._answered, context, name, permit, runtime) if permit.probe else None
        failed, answered = None, True
        try:
            response = await send(request)
            failed = self._failed(request, response, context, runtime)
            if failed is None and permit.probe:
                self._vain_until[name] = runtime.now() + self._policy.open_for
            return response
        except NetworkError:
            now, deadline = runtime.now(), context.deadline
            if deadline is None or not deadline.ended_attempt(now):
                failed, answered = True, False
            raise
        finally:
            is_told = permit.probe and context.answered is None
            context.permit = context.halted = context.answered = None
            if is_told:
                pass
            elif failed is None:
                store.release(name, permit, runtime)
            else:
                await self._report(name, permit, runtime, failed=failed, answered=answered)

    def _failed(
        self, request: httpx.Request, response: httpx.Response, context: RequestContext, runtime: Runtime
    ) -> bool | None:
        """Tell if an answer is a failure of the API; None if it says nothing.

        Logs are polled, and the store of one may fail for long: it counts once until it can be read, or isn't read for a while.
        In an outage, several fail.
        """
        failed = _failure_of(response, context)
        if not _reads_log(context):
            return failed
        path, now = request.url.path, runtime.now()
        if not failed:
            self._unreadable.pop(path, None)
            return failed
        excused = self._is_excused(path, now)
        if path not in self._unreadable and len(self._unreadable) >= _MOST_LOGS:
            self._unreadable.clear()
        self._unreadable[path] = now + self._excused_for
        return None if excused else failed

    def _may_say_nothing(self, request: httpx.Request, now: float) -> bool:
        """Tell if a failure of a call would say nothing about the API, so that it would let the next call probe at once."""
        context = context_of(request)
        return self._is_excused(request.url.path, now) if _reads_log(context) else _may_be_off(context)

    def _is_excused(self, path: str, now: float) -> bool:
        """Tell if a log couldn't be read before, not too long ago."""
        return now < self._unreadable.get(path, now)

    async def _answered(self, context: RequestContext, name: str, permit: Permit, runtime: Runtime) -> None:
        """Report a call that probes, and that Buildkite has answered. It goes on as any other."""
        context.probe, context.answered = False, None
        await self._report(name, permit, runtime, failed=False)

    async def _report(
        self, name: str, permit: Permit, runtime: Runtime, *, failed: bool, answered: bool = True
    ) -> None:
        change = await self._store.report(name, permit, self._policy, runtime, failed=failed, answered=answered)
        if change is not None:
            from ..events import CircuitChanged  # here: a circuit hardly ever changes

            self._events.emit(CircuitChanged(name, *change))


def _probes_for(request: httpx.Request, now: float) -> float:
    """Return the seconds after which another call may probe, if this one does and its process is killed."""
    deadline = context_of(request).deadline
    if deadline is None or deadline.from_admission:
        return PROBE_LEASE
    return min(PROBE_LEASE, max(0.0, deadline.ends - now) + _LATE)


def _failure_of(response: httpx.Response, context: RequestContext) -> bool | None:
    """Tell if an answer is a failure of the API. None: it says nothing, such as a 503 that stands for a feature that is off."""
    if response.status_code < 500:
        return False
    return None if response.status_code == 503 and _may_be_off(context) else True


def _may_be_off(context: RequestContext) -> bool:
    """Tell if a 503 of the operation is documented for a feature that is off."""
    return context.operation is not None and context.operation.unavailable


def _reads_log(context: RequestContext) -> bool:
    return context.operation is not None and context.operation.row in OF_LOGS
