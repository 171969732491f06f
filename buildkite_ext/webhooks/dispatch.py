"""Dispatch of an event to its handlers, one after the other, also after one has failed."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Sequence
from types import CoroutineType
from typing import TYPE_CHECKING

import anyio

from .annotations import misfit
from .deduplication import DeduplicationStore, deduplication_key
from .delivery import Delivery, Handling
from .events import DeliveryEvents, DeliveryHandled, HandlerFailed
from .routing import Registration
from .runtime.own_cancel import take_back_cancel
from .runtime.thread_pool import ThreadPool
from .runtime.time_limits import TimeLimit

if TYPE_CHECKING:
    from buildkite_api.webhooks.events import WebhookEvent

__all__ = ["HandlerDispatcher", "HandlersFailed"]

_WITHOUT_TIMEOUT = 3600.0
_MARGIN = 60.0
"""Seconds after its timeout for which a handler with `once=True` keeps its key."""


class HandlersFailed(Exception):
    """Error of a delivery of which at least one handler failed. `errors` holds what they raised; it was reported."""

    def __init__(self, event: str, errors: Sequence[Exception]) -> None:
        super().__init__(f"{len(errors)} handler(s) of {event} failed: {'; '.join(type(e).__name__ for e in errors)}")
        self.errors = tuple(errors)


class _HandlerBusy(Exception):
    """The same handler with `once=True` handles the same event at this time in another process or task."""


class HandlerDispatcher:
    """Runs the handlers of events.

    Args:
        events: where the results are reported.
        store: remembers the events that handlers with `once=True` have handled.
        remember: seconds for which it remembers them.
        threads: the maximum number of sync handlers at the same time. A handler that never returns keeps its thread.
    """

    def __init__(self, events: DeliveryEvents, store: DeduplicationStore, *, remember: float, threads: int) -> None:
        self._events = events
        self._store = store
        self._remember = remember
        self._threads = ThreadPool(threads)
        self._limits: dict[float, TimeLimit] = {}

    async def run(
        self,
        registrations: Sequence[Registration],
        event: WebhookEvent,
        delivery: Delivery,
        ending: Callable[[], bool] | None = None,
    ) -> None:
        """Run each handler that matches the event, in order.

        A handler that is annotated with classes of events is never called with another one. If the event came without fields
        that its class requires, the handler fails with a TypeError instead of running.

        Args:
            registrations: the handlers.
            event: the event.
            delivery: its delivery.
            ending: for a worker of asyncio that only handles deliveries: returns True if somebody ends it. Otherwise a
                handler that cancels its own task has failed, and the worker goes on.

        Raises:
            HandlersFailed: at least one handler failed. All were run.
        """
        errors: list[Exception] = []
        ran = 0
        with Handling(delivery):
            for registration in registrations:
                if not registration.matches(event):
                    continue
                other = bool(registration.takes) and not isinstance(event, registration.takes)
                wrong = misfit(registration.name, registration.takes, event) if other else None
                if other and wrong is None:
                    continue
                ran += 1
                try:
                    if wrong is not None:
                        raise wrong
                    if registration.once:
                        await self._run_once(registration, event, delivery, ending)
                    else:
                        await self._call(registration, event, ending)
                except Exception as error:
                    errors.append(error)
                except asyncio.CancelledError:
                    task = asyncio.current_task()
                    if task is None or task.cancelling() or (ending is not None and ending()):
                        raise
                    # The worker isn't cancelled.
                    errors.append(
                        RuntimeError(f"{registration.name} cancelled itself, or awaited a task that was cancelled")
                    )
                except SystemExit as exit_:
                    errors.append(RuntimeError(f"{registration.name} called sys.exit({exit_.code!r})"))
                except BaseException as error:
                    if ending is None or isinstance(error, (KeyboardInterrupt, GeneratorExit)):
                        raise  # trio's own, or the end of the process
                    errors.append(RuntimeError(f"{registration.name} raised {type(error).__name__}"))
                    errors[-1].__cause__ = error
                else:
                    continue
                self._events.emit(HandlerFailed(delivery.id, event.event, registration.name, errors[-1]))
        if errors:
            self._events.count("failed")
            raise HandlersFailed(event.event, errors)
        self._events.count_and_emit("handled", lambda: DeliveryHandled(delivery.id, event.event, ran))

    async def _run_once(
        self,
        registration: Registration,
        event: WebhookEvent,
        delivery: Delivery,
        ending: Callable[[], bool] | None,
    ) -> None:
        key = f"once:{registration.name}:{deduplication_key(event) or delivery.id}"
        lease = (registration.timeout or _WITHOUT_TIMEOUT) + _MARGIN
        claim = await self._store.claim(key, lease)
        if claim == "settled":
            return
        if claim == "pending":
            raise _HandlerBusy(f"{registration.name} handles the same event elsewhere at this time")
        done = False
        try:
            await self._call(registration, event, ending)
            done = True
        finally:
            with anyio.CancelScope(shield=True):
                await self._store.settle(key, self._remember if done else 0)

    async def _call(self, registration: Registration, event: WebhookEvent, ending: Callable[[], bool] | None) -> None:
        cancelled = False
        try:
            if registration.timeout is None:
                await self._finish(registration, event, [])
            else:
                begun: list[bool] = []
                with self._limit(registration.timeout).scope() as scope:
                    await self._finish(registration, event, begun)
                if scope.cancelled_caught:
                    raise TimeoutError(self._too_late(registration, begun=registration.is_async or bool(begun)))
        finally:
            task = None if ending is None else asyncio.current_task()
            if ending is not None and task is not None and task.cancelling():
                cancelled = await take_back_cancel(task, ending)
        if cancelled:
            raise RuntimeError(f"{registration.name} cancelled itself")

    def _limit(self, seconds: float) -> TimeLimit:
        limit = self._limits.get(seconds)
        if limit is None:
            limit = self._limits[seconds] = TimeLimit(seconds)
        return limit

    async def _finish(self, registration: Registration, event: WebhookEvent, begun: list[bool]) -> None:
        """Call a function, and wait for its end. An item is added to `begun` when its thread begins."""
        if registration.is_async:
            result = registration.function(event)
        else:

            def function(event: WebhookEvent, /) -> object:
                begun.append(True)
                return registration.function(event)

            result = await self._threads.run(function, event)
        if type(result) is CoroutineType:
            await result
            return
        if inspect.isgenerator(result) or inspect.isasyncgen(result):
            raise TypeError(f"{registration.name} returned a {type(result).__name__}, which runs nothing by itself")
        if inspect.isawaitable(result):
            await result

    def _too_late(self, registration: Registration, *, begun: bool) -> str:
        seconds = f"{registration.timeout:g} s"
        if begun:
            return f"{registration.name} took longer than {seconds}"
        busy, limit = self._threads.busy, self._threads.limit
        return f"{registration.name} did not begin within {seconds}: {busy} of {limit} threads run other handlers" + (
            ". Raise threads= of the WebhookHandler, or let the handlers end sooner" if busy >= limit else ""
        )
