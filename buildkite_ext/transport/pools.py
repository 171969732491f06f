"""Connection pools: one set for each process, and in async code one for each event loop.

A pool of httpcore has a limited number of connections. It uses one again that reports that it is idle, and replaces one
that reports that it is closed. After some failures httpcore's connections report neither; `_PooledConnection` does it for them.

Requests queue in front of such a pool, not in it: httpcore compares each request that waits with each connection, whenever
one of them changes.
"""

from __future__ import annotations

import contextlib
import gc
import os
import socket
import ssl
import threading
import warnings
from collections import deque
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

import anyio
import httpcore
import httpx
from msgspec import Struct

from .._cancellation import asyncio_task
from .._forks import keep_inherited
from ..clock import LONGEST_SLEEP
from ..errors import ConfigurationError
from .network import AsyncNetwork, Network, OpenedStreams, opened_streams
from .proxies import ProxyRules
from .sending import mark_sent

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

    from trio.lowlevel import TrioToken

    from .rates import ConnectionLimits

__all__ = [
    "AsyncPool",
    "AsyncPools",
    "BlockingPool",
    "ConnectionCounts",
    "LoopPools",
    "Pools",
    "Routes",
    "running_loop",
]


class ConnectionCounts(Struct, frozen=True):
    """Numbers of open connections."""

    busy: int
    """In use by a request or by an answer that isn't read to its end."""
    idle: int
    """Kept for the next request."""


class Routes:
    """Routes to servers: the proxies of the environment and the TLS settings, read when they are first needed."""

    def __init__(self, limits: ConnectionLimits) -> None:
        self.limits = limits
        self._rules: ProxyRules | None = None
        self._ssl_context: ssl.SSLContext | None = None

    def proxy(self, url: httpx.URL) -> httpx.Proxy | None:
        """Return the proxy for `url`, or None if it is reached directly."""
        if self._rules is None:
            self._rules = ProxyRules.from_environment()
        return self._rules.find(url)

    def ssl_context(self) -> ssl.SSLContext:
        """Return the TLS settings of httpx, which SSL_CERT_FILE, SSL_CERT_DIR and SSLKEYLOGFILE change.

        Raises:
            ConfigurationError: one of these variables names certificates that can't be read, or a file that can't be written.
        """
        if self._ssl_context is None:
            self._ssl_context = _ssl_context(os.environ)
        return self._ssl_context

    def to_httpcore(self, proxy: httpx.Proxy | None) -> httpcore.Proxy | None:
        """Return `proxy` in the form that httpcore's pools take."""
        if proxy is None:
            return None
        url = httpcore.URL(
            scheme=proxy.url.raw_scheme, host=proxy.url.raw_host, port=proxy.url.port, target=proxy.url.raw_path
        )
        context = self.ssl_context() if proxy.url.scheme == "https" else None
        return httpcore.Proxy(url, auth=proxy.raw_auth, headers=proxy.headers.raw, ssl_context=context)


def _ssl_context(environ: Mapping[str, str]) -> ssl.SSLContext:
    variable = next((name for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if environ.get(name)), None)
    try:
        if variable == "SSL_CERT_DIR":
            os.scandir(environ[variable]).close()  # OpenSSL takes a folder that doesn't exist for an empty one
        return httpx.create_ssl_context()
    except OSError as error:  # an SSLError is one: the file holds no certificates
        key_log = environ.get("SSLKEYLOGFILE")
        if key_log and error.filename == key_log:
            raise ConfigurationError(
                f"The file of the environment variable SSLKEYLOGFILE can't be written: {key_log!r}: {error.strerror}. Correct "
                "or unset it."
            ) from error
        if variable is None:
            raise ConfigurationError(f"The certificates of this Python can't be read: {error}.") from error
        raise ConfigurationError(
            f"The certificates of the environment variable {variable} can't be read: {environ[variable]!r}: "
            f"{error.strerror or error}. Correct or unset it."
        ) from error


