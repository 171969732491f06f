"""Network backends for httpcore's pools: deadlines on every operation of a socket, and a check for surplus answers.

httpcore hands the values of a request's `timeout` extension down to the socket as they are. A `BoundedTimeout` there is a
float, and carries the absolute end of the whole attempt with it. So the attempt also ends for a server that sends a byte now
and then, which satisfies every timeout of one read.

Three waits are not bounded: a name resolution that blocks, each further address of a host whose first one does not answer
(each gets the whole timeout in blocking code), and the generator that yields a request's body.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from typing import Any, Self, cast
from weakref import WeakSet

import anyio
import httpcore

from .framing import AnswerFraming

__all__ = ["AsyncNetwork", "BoundedTimeout", "Network", "OpenedStreams", "bounded_timeouts", "opened_streams"]

_SocketOption = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]

_PHASES = ("connect", "read", "write", "pool")
_SLICE = 64 * 1024
"""Bytes that are written under one timeout."""

_OVER = "the time allowed for the whole request is over"
_CLOSED = "the client was closed in the meantime"


class BoundedTimeout(float):
    """Timeout of one operation in seconds, together with the time at which the whole attempt ends.

    Example:
        >>> timeout = BoundedTimeout(30.0, ends=1_000.0)
        >>> timeout, timeout.ends
        (30.0, 1000.0)
    """

    __slots__ = ("ends",)

    ends: float
    """End of the attempt, on the monotonic clock of the transport."""

    def __new__(cls, seconds: float, ends: float) -> Self:
        """Create a timeout of `seconds` that never reaches past `ends`."""
        timeout = super().__new__(cls, seconds)
        timeout.ends = ends
        return timeout


def bounded_timeouts(timeouts: Mapping[str, float | None], *, ends: float, now: float) -> dict[str, float | None]:
    """Return `timeouts` with the end of the attempt in each of them, for a request's `timeout` extension.

    Example:
        >>> bounded_timeouts({"connect": 10.0, "read": 30.0}, ends=120.0, now=100.0)
        {'connect': 10.0, 'read': 20.0, 'write': 20.0, 'pool': 20.0}
    """
    left = max(0.0, ends - now)
    return {
        phase: BoundedTimeout(left if (limit := timeouts.get(phase)) is None else min(limit, left), ends)
        for phase in _PHASES
    }


class _Limits:
    """Timeouts of one connection, limited by the time left for the attempt that uses it."""

    __slots__ = ("_clock", "_last")

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._last: float | None = None

    def begin(self) -> None:
        """Forget the end of the request before."""
        self._last = None

    def narrow(self, timeout: float | None, error: type[httpcore.TimeoutException]) -> float | None:
        """Return `timeout`, or the time left for the attempt if that is less; raise `error` if none is left.

        httpcore passes no timeout with a SOCKS handshake, so the last end counts there.
        """
        if isinstance(timeout, BoundedTimeout):
            self._last = timeout.ends
            ends = timeout.ends
        elif timeout is not None or self._last is None:
            return timeout
        else:
            ends = self._last
        left = ends - self._clock()
        if left <= 0:
            raise error(_OVER)
        return left if timeout is None else min(float(timeout), left)


class OpenedStreams:
    """Streams that were opened while a connection was being made, for closing them if that fails."""

    def __init__(self) -> None:
        self.blocking: list[httpcore.NetworkStream] = []
        self.awaiting: list[httpcore.AsyncNetworkStream] = []
        self.closed = False
        """True if the connection was closed in the meantime: what is opened from then on is closed at once."""


opened_streams: ContextVar[OpenedStreams | None] = ContextVar("opened_streams", default=None)
"""Collection to which the backends add each stream that they open."""


def _buffered(stream: httpcore.NetworkStream | httpcore.AsyncNetworkStream) -> bool:
    """Return True if decrypted or undecrypted bytes wait in memory, where a check of the socket doesn't find them."""
    ssl_object = stream.get_extra_info("ssl_object")
    if not isinstance(ssl_object, ssl.SSLObject):
        return False
    try:
        ssl_object.read(1)
    except ssl.SSLWantReadError:
        return False
    except (ssl.SSLError, ValueError):
        pass
    return True


