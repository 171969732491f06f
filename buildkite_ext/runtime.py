"""Runtimes: the few operations that differ between blocking and async code. All other code is written once and uses them."""

from __future__ import annotations

import contextvars
import inspect
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from typing import Any, Protocol, TypeVar, cast

import httpx

from ._sync import run
from .clock import MonotonicClock, SystemClock
from .errors import ConfigurationError

T = TypeVar("T")
R = TypeVar("R")

__all__ = ["AsyncRuntime", "BlockingRuntime", "Http", "Runtime", "Send", "Transport"]

Http = httpx.Client | httpx.AsyncClient
"""An httpx client: blocking or async, as the runtime is."""

Transport = httpx.BaseTransport | httpx.AsyncBaseTransport
"""An httpx transport: blocking or async, as the runtime is."""

Send = Callable[[httpx.Request], Coroutine[Any, Any, httpx.Response]]
"""Function that passes a request to the next stage."""


class Runtime(Protocol):
    """Operations that shared code may await, and no others."""

    real_time: bool
    """True if its clock is the system's. The timeouts of sockets and of event loops are always in real time."""

    blocking: bool
    """True if its httpx objects are the blocking ones."""

    def client(self, send: Send, *, base_url: str, headers: Mapping[str, str], timeouts: Mapping[str, float]) -> Http:
        """Return an httpx client that passes each request to `send`, for the generated functions."""
        ...

    async def attempt(
        self,
        function: Callable[[], Coroutine[Any, Any, T]],
        *,
        seconds: float | None,
        discard: Callable[[T], Coroutine[Any, Any, object]],
    ) -> T:
        """Run one attempt of a request so that cancellation leaves no connection busy.

        Args:
            function: starts the attempt.
            seconds: limit on an async attempt. A blocking one ends by the timeouts of its socket.
            discard: closes a result that arrives although the caller was cancelled.

        Raises:
            TimeoutError: the attempt took longer than `seconds`.
        """
        ...

    async def send(self, transport: Transport, request: httpx.Request) -> httpx.Response:
        """Send one request, and return its answer with the body unread."""
        ...

    async def awaited(self, value: T | Awaitable[T]) -> T:
        """Return a value, awaited if it is awaitable.

        Raises:
            ConfigurationError: it is awaitable, and the runtime is blocking.
        """
        ...

    def chunks(self, response: httpx.Response) -> AsyncIterator[bytes]:
        """Return the decoded body of a response that is still unread, as it arrives."""
        ...

    async def close(self, response: httpx.Response) -> None:
        """Release the connection of a response."""
        ...

    async def close_transport(self, transport: Transport) -> None:
        """Close a transport and its connections."""
        ...

    def now(self) -> float:
        """Return the seconds of the clock. Only differences mean something."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Pause for `seconds`."""
        ...

    async def map(self, function: Callable[[T], Coroutine[Any, Any, R]], items: Sequence[T]) -> list[R]:
        """Run `function` for all items of a bounded batch at once, and return the results in order.

        The first error ends the others and is raised.
        """
        ...

    async def offload(self, function: Callable[[], R]) -> R:
        """Run a function that blocks, such as a file write, without blocking the event loop."""
        ...


class _Interrupted(BaseException):
    """Interruption of a worker whose batch has failed. It never reaches a caller."""


_interrupt: contextvars.ContextVar[threading.Event | None] = contextvars.ContextVar("interrupt", default=None)


def _heed(interrupt: threading.Event | None) -> None:
    if interrupt is not None and interrupt.is_set():
        raise _Interrupted