_Key = tuple[httpx.Proxy | None, bool]
"""Proxy, and True for a pool of TLS connections."""


class Pools:
    """Pools of blocking code."""

    def __init__(self, routes: Routes, clock: Callable[[], float]) -> None:
        self._routes = routes
        self._network = Network(clock)
        self._pools: dict[_Key, BlockingPool] = {}

    def find(self, url: httpx.URL) -> BlockingPool:
        """Return the pool for `url`. The caller holds a lock."""
        key = (self._routes.proxy(url), url.scheme == "https")
        pool = self._pools.get(key)
        if pool is None:
            limits = self._routes.limits
            pool = self._pools[key] = BlockingPool(
                ssl_context=self._routes.ssl_context() if key[1] else None,
                proxy=self._routes.to_httpcore(key[0]),
                max_connections=limits.max_connections,
                max_keepalive_connections=limits.max_keepalive_connections,
                keepalive_expiry=limits.keepalive_expiry,
                network_backend=self._network,
            )
        return pool

    def counts(self) -> ConnectionCounts:
        """Count the connections."""
        return _count([each for pool in list(self._pools.values()) for each in pool.connections])

    def close(self) -> None:
        """Close each connection."""
        for pool in list(self._pools.values()):
            pool.close()


class AsyncPools:
    """Pools of async code on one event loop."""

    def __init__(self, routes: Routes, clock: Callable[[], float]) -> None:
        self._routes = routes
        self._network = AsyncNetwork(clock)
        self._pools: dict[_Key, AsyncPool] = {}
        self.inherited = False
        """True in a child process of the process that opened the connections."""

    def find(self, url: httpx.URL) -> AsyncPool:
        """Return the pool for `url`. The caller holds a lock."""
        key = (self._routes.proxy(url), url.scheme == "https")
        pool = self._pools.get(key)
        if pool is None:
            limits = self._routes.limits
            pool = self._pools[key] = AsyncPool(
                ssl_context=self._routes.ssl_context() if key[1] else None,
                proxy=self._routes.to_httpcore(key[0]),
                max_connections=limits.max_connections,
                max_keepalive_connections=limits.max_keepalive_connections,
                keepalive_expiry=limits.keepalive_expiry,
                network_backend=self._network,
            )
        return pool

    def counts(self) -> ConnectionCounts:
        """Count the connections."""
        return _count([each for pool in list(self._pools.values()) for each in pool.connections])

    async def aclose(self) -> None:
        """Close each connection, on the event loop that opened it."""
        if not self.inherited:
            for pool in list(self._pools.values()):
                await pool.aclose()

    def drop(self) -> None:
        """End each connection without its event loop, which is closed.

        An asyncio transport closes its socket only on its loop or when it is deleted, and warns in the second case.
        """
        streams = list(self._network.streams)
        connected = [_disconnect(stream) for stream in streams]
        streams.clear()
        self._pools.clear()
        if any(connected):  # transports refer to themselves, so only the collector deletes them
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ResourceWarning)
                gc.collect()


def _disconnect(stream: httpcore.AsyncNetworkStream) -> bool:
    """End the connection of `stream`, and return True if an asyncio transport still holds its socket."""
    raw = stream.get_extra_info("socket")
    try:
        if isinstance(raw, socket.socket):  # trio
            raw.close()
            return False
        raw.shutdown(socket.SHUT_RDWR)
    except (OSError, TypeError):  # closed already, or held by uvloop, which closes it with the loop
        return False
    return True


