"""Runtimes: the few operations that differ between blocking and async code. All other code is written once and uses them."""

from __future__ import annotations

import contextlib
import contextvars
import inspect
import sys
import threading
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Protocol, TypeVar, cast

import httpx

from ._decompression import decompressed
from ._sync import run
from ._tracebacks import EndsAtCaller
from .clock import LONGEST_SLEEP, MonotonicClock, SystemClock, epoch_of
from .errors import ConfigurationError
from .redaction import unsigned

T = TypeVar("T")
R = TypeVar("R")

__all__ = ["AsyncRuntime", "BlockingRuntime", "Http", "Runtime", "Send", "Signal", "Transport"]

Http = httpx.Client | httpx.AsyncClient
"""An httpx client: blocking or async, as the runtime is."""

Transport = httpx.BaseTransport | httpx.AsyncBaseTransport
"""An httpx transport: blocking or async, as the runtime is."""

Send = Callable[[httpx.Request], Coroutine[Any, Any, httpx.Response]]
"""Function that passes a request to the next stage."""


class Signal(Protocol):
    """Signal that one thread or task waits for, and that any thread may set."""

    def set(self) -> None:
        """End the wait. A signal that is set already stays so."""
        ...

    async def wait(self, seconds: float | None) -> None:
        """Wait until the signal is set, for `seconds` of real time at most."""
        ...

    @property
    def is_alive(self) -> bool:
        """False if nobody waits for it any more, since the event loop of those who did doesn't run."""
        ...

    def silence(self) -> float:
        """Return the seconds since which the event loop owes a sign of life, and ask it for one. A thread owes none."""
        ...