class _Stream(httpcore.NetworkStream):
    """Connection of blocking code."""

    def __init__(self, inner: httpcore.NetworkStream, limits: _Limits) -> None:
        self._inner = inner
        self._limits = limits
        self._framing = AnswerFraming()

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._inner.read(max_bytes, self._limits.narrow(timeout, httpcore.ReadTimeout))
        self._framing.received(data)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if self._framing.sent(buffer):
            self._limits.begin()
        for part in _sliced(buffer):
            self._inner.write(part, self._limits.narrow(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        try:
            limit = self._limits.narrow(timeout, httpcore.ConnectTimeout)
            inner = self._inner.start_tls(ssl_context, server_hostname, limit)
        except BaseException:
            self._inner.close()
            raise
        return _Stream(inner, self._limits)

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable" and (not self._framing.at_rest or _buffered(self._inner)):
            return True
        return self._inner.get_extra_info(info)


class _AsyncStream(httpcore.AsyncNetworkStream):
    """Connection of async code."""

    def __init__(
        self, inner: httpcore.AsyncNetworkStream, limits: _Limits, streams: WeakSet[httpcore.AsyncNetworkStream]
    ) -> None:
        self._inner = inner
        self._limits = limits
        self._framing = AnswerFraming()
        self._streams = streams
        streams.add(self)

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = await self._inner.read(max_bytes, self._limits.narrow(timeout, httpcore.ReadTimeout))
        self._framing.received(data)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if self._framing.sent(buffer):
            self._limits.begin()
        for part in _sliced(buffer):
            await self._inner.write(part, self._limits.narrow(timeout, httpcore.WriteTimeout))

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        try:
            limit = self._limits.narrow(timeout, httpcore.ConnectTimeout)
            inner = await self._inner.start_tls(ssl_context, server_hostname, limit)
        except BaseException as error:  # httpcore leaves the socket open if a handshake is cancelled
            with anyio.CancelScope(shield=True):
                await self._inner.aclose()
            if isinstance(error, anyio.ClosedResourceError):
                raise httpcore.ConnectError(_CLOSED) from error
            raise
        return _AsyncStream(inner, self._limits, self._streams)

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable" and (not self._framing.at_rest or _buffered(self._inner)):
            return True
        return self._inner.get_extra_info(info)


def _sliced(buffer: bytes) -> Iterable[bytes]:
    if len(buffer) <= _SLICE:
        return (buffer,)
    return (buffer[at : at + _SLICE] for at in range(0, len(buffer), _SLICE))


class Network(httpcore.NetworkBackend):
    """Network of blocking code, for `network_backend=` of httpcore's pools."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Create a backend whose deadlines are on `clock`, which is monotonic."""
        self._clock = clock
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[_SocketOption] | None = None,
    ) -> httpcore.NetworkStream:
        limits = _Limits(self._clock)
        limit = limits.narrow(timeout, httpcore.ConnectTimeout)
        return self._opened(self._inner.connect_tcp(host, port, limit, local_address, socket_options), limits)

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[_SocketOption] | None = None
    ) -> httpcore.NetworkStream:
        limits = _Limits(self._clock)
        limit = limits.narrow(timeout, httpcore.ConnectTimeout)
        return self._opened(self._inner.connect_unix_socket(path, limit, socket_options), limits)

    def sleep(self, seconds: float) -> None:
        self._inner.sleep(seconds)

    @staticmethod
    def _opened(inner: httpcore.NetworkStream, limits: _Limits) -> httpcore.NetworkStream:
        stream = _Stream(inner, limits)
        if (opened := opened_streams.get()) is not None:
            opened.blocking.append(stream)
            if opened.closed:
                stream.close()
                raise httpcore.ConnectError(_CLOSED)
        return stream


class AsyncNetwork(httpcore.AsyncNetworkBackend):
    """Network of async code on asyncio and trio, for `network_backend=` of httpcore's pools."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """Create a backend whose deadlines are on `clock`, which is monotonic."""
        self._clock = clock
        self._inner = cast("httpcore.AsyncNetworkBackend", httpcore.AnyIOBackend())
        self.streams: WeakSet[httpcore.AsyncNetworkStream] = WeakSet()
        """Streams that this backend opened and that are still used."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[_SocketOption] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        limits = _Limits(self._clock)
        limit = limits.narrow(timeout, httpcore.ConnectTimeout)
        return await self._opened(
            await self._inner.connect_tcp(host, port, limit, local_address, socket_options), limits
        )

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[_SocketOption] | None = None
    ) -> httpcore.AsyncNetworkStream:
        limits = _Limits(self._clock)
        limit = limits.narrow(timeout, httpcore.ConnectTimeout)
        return await self._opened(await self._inner.connect_unix_socket(path, limit, socket_options), limits)

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)

    async def _opened(self, inner: httpcore.AsyncNetworkStream, limits: _Limits) -> httpcore.AsyncNetworkStream:
        stream = _AsyncStream(inner, limits, self.streams)
        if (opened := opened_streams.get()) is not None:
            opened.awaiting.append(stream)
            if opened.closed:
                with anyio.CancelScope(shield=True):
                    await stream.aclose()
                raise httpcore.ConnectError(_CLOSED)
        return stream