class LoopPools:
    """Pools of each event loop that uses a transport.

    A loop closes its pools itself when it ends: asyncio and trio finish the async generators that were begun on them. Pools of
    a loop that was closed in another way are dropped when the next loop appears.
    """

    def __init__(self, routes: Routes, clock: Callable[[], float]) -> None:
        self._routes = routes
        self._clock = clock
        self._lock = threading.Lock()
        self._of: dict[AbstractEventLoop | TrioToken, tuple[AsyncPools, AsyncGenerator[None, None]]] = {}

    def current(self, url: httpx.URL) -> tuple[AsyncPools, AsyncPool]:
        """Return the pools of the event loop that runs, and the one of them for `url`."""
        loop = running_loop()
        if loop not in self._of:
            self._drop_ended()
        with self._lock:
            if loop not in self._of:
                pools = AsyncPools(self._routes, self._clock)
                self._of[loop] = (pools, _closer(pools))
            pools, _ = self._of[loop]
            return pools, pools.find(url)

    def counts(self) -> ConnectionCounts:
        """Count the connections of each loop."""
        with self._lock:
            counts = [pools.counts() for pools, _ in self._of.values()]
        return ConnectionCounts(sum(each.busy for each in counts), sum(each.idle for each in counts))

    async def aclose(self) -> None:
        """Close the connections of the event loop that runs, and those of loops that have ended."""
        self._drop_ended()
        with self._lock:
            _, closer = self._of.pop(running_loop(), (None, None))
        if closer is not None:
            await closer.aclose()

    def inherit(self) -> None:
        """Mark the connections as those of the parent process. No lock is acquired."""
        for pools, _ in list(self._of.values()):
            pools.inherited = True
        keep_inherited(self._of)

    def _drop_ended(self) -> None:
        with self._lock:
            ended = [self._of.pop(loop)[0] for loop in list(self._of) if _has_ended(loop)]
        for pools in ended:
            pools.drop()


def running_loop() -> AbstractEventLoop | TrioToken:
    """Return the event loop that runs, of asyncio or trio."""
    task = asyncio_task()
    if task is not None:
        return task.get_loop()
    import trio

    return trio.lowlevel.current_trio_token()


def _has_ended(loop: AbstractEventLoop | TrioToken) -> bool:
    from asyncio import AbstractEventLoop

    if isinstance(loop, AbstractEventLoop):
        return loop.is_closed()
    import trio

    try:
        loop.run_sync_soon(_nothing)
    except trio.RunFinishedError:
        return True
    return False


def _nothing() -> None:
    """Do nothing. A loop that has ended refuses to run it."""


def _closer(pools: AsyncPools) -> AsyncGenerator[None, None]:
    """Return a generator that closes `pools` when the running event loop finishes its generators, or when it is closed."""

    async def generator() -> AsyncGenerator[None, None]:
        try:
            yield
        finally:
            await pools.aclose()

    closer = generator()
    with contextlib.suppress(StopIteration):
        closer.__anext__().send(None)  # runs up to the yield; the loop notes the generator
    return closer


def _count(connections: Sequence[httpcore.ConnectionInterface | httpcore.AsyncConnectionInterface]) -> ConnectionCounts:
    in_use = [each for each in connections if not each.is_closed()]
    idle = sum(each.is_idle() or each.is_available() for each in in_use)
    return ConnectionCounts(len(in_use) - idle, idle)


_NO_SLOT = "no connection became free in time"
_CLOSED = "the client was closed in the meantime"


class BlockingPool(httpcore.ConnectionPool):
    """Pool of blocking code. A request takes a slot before it is sent, and gives it back when its answer is closed."""

    def __init__(self, *, max_connections: int | None, **options: Any) -> None:
        super().__init__(max_connections=max_connections, **options)
        # Ctrl-C can come anywhere in a SimpleQueue. A Semaphore may be left locked by it, for all other threads.
        self._slots: SimpleQueue[None] | None = None if max_connections is None else SimpleQueue()
        for _ in range(max_connections or 0):
            self.free_slot()
        self._ended = False

    def take_slot(self, timeout: float | None) -> None:
        """Wait until fewer requests than the limit on connections are on their way.

        Raises:
            httpcore.PoolTimeout: `timeout` seconds have passed.
        """
        if self._slots is None:
            return
        try:
            self._slots.get(timeout=None if timeout is None else min(max(0.0, timeout), LONGEST_SLEEP))
        except Empty:
            raise httpcore.PoolTimeout(_NO_SLOT) from None

    def free_slot(self) -> None:
        """Let the next request go."""
        if self._slots is not None:
            self._slots.put(None)

    def create_connection(self, origin: httpcore.Origin) -> httpcore.ConnectionInterface:
        return _PooledConnection(super().create_connection(origin), ended=self._ended)

    def close(self) -> None:
        self._ended = True
        super().close()