class Runtime(Protocol):
    """Operations that shared code may await, and no others."""

    real_time: bool
    """True if its clock is the system's. The timeouts of sockets and of event loops are always in real time."""

    blocking: bool
    """True if its httpx objects are the blocking ones."""

    def client(
        self, send: Send, *, base_url: str, headers: Mapping[str, str], timeouts: Mapping[str, float | None]
    ) -> Http:
        """Return an httpx client that passes each request to `send`, for the generated functions."""
        ...

    async def attempt(
        self,
        function: Callable[[], Coroutine[Any, Any, T]],
        *,
        seconds: float | None,
        discard: Callable[[T], Coroutine[Any, Any, object]] | None = None,
    ) -> T:
        """Run one attempt of a request so that cancellation leaves no connection busy.

        Args:
            function: starts the attempt.
            seconds: limit on an async attempt. A blocking one ends by the timeouts of its socket.
            discard: closes a result that arrives although the caller was cancelled; None if it needs no closing.

        Raises:
            TimeoutError: the attempt took longer than `seconds`.
        """
        ...

    async def send(self, transport: Transport, request: httpx.Request) -> httpx.Response:
        """Send one request, and return its answer with the body unread."""
        ...

    async def awaited(self, value: T | Awaitable[T], *, seconds: float | None = None) -> T:
        """Return a value, awaited if it is awaitable, for `seconds` at most.

        Raises:
            ConfigurationError: it is awaitable, and the runtime is blocking.
            TimeoutError: it took longer.
        """
        ...

    def chunks(self, response: httpx.Response, *, raw: bool = False) -> AsyncGenerator[bytes, None]:
        """Return the body of a response as it arrives, decompressed in pieces of bounded size.

        Args:
            response: the response. One that a mock has read already gives its content.
            raw: leave the body compressed.

        Raises:
            InvalidResponse: the body has a coding that wasn't asked for, or several.
            httpx.DecodingError: the body isn't of its coding, or its end is missing.
        """
        ...

    async def read(self, response: httpx.Response, receive: Callable[[bytes], bool]) -> None:
        """Read the body of a response, and release its connection.

        Args:
            response: the response, whose body was not read.
            receive: called with each piece, decompressed, of bounded size, as it arrives; False ends the reading.

        Raises:
            InvalidResponse, httpx.DecodingError: as for `chunks`.
        """
        ...

    def stream(self, response: httpx.Response) -> AsyncIterator[bytes]:
        """Return the body of a response as it arrives, not decoded. The iterator may be left at any byte."""
        ...

    async def close(self, response: httpx.Response) -> None:
        """Release the connection of a response."""
        ...

    def abandon(self, response: httpx.Response) -> None:
        """Release the connection of a response soon, from code that can't wait, such as the end of a generator."""
        ...

    async def close_transport(self, transport: Transport) -> None:
        """Close a transport and its connections."""
        ...

    def time(self) -> float:
        """Return the seconds since the epoch: by the clock of the client if it has dates, else by the computer's."""
        ...

    def now(self) -> float:
        """Return the seconds of the clock. Only differences mean something."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Pause for `seconds`."""
        ...

    def signal(self) -> Signal:
        """Return a new signal, which one caller waits for."""
        ...

    async def map(
        self, function: Callable[[T], Coroutine[Any, Any, R]], items: Sequence[T], *, at_once: int | None = None
    ) -> list[R]:
        """Run `function` for all items, several at once, and return the results in order.

        The first error ends the others and is raised. No further item begins then.

        Args:
            function: called with each item, in their order.
            items: the items.
            at_once: the most that run at the same time; the next begins when any of them ends. None for all.
        """
        ...

    async def shielded(self, function: Callable[[], Coroutine[Any, Any, object]], *, seconds: float) -> None:
        """Run a function to its end although its caller is cancelled, for `seconds` at most in async code."""
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
        self.now = self._clock.monotonic
        self.time = epoch_of(self._clock)
        self.real_time = isinstance(self._clock, SystemClock)

    def client(
        self, send: Send, *, base_url: str, headers: Mapping[str, str], timeouts: Mapping[str, float | None]
    ) -> Http:
        return _BlockingClient(send, base_url=base_url, headers=headers, timeout=httpx.Timeout(**timeouts))

    async def attempt(
        self,
        function: Callable[[], Coroutine[Any, Any, T]],
        *,
        seconds: float | None,  # noqa: ARG002  # the timeouts of the socket hold them
        discard: Callable[[T], Coroutine[Any, Any, object]] | None = None,  # noqa: ARG002  # a blocking attempt is never cancelled
    ) -> T:
        return await function()

    async def send(self, transport: Transport, request: httpx.Request) -> httpx.Response:
        assert isinstance(transport, httpx.BaseTransport)
        _heed(_interrupt.get())
        return transport.handle_request(request)

    async def awaited(self, value: T | Awaitable[T], *, seconds: float | None = None) -> T:  # noqa: ARG002
        if not inspect.isawaitable(value):
            return value
        if inspect.iscoroutine(value):
            value.close()
        raise ConfigurationError(
            "token= returned an awaitable: BuildkiteClient takes a plain function, AsyncBuildkiteClient an async one as well."
        )

    async def chunks(self, response: httpx.Response, *, raw: bool = False) -> AsyncGenerator[bytes, None]:
        decompressor = None if raw or response.is_stream_consumed else decompressed(response)
        for chunk in response.iter_bytes() if response.is_stream_consumed else response.iter_raw():
            _heed(_interrupt.get())
            for piece in (chunk,) if decompressor is None else decompressor.feed(chunk):
                yield piece
        if decompressor is not None:
            decompressor.finish()

    async def read(self, response: httpx.Response, receive: Callable[[bytes], bool]) -> None:
        stream = response.stream
        assert isinstance(stream, httpx.SyncByteStream)
        try:
            decompressor = decompressed(response)
            for chunk in stream:
                _heed(_interrupt.get())
                for piece in (chunk,) if decompressor is None else decompressor.feed(chunk):
                    if not receive(piece):
                        return
            if decompressor is not None:
                decompressor.finish()
        finally:
            stream.close()

    def stream(self, response: httpx.Response) -> AsyncIterator[bytes]:
        return _BlockingStream(response)

    async def close(self, response: httpx.Response) -> None:
        response.close()

    def abandon(self, response: httpx.Response) -> None:
        response.close()

    async def close_transport(self, transport: Transport) -> None:
        assert isinstance(transport, httpx.BaseTransport)
        transport.close()

    async def sleep(self, seconds: float) -> None:
        interrupt = _interrupt.get()
        if interrupt is None:
            self._clock.sleep(seconds)
        elif self.real_time:
            interrupt.wait(min(seconds, LONGEST_SLEEP))
        else:
            self._clock.sleep(seconds)
        _heed(interrupt)

    async def map(
        self, function: Callable[[T], Coroutine[Any, Any, R]], items: Sequence[T], *, at_once: int | None = None
    ) -> list[R]:
        most = len(items) if at_once is None else min(at_once, len(items))
        if most < 2:
            return [await function(item) for item in items]
        from queue import Empty, SimpleQueue  # here: few programs run several calls at once on threads

        interrupt = threading.Event()
        outer = _interrupt.get()
        # What this thread shares with the others is made so that Ctrl-C can come anywhere in it. A pool of concurrent.futures
        # isn't: KeyboardInterrupt may leave a lock of it taken, for which a worker then waits for ever.
        waiting = deque((index, item, contextvars.copy_context()) for index, item in enumerate(items))
        ended: SimpleQueue[tuple[int, R] | BaseException] = SimpleQueue()

        def call(item: T) -> R:
            _interrupt.set(interrupt)
            _heed(interrupt)
            return run(function(item))

        def work() -> None:
            with contextlib.suppress(IndexError):
                while True:
                    index, item, context = waiting.popleft()
                    try:
                        ended.put((index, context.run(call, item)))
                    except BaseException as error:
                        if not interrupt.is_set():  # else it follows from the first error, or nobody waits any more
                            interrupt.set()  # here, before another thread takes its next item
                            ended.put(error)
                        return

        # Threads for each call: shared ones would deadlock if a mapped function called map.
        threads: list[threading.Thread] = []
        results: dict[int, R] = {}
        end: tuple[int, R] | BaseException | None
        # In slices, so that a batch inside a batch notices the interruption of the outer one, and Windows Ctrl-C.
        slice_ = 0.1 if outer is not None or sys.platform == "win32" else None
        try:
            _start(work, most, threads)
            if not threads:
                return [context.run(run, function(item)) for _, item, context in waiting]
            while len(results) < len(items):
                try:
                    end = ended.get(timeout=slice_)
                except Empty:
                    end = None
                if isinstance(end, BaseException):
                    raise end
                if end is not None:
                    results[end[0]] = end[1]
                _heed(outer)
        except KeyboardInterrupt:
            interrupt.set()  # Ctrl-C does not wait for pending answers
            raise
        except BaseException:
            interrupt.set()
            for thread in threads:
                thread.join()
            raise
        finally:
            end = None  # an error's traceback holds this frame
        for thread in threads:
            thread.join()
        return [results[index] for index in range(len(items))]

    def signal(self) -> Signal:
        return _ThreadSignal()

    async def shielded(self, function: Callable[[], Coroutine[Any, Any, object]], *, seconds: float) -> None:  # noqa: ARG002
        await function()

    async def offload(self, function: Callable[[], R]) -> R:
        return function()


