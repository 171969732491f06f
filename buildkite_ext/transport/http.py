"""Transports for HTTP: requests and responses of httpx over httpcore's connection pools.

httpx's own transports take no network backend, which the deadlines here need. Proxies and certificates of the environment
count as in httpx: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY, SSL_CERT_FILE and SSL_CERT_DIR.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Iterator
from typing import TypeVar
from weakref import WeakKeyDictionary

import anyio
import httpcore
import httpx

from .._cancellation import guarded
from .._forks import keep_inherited, reset_after_fork
from .pools import AsyncPool, AsyncPools, BlockingPool, ConnectionCounts, LoopPools, Pools, Routes, running_loop
from .rates import DEFAULT_LIMITS, ConnectionLimits
from .sending import mark_sent
from .timeouts import BoundedTimeout

__all__ = ["HTTPX_ERRORS", "AsyncHttpTransport", "HttpTransport"]

_T = TypeVar("_T")

_GRACE = 0.2
"""Seconds that the network has for its own, more exact error before an async attempt is cancelled at its deadline. The wire,
which limits the whole attempt, gives it fewer: what is sent through it needs no further scope here."""

HTTPX_ERRORS: dict[type[Exception], type[httpx.TransportError]] = {
    httpcore.ConnectError: httpx.ConnectError,
    httpcore.ConnectTimeout: httpx.ConnectTimeout,
    httpcore.ConnectionNotAvailable: httpx.ConnectError,
    httpcore.LocalProtocolError: httpx.LocalProtocolError,
    httpcore.NetworkError: httpx.NetworkError,
    httpcore.PoolTimeout: httpx.PoolTimeout,
    httpcore.ProtocolError: httpx.ProtocolError,
    httpcore.ProxyError: httpx.ProxyError,
    httpcore.ReadError: httpx.ReadError,
    httpcore.ReadTimeout: httpx.ReadTimeout,
    httpcore.RemoteProtocolError: httpx.RemoteProtocolError,
    httpcore.TimeoutException: httpx.TimeoutException,
    httpcore.UnsupportedProtocol: httpx.UnsupportedProtocol,
    httpcore.WriteError: httpx.WriteError,
    httpcore.WriteTimeout: httpx.WriteTimeout,
}
"""The errors of httpcore and of a SOCKS handshake, and their counterparts in httpx."""

try:
    from socksio import SOCKSError
except ImportError:
    pass
else:
    HTTPX_ERRORS[SOCKSError] = httpx.ProxyError

_ERRORS = tuple(HTTPX_ERRORS)


def _is_replaced(method: Callable[..., object]) -> bool:
    """Return True if a recorder or a mock (vcrpy, pytest-httpx, …) has replaced a method of httpx's transports.

    While it is replaced, a transport of httpx sends the requests, so that these tools work as with any client over httpx.
    """
    module: str = getattr(method, "__globals__", {}).get("__name__", "")  # of the function itself, not of a wrapped one
    return not module.startswith("httpx.")


def _to_httpx(error: Exception) -> httpx.TransportError:
    """Return the most exact error of httpx for `error`."""
    kind = next(HTTPX_ERRORS[each] for each in type(error).__mro__ if each in HTTPX_ERRORS)
    return kind(str(error))


def _to_httpcore(request: httpx.Request, content: Iterable[bytes] | AsyncIterable[bytes]) -> httpcore.Request:
    url = request.url
    return httpcore.Request(
        method=request.method,
        url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
        headers=request.headers.raw,
        content=content,
        extensions=request.extensions,
    )


def _pool_timeout(request: httpx.Request) -> float | None:
    timeout: float | None = request.extensions.get("timeout", {}).get("pool")
    return timeout


class HttpTransport(httpx.BaseTransport):
    """Transport of blocking code. It may be used by several threads, and in child processes that are forked later.

    A deadline is passed in the request's `timeout` extension: `bounded_timeouts` makes one.
    """

    def __init__(
        self, *, limits: ConnectionLimits = DEFAULT_LIMITS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Create a transport; proxies and certificates are read with the first request that needs them.

        Args:
            limits: limits on the connections to each proxy, and on those without one.
            clock: monotonic clock on which deadlines are given.
        """
        self._clock = clock
        self._routes = Routes(limits)
        self._lock = threading.Lock()
        self._pools = Pools(self._routes, clock)
        self._replaced: httpx.HTTPTransport | None = None
        reset_after_fork(self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    @property
    def connections(self) -> ConnectionCounts:
        """Numbers of busy and idle connections."""
        return self._pools.counts()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if _is_replaced(httpx.HTTPTransport.handle_request):
            self._replaced = self._replaced or httpx.HTTPTransport()
            return self._replaced.handle_request(request)
        with self._lock:
            pool = self._pools.find(request.url)
        assert isinstance(request.stream, httpx.SyncByteStream)
        mark_sent(request.extensions, sent=False)
        try:
            pool.take_slot(_pool_timeout(request))
            try:
                answer = pool.handle_request(_to_httpcore(request, request.stream))
            except BaseException:
                pool.free_slot()
                raise
        except _ERRORS as error:
            raise _to_httpx(error) from error
        body = _BlockingBody(answer, pool)
        return httpx.Response(answer.status, headers=answer.headers, stream=body, extensions=answer.extensions)

    def close(self) -> None:
        self._pools.close()
        if self._replaced is not None:
            self._replaced.close()

    def _reset_after_fork(self) -> None:
        """Begin with new pools in a child process. The parent's stay open and untouched."""
        keep_inherited(self._pools, self._replaced)
        self._replaced = None
        self._lock = threading.Lock()
        self._pools = Pools(self._routes, self._clock)


class AsyncHttpTransport(httpx.AsyncBaseTransport):
    """Transport of async code, on asyncio and trio.

    Each event loop that uses it has connections of its own, and each process. On asyncio every attempt (sending a request,
    reading a chunk of the answer, closing it) runs by `guarded`, so that cancellation leaves no connection busy.
    """

    def __init__(
        self, *, limits: ConnectionLimits = DEFAULT_LIMITS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Create a transport; proxies and certificates are read with the first request that needs them.

        Args:
            limits: limits on the connections of an event loop to each proxy, and on those without one.
            clock: monotonic clock on which deadlines are given.
        """
        self._clock = clock
        self._routes = Routes(limits)
        self._loops = LoopPools(self._routes, clock)
        self._replaced: WeakKeyDictionary[object, httpx.AsyncHTTPTransport] = WeakKeyDictionary()
        reset_after_fork(self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    @property
    def connections(self) -> ConnectionCounts:
        """Numbers of busy and idle connections, of all event loops."""
        return self._loops.counts()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if _is_replaced(httpx.AsyncHTTPTransport.handle_async_request):
            replaced = self._replaced.setdefault(running_loop(), httpx.AsyncHTTPTransport())
            return await replaced.handle_async_request(request)
        pools, pool = self._loops.current(request.url)
        deadline = _AsyncDeadline(request, self._clock)
        assert isinstance(request.stream, httpx.AsyncByteStream)
        content = _AsyncContent(request.stream)
        mark_sent(request.extensions, sent=False)

        async def send() -> httpx.Response:
            try:
                await pool.take_slot(_pool_timeout(request))
                try:
                    answer = await pool.handle_async_request(_to_httpcore(request, content))
                except BaseException:
                    pool.free_slot()
                    raise
                finally:
                    await content.aclose()
            except _ERRORS as error:
                raise _to_httpx(error) from error
            body = _AsyncBody(answer, pool, pools, deadline)
            return httpx.Response(answer.status, headers=answer.headers, stream=body, extensions=answer.extensions)

        return await deadline.guard(send, discard=httpx.Response.aclose)

    async def aclose(self) -> None:
        """Close the connections of the event loop that runs, and of those that have ended."""
        await guarded(self._loops.aclose)
        if (replaced := self._replaced.pop(running_loop(), None)) is not None:
            await replaced.aclose()

    def _reset_after_fork(self) -> None:
        """Begin with new pools in a child process. The parent's stay open and untouched."""
        keep_inherited(self._replaced)
        self._replaced = WeakKeyDictionary()
        self._loops.inherit()
        self._loops = LoopPools(self._routes, self._clock)


class _AsyncDeadline:
    """End of an async attempt, as the request's `timeout` extension gives it.

    The network ends an attempt at its deadline with an exact error. The scope of `guarded` follows a little later, for code that
    waits elsewhere.
    """

    def __init__(self, request: httpx.Request, clock: Callable[[], float]) -> None:
        self._request = request
        self._clock = clock

    async def guard(
        self, function: Callable[[], Awaitable[_T]], *, discard: Callable[[_T], Awaitable[object]] | None = None
    ) -> _T:
        """Await `function()` by `guarded`, until the deadline that the request has now: a stream's body may have none."""
        read = self._request.extensions.get("timeout", {}).get("read")
        if not isinstance(read, BoundedTimeout):
            return await guarded(function, discard=discard)
        seconds = max(0.0, read.ends - self._clock()) + _GRACE
        try:
            return await guarded(function, seconds=seconds, discard=discard)
        except TimeoutError:
            if self._clock() < read.ends:  # an error of the request's own body
                raise
            raise httpx.ReadTimeout("the time allowed for the whole request is over") from None


class _AsyncContent:
    """Body of a request in async code. Its generator is closed if it isn't read to the end, of which trio warns."""

    def __init__(self, stream: httpx.AsyncByteStream) -> None:
        self._stream = stream
        self._chunks: AsyncIterator[bytes] | None = None

    def __aiter__(self) -> AsyncIterator[bytes]:
        self._chunks = aiter(self._stream)
        return self._chunks

    async def aclose(self) -> None:
        if isinstance(self._chunks, AsyncGenerator):
            with anyio.CancelScope(shield=True), contextlib.suppress(Exception):  # the answer, or its error, counts
                await self._chunks.aclose()


class _BlockingBody(httpx.SyncByteStream):
    """Body of a response, as it arrives."""

    def __init__(self, answer: httpcore.Response, pool: BlockingPool) -> None:
        self._answer = answer
        self._slot: BlockingPool | None = pool

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._answer.iter_stream()
        except _ERRORS as error:
            raise _to_httpx(error) from error

    def close(self) -> None:
        slot, self._slot = self._slot, None
        try:
            self._answer.close()
        finally:
            if slot is not None:
                slot.free_slot()


class _AsyncBody(httpx.AsyncByteStream):
    """Body of a response in async code, as it arrives.

    It is its own iterator, since trio warns of an async generator that is not read to its end.
    """

    def __init__(self, answer: httpcore.Response, pool: AsyncPool, pools: AsyncPools, deadline: _AsyncDeadline) -> None:
        self._answer = answer
        self._slot: AsyncPool | None = pool
        self._chunks: AsyncIterator[bytes] | None = None
        self._left_over = False
        self._pools = pools
        self._deadline = deadline

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        try:
            chunk = await self._deadline.guard(self._next)
        except BaseException:
            await self.aclose()
            raise
        if chunk is None:
            raise StopAsyncIteration
        return chunk

    async def aclose(self) -> None:
        if not self._pools.inherited:  # the connection is the parent process's
            await guarded(self._close)

    async def _next(self) -> bytes | None:
        if self._chunks is None:
            self._chunks = self._answer.aiter_stream()
        self._left_over = False
        try:
            chunk = await anext(self._chunks, None)
        except _ERRORS as error:
            raise _to_httpx(error) from error
        self._left_over = chunk is not None
        return chunk

    async def _close(self) -> None:
        slot, self._slot = self._slot, None
        try:
            await self._answer.aclose()
        finally:
            if slot is not None:
                slot.free_slot()
        if self._chunks is not None and self._left_over:
            # The connection is closed. httpcore's generators end with what is left in memory; trio warns otherwise.
            self._left_over = False
            with anyio.CancelScope(shield=True), contextlib.suppress(*_ERRORS):
                while await anext(self._chunks, None) is not None:
                    pass
