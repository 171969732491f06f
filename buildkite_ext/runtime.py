"""The few things that differ between blocking and async code; everything else is written once above them."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from typing import Any, Protocol, TypeVar

import httpx

from ._sync import run
from .clock import MonotonicClock, SystemClock

T = TypeVar("T")
R = TypeVar("R")

Http = httpx.Client | httpx.AsyncClient
"""An httpx client of the runtime's own colour."""

Send = Callable[[httpx.Request], Coroutine[Any, Any, httpx.Response]]
"""Passes a request on to the next stage."""


class Runtime(Protocol):
    """What shared code may await: nothing else."""

    def client(self, **options: Any) -> Http:
        """An httpx client of this colour."""
        ...

    def transport(self, send: Send) -> httpx.BaseTransport | httpx.AsyncBaseTransport:
        """A transport of this colour that hands each request to `send`."""
        ...

    async def send(self, http: Http, request: httpx.Request, *, stream: bool = False) -> httpx.Response:
        """Send one request by this httpx client."""
        ...

    def chunks(self, response: httpx.Response) -> AsyncIterator[bytes]:
        """The decoded body of a response that is still unread, as it arrives."""
        ...

    async def close(self, response: httpx.Response) -> None:
        """Give the response's connection back."""
        ...

    async def close_client(self, http: Http) -> None:
        """Close an httpx client and its pool."""
        ...

    def now(self) -> float:
        """Seconds of the clock; only differences mean something."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Pause for `seconds`."""
        ...

    async def map(self, function: Callable[[T], Coroutine[Any, Any, R]], items: Sequence[T]) -> list[R]:
        """Run `function` over a bounded batch at once and return the results in order.

        The first error ends the others and is raised.
        """
        ...

    async def offload(self, function: Callable[[], R]) -> R:
        """Run something that blocks (a file write) where it holds nobody up."""
        ...


class Interrupted(BaseException):
    """Ends a worker of a batch whose result nobody needs any more. Never reaches a user."""


_interrupt: contextvars.ContextVar[threading.Event | None] = contextvars.ContextVar("interrupt", default=None)


def _heed(interrupt: threading.Event | None) -> None:
    if interrupt is not None and interrupt.is_set():
        raise Interrupted


class BlockingRuntime:
    """Blocks the calling thread. Its coroutines never suspend, so `kernel.run` finishes them."""

    def __init__(self, clock: MonotonicClock | None = None) -> None:
        self._clock = clock or SystemClock()

    def client(self, **options: Any) -> Http:
        return httpx.Client(**options)

    def transport(self, send: Send) -> httpx.BaseTransport:
        return _BlockingTransport(send)

    async def send(self, http: Http, request: httpx.Request, *, stream: bool = False) -> httpx.Response:
        assert isinstance(http, httpx.Client)
        _heed(_interrupt.get())
        return http.send(request, stream=stream)

    async def chunks(self, response: httpx.Response) -> AsyncIterator[bytes]:
        for chunk in response.iter_bytes():
            _heed(_interrupt.get())
            yield chunk

    async def close(self, response: httpx.Response) -> None:
        response.close()

    async def close_client(self, http: Http) -> None:
        assert isinstance(http, httpx.Client)
        http.close()

    def now(self) -> float:
        return self._clock.monotonic()

    async def sleep(self, seconds: float) -> None:
        interrupt = _interrupt.get()
        if interrupt is None:
            self._clock.sleep(seconds)
        elif isinstance(self._clock, SystemClock):
            interrupt.wait(seconds)
        else:
            self._clock.sleep(seconds)
        _heed(interrupt)

    async def map(self, function: Callable[[T], Coroutine[Any, Any, R]], items: Sequence[T]) -> list[R]:
        if len(items) < 2:
            return [await function(item) for item in items]
        interrupt = threading.Event()
        outer = _interrupt.get()

        def work(item: T) -> R:
            _interrupt.set(interrupt)
            return run(function(item))

        # A pool of its own: a shared one deadlocks as soon as a mapped function maps.
        pool = ThreadPoolExecutor(max_workers=len(items), thread_name_prefix="buildkite")
        try:
            futures: list[Future[R]] = [pool.submit(contextvars.copy_context().run, work, item) for item in items]
            pending: set[Future[R]] = set(futures)
            while pending:
                # In slices, so that a batch inside a batch hears that the outer one was given up.
                done, pending = wait(pending, timeout=0.1 if outer else None, return_when=FIRST_EXCEPTION)
                failed = [future for future in futures if future in done and future.exception() is not None]
                if failed:
                    return [failed[0].result()]  # raises
                _heed(outer)
            results = [future.result() for future in futures]
        except KeyboardInterrupt:
            interrupt.set()
            pool.shutdown(wait=False, cancel_futures=True)  # Ctrl-C does not wait for answers under way
            raise
        except BaseException:
            interrupt.set()
            pool.shutdown(wait=True, cancel_futures=True)
            raise
        pool.shutdown()
        return results

    async def offload(self, function: Callable[[], R]) -> R:
        return function()


class AsyncRuntime:
    """Awaits, on asyncio or trio (by anyio, which httpx brings along)."""

    def __init__(self, clock: MonotonicClock | None = None) -> None:
        self._clock = clock or SystemClock()

    def client(self, **options: Any) -> Http:
        return httpx.AsyncClient(**options)

    def transport(self, send: Send) -> httpx.AsyncBaseTransport:
        return _AsyncTransport(send)

    async def send(self, http: Http, request: httpx.Request, *, stream: bool = False) -> httpx.Response:
        assert isinstance(http, httpx.AsyncClient)
        return await http.send(request, stream=stream)

    def chunks(self, response: httpx.Response) -> AsyncIterator[bytes]:
        return response.aiter_bytes()

    async def close(self, response: httpx.Response) -> None:
        await response.aclose()

    async def close_client(self, http: Http) -> None:
        assert isinstance(http, httpx.AsyncClient)
        await http.aclose()

    def now(self) -> float:
        return self._clock.monotonic()

    async def sleep(self, seconds: float) -> None:
        await self._clock.asleep(seconds)

    async def map(self, function: Callable[[T], Coroutine[Any, Any, R]], items: Sequence[T]) -> list[R]:
        if len(items) < 2:
            return [await function(item) for item in items]
        import anyio

        results: dict[int, R] = {}
        failures: list[Exception] = []

        async def work(index: int, item: T) -> None:
            try:
                results[index] = await function(item)
            except Exception as error:  # raised below, as itself instead of inside an exception group
                failures.append(error)
                group.cancel_scope.cancel()

        async with anyio.create_task_group() as group:
            for index, item in enumerate(items):
                group.start_soon(work, index, item)
        if failures:
            raise failures[0]
        return [results[index] for index in range(len(items))]

    async def offload(self, function: Callable[[], R]) -> R:
        from anyio import to_thread

        return await to_thread.run_sync(function)


class _BlockingTransport(httpx.BaseTransport):
    def __init__(self, send: Send) -> None:
        self._send = send

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return run(self._send(request))


class _AsyncTransport(httpx.AsyncBaseTransport):
    def __init__(self, send: Send) -> None:
        self._send: Callable[[httpx.Request], Awaitable[httpx.Response]] = send

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._send(request)