def _start(work: Callable[[], None], most: int, threads: list[threading.Thread]) -> None:
    """Start threads, and add each to a list as soon as it runs. Where the system has no room for one, there are fewer."""
    for number in range(most):
        thread = threading.Thread(target=work, name=f"buildkite_{number}")
        try:
            thread.start()
        except RuntimeError:
            return
        threads.append(thread)


class _ThreadSignal:
    """Signal that a thread waits for."""

    def __init__(self) -> None:
        self._event = threading.Event()

    is_alive = True

    def set(self) -> None:
        self._event.set()

    def silence(self) -> float:
        return 0.0

    async def wait(self, seconds: float | None) -> None:
        interrupt = _interrupt.get()
        ends = None if seconds is None else time.monotonic() + seconds
        while not self._event.is_set():
            _heed(interrupt)
            left = None if ends is None else min(ends - time.monotonic(), LONGEST_SLEEP)
            if left is not None and left <= 0:
                return
            # In slices, so that the interruption of a batch is noticed, and on Windows Ctrl-C.
            in_slices = interrupt is not None or sys.platform == "win32"
            self._event.wait(min(left or 0.1, 0.1) if in_slices else left)


class AsyncRuntime:
    """Runtime that awaits, on asyncio or trio, by anyio, which httpx depends on."""

    blocking = False

    def __init__(self, clock: MonotonicClock | None = None) -> None:
        self._clock = clock or SystemClock()
        self.now = self._clock.monotonic
        self.time = epoch_of(self._clock)
        self.real_time = isinstance(self._clock, SystemClock)

    def client(
        self, send: Send, *, base_url: str, headers: Mapping[str, str], timeouts: Mapping[str, float | None]
    ) -> Http:
        return _AsyncClient(send, base_url=base_url, headers=headers, timeout=httpx.Timeout(**timeouts))

    async def attempt(
        self,
        function: Callable[[], Coroutine[Any, Any, T]],
        *,
        seconds: float | None,
        discard: Callable[[T], Coroutine[Any, Any, object]] | None = None,
    ) -> T:
        from ._cancellation import guarded

        return await guarded(function, seconds=seconds, discard=discard)

    async def send(self, transport: Transport, request: httpx.Request) -> httpx.Response:
        assert isinstance(transport, httpx.AsyncBaseTransport)
        return await transport.handle_async_request(request)

    async def awaited(self, value: T | Awaitable[T], *, seconds: float | None = None) -> T:
        if not inspect.isawaitable(value):
            return value
        if seconds is None or not self.real_time:
            return await cast("Awaitable[T]", value)
        import anyio

        with anyio.fail_after(max(0.0, seconds)):
            return await cast("Awaitable[T]", value)

    async def chunks(self, response: httpx.Response, *, raw: bool = False) -> AsyncGenerator[bytes, None]:
        decompressor = None if raw or response.is_stream_consumed else decompressed(response)
        source = response.aiter_bytes() if response.is_stream_consumed else response.aiter_raw()
        async with aclosing(source) as chunks:  # type: ignore[type-var]  # httpx says iterator; trio warns of a generator left
            async for chunk in chunks:
                for piece in (chunk,) if decompressor is None else decompressor.feed(chunk):
                    yield piece
        if decompressor is not None:
            decompressor.finish()

    async def read(self, response: httpx.Response, receive: Callable[[bytes], bool]) -> None:
        stream = response.stream
        assert isinstance(stream, httpx.AsyncByteStream)
        try:
            decompressor = decompressed(response)
            async for chunk in stream:
                for piece in (chunk,) if decompressor is None else decompressor.feed(chunk):
                    if not receive(piece):
                        return
            if decompressor is not None:
                decompressor.finish()
        finally:
            await stream.aclose()

    def stream(self, response: httpx.Response) -> AsyncIterator[bytes]:
        assert isinstance(response.stream, httpx.AsyncByteStream)
        return aiter(response.stream)

    async def close(self, response: httpx.Response) -> None:
        await response.aclose()

    def abandon(self, response: httpx.Response) -> None:
        from ._cancellation import run_soon

        run_soon(response.aclose)

    async def close_transport(self, transport: Transport) -> None:
        assert isinstance(transport, httpx.AsyncBaseTransport)
        await transport.aclose()

    async def sleep(self, seconds: float) -> None:
        await self._clock.asleep(seconds)

    async def map(
        self, function: Callable[[T], Coroutine[Any, Any, R]], items: Sequence[T], *, at_once: int | None = None
    ) -> list[R]:
        most = len(items) if at_once is None else min(at_once, len(items))
        if most < 2:
            return [await function(item) for item in items]
        import anyio

        from ._cancellation import is_stray

        results: dict[int, R] = {}
        failures: list[BaseException] = []
        slots = anyio.Semaphore(most)

        async def work(index: int, item: T) -> None:
            try:
                results[index] = await function(item)
            except BaseException as error:  # raised below, as itself instead of inside an exception group
                if not (isinstance(error, Exception) or is_stray(error)):
                    raise
                failures.append(error)
                group.cancel_scope.cancel()
            else:
                slots.release()

        async with anyio.create_task_group() as group:
            for index, item in enumerate(items):
                await slots.acquire()
                group.start_soon(work, index, item)  # from here, so that each has the caller's context variables
        if failures:
            if isinstance(failures[0], Exception):
                raise failures[0]
            raise RuntimeError(
                "A call raised CancelledError, although nobody cancelled it: something was cancelled that it awaited, for "
                "example in a function that was passed as token=."
            ) from failures[0]
        return [results[index] for index in range(len(items))]

    def signal(self) -> Signal:
        from ._cancellation import TaskSignal

        return TaskSignal()

    async def shielded(self, function: Callable[[], Coroutine[Any, Any, object]], *, seconds: float) -> None:
        import anyio

        with anyio.move_on_after(seconds, shield=True):
            await function()

    async def offload(self, function: Callable[[], R]) -> R:
        from anyio import to_thread

        return await to_thread.run_sync(function)


