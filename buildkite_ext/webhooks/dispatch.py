"""Running the handlers of an event: each in its turn, whatever became of the one before."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import anyio

from .deliveries import Delivery
from .happenings import happening
from .matching import Match
from .replays import ReplayStore
from .reports import Handled, HandlerFailed, Reports
from .runtime.thread_pool import ThreadPool

if TYPE_CHECKING:
    from buildkite_api.webhooks.events import WebhookEvent

_WITHOUT_TIMEOUT = 3600.0
_MARGIN = 60.0
"""Seconds beyond its timeout for which a handler that runs once keeps others from running."""


@dataclass(frozen=True, slots=True)
class Registration:
    """A handler, and what it is for."""

    function: Callable[[Any], object]
    name: str
    matches: Match
    once: bool
    timeout: float | None


class HandlersFailed(Exception):
    """Some handlers of a delivery failed: what `errors` holds was reported already."""

    def __init__(self, event: str, errors: Sequence[Exception]) -> None:
        super().__init__(f"{len(errors)} handler(s) of {event} failed: {'; '.join(type(e).__name__ for e in errors)}")
        self.errors = tuple(errors)


class HandlerBusy(Exception):
    """Another handler that runs once is at the same happening right now: come again when it is done."""


class Dispatcher:
    """Runs handlers.

    Args:
        reports: whom to tell.
        replays: where handlers that run once remember what they did.
        remember: for how many seconds they do.
        threads: how many sync handlers may run at once. One that never returns keeps its thread.
    """

    def __init__(self, reports: Reports, replays: ReplayStore, *, remember: float, threads: int) -> None:
        self._reports = reports
        self._replays = replays
        self._remember = remember
        self._threads = ThreadPool(threads)

    async def run(self, registrations: Sequence[Registration], event: WebhookEvent, delivery: Delivery) -> None:
        """Run each handler that is for the event, in order.

        Raises:
            HandlersFailed: at least one of them failed. All were run.
        """
        errors: list[Exception] = []
        ran = 0
        for registration in registrations:
            if not registration.matches(event):
                continue
            ran += 1
            try:
                if registration.once:
                    await self._run_once(registration, event, delivery)
                else:
                    await self._call(registration, event)
            except Exception as error:
                errors.append(error)
            except SystemExit as exit_:
                errors.append(RuntimeError(f"{registration.name} called sys.exit({exit_.code!r})"))
            else:
                continue
            self._reports.emit(HandlerFailed(delivery.id, event.event, registration.name, errors[-1]))
        if errors:
            raise HandlersFailed(event.event, errors)
        self._reports.emit(Handled(delivery.id, event.event, ran))

    async def _run_once(self, registration: Registration, event: WebhookEvent, delivery: Delivery) -> None:
        key = f"once:{registration.name}:{happening(event) or delivery.id}"
        lease = (registration.timeout or _WITHOUT_TIMEOUT) + _MARGIN
        claim = await self._replays.claim(key, lease)
        if claim == "settled":
            return
        if claim == "pending":
            raise HandlerBusy(f"{registration.name} is at the same happening elsewhere")
        done = False
        try:
            await self._call(registration, event)
            done = True
        finally:
            with anyio.CancelScope(shield=True):
                await self._replays.settle(key, self._remember if done else 0)

    async def _call(self, registration: Registration, event: WebhookEvent) -> None:
        if registration.timeout is None:
            await self._await(registration.function, event)
            return
        with anyio.move_on_after(registration.timeout) as scope:
            await self._await(registration.function, event)
        if scope.cancelled_caught:
            raise TimeoutError(f"{registration.name} took longer than {registration.timeout:g} s")

    async def _await(self, function: Callable[[Any], object], event: WebhookEvent) -> None:
        if _is_async(function):
            result = function(event)
        else:
            result = await self._threads.run(function, event)
        if inspect.isawaitable(result):
            await result


def _is_async(function: Callable[[Any], object]) -> bool:
    while isinstance(function, functools.partial):
        function = function.func
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(getattr(function, "__call__", None))  # noqa: B004
