"""Stage of the circuit breaker.

It is outside Retry: a call counts once, after its retries, so that one call with bad luck opens no circuit. Retry asks by
`RequestContext.halted` if another call has opened it meanwhile, and ends then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import CircuitOpen, NetworkError
from ..events import CircuitChanged
from ..urls import path_of
from .context import context_of, organization_of

if TYPE_CHECKING:
    import httpx

    from ..events import Dispatcher, Event
    from ..runtime import Runtime, Send
    from ..stores.base import Store
    from ..stores.circuits import CircuitBreaker, CircuitState
    from .context import RequestContext

__all__ = ["CircuitBreakerStage"]


class CircuitBreakerStage:
    """Stage that refuses calls while their circuit is open."""

    def __init__(self, policy: CircuitBreaker, store: Store, root: str, events: Dispatcher[Event]) -> None:
        self._policy = policy
        self._store = store
        self._root = root
        self._suffix = f" at {root}"
        self._events = events

    def __repr__(self) -> str:
        return repr(self._policy)

    def circuit(self, organization: str) -> str:
        """Return the name of the circuit of an organization."""
        return organization + self._suffix

    def state(self, organization: str, now: float) -> CircuitState:
        """Return the state of the circuit of an organization."""
        return self._store.circuit(self.circuit(organization)).state(self._policy, now)

    async def __call__(self, request: httpx.Request, send: Send, runtime: Runtime) -> httpx.Response:
        context = context_of(request)
        policy, store = self._policy, self._store
        name = self.circuit(organization_of(request))
        permit = await store.permit(name, policy, runtime.now())
        if isinstance(permit, int | float):
            raise CircuitOpen(
                f"{request.method} {path_of(request)}: {policy.failures} calls to {self._root} failed in a row, so none is sent "
                f"for {permit:.0f} s. Nothing was sent. Call again then, or switch this off with breaker=None.",
                retry_after=permit,
            )
        context.probe = permit.probe
        context.halted = lambda: store.circuit(name).state(policy, runtime.now()) == "open"
        failed: bool | None = None
        try:
            response = await send(request)
            failed = _failed(response, context)
            return response
        except NetworkError:
            failed = True
            raise
        finally:
            context.halted = None
            if failed is None:
                store.release(name, permit)
            else:
                change = await store.report(name, permit, policy, runtime.now(), failed=failed)
                if change is not None:
                    self._events.emit(CircuitChanged(name, *change))


def _failed(response: httpx.Response, context: RequestContext) -> bool | None:
    """Tell if an answer is a failure of the API. None: it says nothing, such as a 503 that stands for a feature that is off."""
    if response.status_code < 500:
        return False
    documented = context.operation is not None and context.operation.unavailable
    return None if response.status_code == 503 and documented else True