class _BlockingStream(AsyncIterator[bytes]):
    """Body of a response as it arrives, in blocking code."""

    def __init__(self, response: httpx.Response) -> None:
        assert isinstance(response.stream, httpx.SyncByteStream)
        self._chunks = iter(response.stream)

    async def __anext__(self) -> bytes:
        _heed(_interrupt.get())
        for chunk in self._chunks:
            return chunk
        raise StopAsyncIteration


class _BlockingClient(httpx.Client):
    """Client of httpx for the generated functions. It sends a request by the path of all requests, which logs it.

    httpx's own `send` would log it again, and keep its cookies.
    """

    def __init__(self, send: Send, *, base_url: str, headers: Mapping[str, str], timeout: httpx.Timeout) -> None:
        super().__init__(
            base_url=base_url, headers=headers, timeout=timeout, trust_env=False, transport=httpx.MockTransport(_unused)
        )
        self._path = send

    def send(self, request: httpx.Request, **_: Any) -> httpx.Response:
        with EndsAtCaller():
            return _unsigned(run(self._path(request)))


class _AsyncClient(httpx.AsyncClient):
    """The same for async code."""

    def __init__(self, send: Send, *, base_url: str, headers: Mapping[str, str], timeout: httpx.Timeout) -> None:
        super().__init__(
            base_url=base_url, headers=headers, timeout=timeout, trust_env=False, transport=httpx.MockTransport(_unused)
        )
        self._path = send

    async def send(self, request: httpx.Request, **_: Any) -> httpx.Response:
        with EndsAtCaller():
            return _unsigned(await self._path(request))


def _unused(request: httpx.Request) -> httpx.Response:
    raise AssertionError(request)


def _unsigned(response: httpx.Response) -> httpx.Response:
    response.request = unsigned(response.request)
    return response