class AsyncPool(httpcore.AsyncConnectionPool):
    """Pool of async code. A request takes a slot before it is sent, and gives it back when its answer is closed."""

    def __init__(self, *, max_connections: int | None, **options: Any) -> None:
        super().__init__(max_connections=max_connections, **options)
        self._free = max_connections
        self._queue: deque[anyio.Event] = deque()
        self._ended = False

    async def take_slot(self, timeout: float | None) -> None:
        """Wait until fewer requests than the limit on connections are on their way.

        Raises:
            httpcore.PoolTimeout: `timeout` seconds have passed.
        """
        if self._free is None:
            return
        if self._free:
            self._free -= 1
            return
        turn = anyio.Event()
        self._queue.append(turn)
        try:
            with anyio.move_on_after(timeout):
                await turn.wait()
        except BaseException:
            if turn.is_set():
                self.free_slot()
            else:
                self._queue.remove(turn)
            raise
        if not turn.is_set():
            self._queue.remove(turn)
            raise httpcore.PoolTimeout(_NO_SLOT)

    def free_slot(self) -> None:
        """Give the slot to the request that waits longest."""
        if self._queue:
            self._queue.popleft().set()
        elif self._free is not None:
            self._free += 1

    def create_connection(self, origin: httpcore.Origin) -> httpcore.AsyncConnectionInterface:
        return _AsyncPooledConnection(super().create_connection(origin), ended=self._ended)

    async def aclose(self) -> None:
        self._ended = True
        await super().aclose()


class _PooledConnection(httpcore.ConnectionInterface):
    """Connection whose failures never keep its place in the pool.

    Three of httpcore's connections would: one behind a proxy whose TLS handshake fails, one behind a SOCKS proxy whose
    handshake is interrupted, and one that the pool gave to a request which had just stopped waiting.
    """

    def __init__(self, inner: httpcore.ConnectionInterface, *, ended: bool) -> None:
        self._inner = inner
        self._lock = threading.Lock()
        self._opened = OpenedStreams()
        self._ended = ended
        self._used = False
        self._closed = ended

    def handle_request(self, request: httpcore.Request) -> httpcore.Response:
        if self._ended:
            raise httpcore.ConnectError(_CLOSED)
        if not self._lock.acquire(blocking=False):
            raise httpcore.ConnectionNotAvailable
        try:
            if self._closed or (self._used and not self._inner.is_idle()):
                raise httpcore.ConnectionNotAvailable
            if self._used:
                return self._use(request)
            self._used = True
            return self._open(request)
        finally:
            self._lock.release()

    def _open(self, request: httpcore.Request) -> httpcore.Response:
        token = opened_streams.set(self._opened)
        try:
            response = self._inner.handle_request(request)
            if self._closed:
                raise httpcore.ReadError(_CLOSED)
            return response
        except BaseException:
            self._discard()
            raise
        finally:
            opened_streams.reset(token)
            mark_sent(request.extensions, sent=bool(self._opened.blocking))

    def _use(self, request: httpcore.Request) -> httpcore.Response:
        mark_sent(request.extensions, sent=True)
        try:
            return self._inner.handle_request(request)
        except httpcore.ConnectionNotAvailable:
            raise
        except BaseException:
            if not (self._inner.is_idle() or self._inner.is_closed()):
                self._discard()
            raise

    def _discard(self) -> None:
        self._closed = True
        self._inner.close()
        self._opened.closed = True
        for stream in self._opened.blocking:
            stream.close()

    def close(self) -> None:
        """Close the connection, or have the thread close it that uses it.

        A socket that is closed under another thread gives its number to the next file or socket, which that thread would read.
        """
        self._closed = True
        self._opened.closed = True
        if self._used and not (self._inner.is_idle() or self._inner.is_closed()):
            for stream in self._opened.blocking:
                if isinstance(raw := stream.get_extra_info("socket"), socket.socket):
                    with contextlib.suppress(OSError):
                        socket.socket.shutdown(raw, socket.SHUT_RDWR)  # an SSLSocket's own would drop its TLS state
        else:
            self._inner.close()

    def info(self) -> str:
        return self._inner.info()

    def can_handle_request(self, origin: httpcore.Origin) -> bool:
        return self._inner.can_handle_request(origin)

    def is_available(self) -> bool:
        return not (self._closed or self._lock.locked()) and (not self._used or self._inner.is_available())

    def has_expired(self) -> bool:
        return not self._lock.locked() and self._inner.has_expired()

    def is_idle(self) -> bool:
        return not self._lock.locked() and self._inner.is_idle()

    def is_closed(self) -> bool:
        return self._closed or self._inner.is_closed()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} [{self.info()}]>"