class BlockingRuntime:
    """Runtime that blocks the calling thread. Its coroutines never suspend, so `_sync.run` finishes them."""

    blocking = True

    def __init__(self, clock: MonotonicClock | None = None) -> None:
        self._clock = clock or SystemClock()
        self.real_time = isinstance(self._clock, SystemClock)

    def client(self, send: Send, *, base_url: str, headers: Mapping[str, str], timeouts: Mapping[str, float]) -> Http:
        timeout = httpx.Timeout(**timeouts)
        transport = _BlockingPath(send)
        return httpx.Client(transport=transport, base_url=base_url, headers=headers, timeout=timeout, trust_env=False)

    async def attempt(
        self,
        function: Callable[[], Coroutine[Any, Any, T]],
        *,
        seconds: float | None,  # noqa: ARG002  # the timeouts of the socket hold them
        discard: Callable[[T], Coroutine[Any, Any, object]],  # noqa: ARG002  # a blocking attempt is never cancelled
    ) -> T:
        return await function()

    async def send(self, transport: Transport, request: httpx.Request) -> httpx.Response:
        assert isinstance(transport, httpx.BaseTransport)
        _heed(_interrupt.get())
        return transport.handle_request(request)

    async def awaited(self, value: T | Awaitable[T]) -> T:
        if not inspect.isawaitable(value):
            return value
        if inspect.iscoroutine(value):
            value.close()
        raise ConfigurationError(
            "token= returned an awaitable: BuildkiteClient takes a plain function, AsyncBuildkiteClient an async one as well."
        )

    async def chunks(self, response: httpx.Response) -> AsyncIterator[bytes]:
        for chunk in response.iter_bytes():
            _heed(_interrupt.get())
            yield chunk

    async def close(self, response: httpx.Response) -> None:
        response.close()

    async def close_transport(self, transport: Transport) -> None:
        assert isinstance(transport, httpx.BaseTransport)
        transport.close()

    def now(self) -> float:
        return self._clock.monotonic()

    async def sleep(self, seconds: float) -> None:
        interrupt = _interrupt.get()
        if interrupt is None:
            self._clock.sleep(seconds)
        elif self.real_time:
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

        # A pool for each call: a shared one would deadlock if a mapped function called map.
        pool = ThreadPoolExecutor(max_workers=len(items), thread_name_prefix="buildkite")
        try:
            futures: list[Future[R]] = [pool.submit(contextvars.copy_context().run, work, item) for item in items]
            pending: set[Future[R]] = set(futures)
            while pending:
                # In slices, so that a batch inside a batch notices the interruption of the outer one, and Windows Ctrl-C.
                in_slices = outer is not None or sys.platform == "win32"
                done, pending = wait(pending, timeout=0.1 if in_slices else None, return_when=FIRST_EXCEPTION)
                failed = [future for future in futures if future in done and future.exception() is not None]
                if failed:
                    return [failed[0].result()]  # raises
                _heed(outer)
            results = [future.result() for future in futures]
        except KeyboardInterrupt:
            interrupt.set()
            pool.shutdown(wait=False, cancel_futures=True)  # Ctrl-C does not wait for pending answers
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
    """Runtime that awaits, on asyncio or trio, by anyio, which httpx depends on."""

    blocking = False

    def __init__(self, clock: MonotonicClock | None = None) -> None:
        self._clock = clock or SystemClock()
        self.real_time = isinstance(self._clock, SystemClock)

    def client(self, send: Send, *, base_url: str, headers: Mapping[str, str], timeouts: Mapping[str, float]) -> Http:
        timeout = httpx.Timeout(**timeouts)
        transport = _AsyncPath(send)
        return httpx.AsyncClient(
            transport=transport, base_url=base_url, headers=headers, timeout=timeout, trust_env=False
        )

    async def attempt(
        self,
        function: Callable[[], Coroutine[Any, Any, T]],
        *,
        seconds: float | None,
        discard: Callable[[T], Coroutine[Any, Any, object]],
    ) -> T:
        from ._cancellation import guarded

        return await guarded(function, seconds=seconds, discard=discard)

    async def send(self, transport: Transport, request: httpx.Request) -> httpx.Response:
        assert isinstance(transport, httpx.AsyncBaseTransport)
        return await transport.handle_async_request(request)

    async def awaited(self, value: T | Awaitable[T]) -> T:
        if inspect.isawaitable(value):
            return await cast("Awaitable[T]", value)
        return value

    def chunks(self, response: httpx.Response) -> AsyncIterator[bytes]:
        return response.aiter_bytes()

    async def close(self, response: httpx.Response) -> None:
        await response.aclose()

    async def close_transport(self, transport: Transport) -> None:
        assert isinstance(transport, httpx.AsyncBaseTransport)
        await transport.aclose()

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


class _BlockingPath(httpx.BaseTransport):
    def __init__(self, send: Send) -> None:
        self._send = send

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return run(self._send(request))


class _AsyncPath(httpx.AsyncBaseTransport):
    def __init__(self, send: Send) -> None:
        self._send: Callable[[httpx.Request], Awaitable[httpx.Response]] = send

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._send(request)