class _AsyncPooledConnection(httpcore.AsyncConnectionInterface):
    """Connection of async code, where a request may also be cancelled, that never keeps its place in the pool."""

    def __init__(self, inner: httpcore.AsyncConnectionInterface, *, ended: bool) -> None:
        self._inner = inner
        self._opened = OpenedStreams()
        self._busy = False
        self._ended = ended
        self._used = False
        self._closed = ended

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        if self._ended:
            raise httpcore.ConnectError(_CLOSED)
        # The pool may give a connection to several requests before the first one has begun. A request that is cancelled while it
        # waits for another one's connection would close it, so it isn't let that far.
        if self._closed or self._busy or (self._used and not self._inner.is_idle()):
            raise httpcore.ConnectionNotAvailable
        self._busy = True
        try:
            if self._used:
                return await self._use(request)
            self._used = True
            return await self._open(request)
        finally:
            self._busy = False

    async def _open(self, request: httpcore.Request) -> httpcore.Response:
        token = opened_streams.set(self._opened)
        try:
            response = await self._inner.handle_async_request(request)
            if self._closed:
                raise httpcore.ReadError(_CLOSED)
            return response
        except BaseException:
            with anyio.CancelScope(shield=True):
                await self.aclose()
            raise
        finally:
            opened_streams.reset(token)
            mark_sent(request.extensions, sent=bool(self._opened.awaiting))
            self._opened.awaiting.clear()

    async def _use(self, request: httpcore.Request) -> httpcore.Response:
        mark_sent(request.extensions, sent=True)
        try:
            return await self._inner.handle_async_request(request)
        except httpcore.ConnectionNotAvailable:
            raise
        except BaseException:
            if not (self._inner.is_idle() or self._inner.is_closed()):
                with anyio.CancelScope(shield=True):
                    await self.aclose()
            raise

    async def aclose(self) -> None:
        """Close the connection. A request that is opening it ends with an error."""
        self._closed = True
        self._opened.closed = True
        await self._inner.aclose()
        for stream in list(self._opened.awaiting):
            await stream.aclose()

    def info(self) -> str:
        return self._inner.info()

    def can_handle_request(self, origin: httpcore.Origin) -> bool:
        return self._inner.can_handle_request(origin)

    def is_available(self) -> bool:
        return not (self._closed or self._busy) and (not self._used or self._inner.is_available())

    def has_expired(self) -> bool:
        return not self._busy and self._inner.has_expired()

    def is_idle(self) -> bool:
        return not self._busy and self._inner.is_idle()

    def is_closed(self) -> bool:
        return self._closed or self._inner.is_closed()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} [{self.info()}]>"
