"""Network backends for httpcore's pools: deadlines on every operation of a socket, and what httpcore doesn't look for.

That is surplus answers, transfers that hardly move, and servers that refuse an upload before they have read it.

httpcore hands the values of a request's `timeout` extension down to the socket as they are. A `BoundedTimeout` there is a
float, and carries the absolute end of the whole attempt with it. So the attempt also ends for a server that sends a byte now
and then, which satisfies every timeout of one read.

Three waits are not bounded: a name resolution that blocks, each further address of a host whose first one does not answer
(each gets the whole timeout in blocking code), and the generator that yields a request's body.
"""

from __future__ import annotations

import contextlib
import math
import select
import socket
import ssl
import sys
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Self
from weakref import WeakSet

import anyio
import httpcore

from .framing import AnswerFraming
from .rates import RateMeter, TransferRate
from .timeouts import BoundedTimeout

if TYPE_CHECKING:
    from .sockets import SocketOption

__all__ = ["AsyncNetwork", "Network", "OpenedStreams", "opened_streams"]

_SLICE = 16 * 1024
"""Bytes that are written under one timeout: on a link that moves a few kB in that time, the connection stays."""

_LARGE_READ = 256 * 1024
"""Bytes that are asked for after a read that got as many as httpcore asks for. The memory for them would cost more than it
saves where fewer arrive at once, as by TLS."""

_OVER = "the time allowed for the whole request is over"
_CLOSED = "the client was closed in the meantime"
_REFUSED = "the server has answered with an error before it had the whole request, or closed the connection"


class _Limits:
    """Timeouts and rates of one connection, limited by the attempt that uses it."""

    __slots__ = ("_answering", "_clock", "_last", "_meter", "_rate")

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._last: float | None = None
        self._rate: TransferRate | None = None
        self._meter = RateMeter()
        self._answering = False

    def begin(self) -> None:
        """Forget the limits of the request before."""
        self._last = None
        self._rate = None
        self._meter.reset()
        self._answering = False

    def sending(self, limit: float | None) -> _Waiting:
        """Return a context that measures the sending of bytes.

        A socket takes many bytes at once and none for long, so only its timeout ends the wait for it.
        """
        return _Waiting(self._clock, self._sent, limit)

    def receiving(self, limit: float | None) -> _Waiting:
        """Return a context that measures the receiving of bytes, which ends with the period of the rate."""
        if self._rate is not None and self._answering:
            left = self._meter.left(self._rate)
            if left < (math.inf if limit is None else limit):
                limit = left
        return _Waiting(self._clock, self._received, limit)

    def _sent(self, count: int, seconds: float) -> None:
        if self._rate is not None and self._meter.is_too_slow(self._rate, moved=count, waited=seconds):
            raise httpcore.WriteTimeout(_slow(self._rate, "sent"))

    def _received(self, count: int, seconds: float) -> None:
        if not self._answering:  # the time until the answer begins is the server's
            self._answering = True
            self._meter.reset()
        elif self._rate is not None and self._meter.is_too_slow(self._rate, moved=count, waited=seconds):
            raise httpcore.ReadTimeout(_slow(self._rate, "received"))

    def narrow(self, timeout: float | None, error: type[httpcore.TimeoutException]) -> float | None:
        """Return `timeout`, or the time left for the attempt if that is less; raise `error` if none is left.

        httpcore passes no timeout with a SOCKS handshake, so the last end counts there.
        """
        if isinstance(timeout, BoundedTimeout):
            self._last = timeout.ends
            self._rate = timeout.rate
            ends = timeout.ends
        elif timeout is not None or self._last is None:
            return timeout
        else:
            ends = self._last
        if ends == math.inf:
            return None if timeout is None else float(timeout)
        left = ends - self._clock()
        if left <= 0:
            raise error(_OVER)
        return left if timeout is None else min(float(timeout), left)


class _Waiting:
    """Context of one operation of a socket, which measures its time. `count` is set to the bytes that it moved."""

    __slots__ = ("_began", "_clock", "_report", "count", "limit")

    def __init__(self, clock: Callable[[], float], report: Callable[[int, float], None], limit: float | None) -> None:
        self._clock = clock
        self._report = report
        self._began = 0.0
        self.count = 0
        self.limit = limit

    def __enter__(self) -> Self:
        self._began = self._clock()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None or issubclass(kind, httpcore.TimeoutException):
            self._report(self.count, self._clock() - self._began)


def _slow(rate: TransferRate, verb: str) -> str:
    return f"fewer than {rate.bytes} bytes were {verb} in {rate.seconds:g} s, the least rate. Another minimum_rate= allows less"


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


def _tls_socket(stream: httpcore.NetworkStream) -> ssl.SSLSocket | None:
    """Return the socket of a connection that it decrypts. None without TLS, and for TLS inside the TLS of a proxy."""
    raw = stream.get_extra_info("socket")
    nested = isinstance(stream.get_extra_info("ssl_object"), ssl.SSLObject)
    return raw if isinstance(raw, ssl.SSLSocket) and not nested else None


class _Stream(httpcore.NetworkStream):
    """Connection of blocking code."""

    def __init__(self, inner: httpcore.NetworkStream, limits: _Limits) -> None:
        self._inner = inner
        self._limits = limits
        self._framing = AnswerFraming()
        self._written = 0
        self._early = b""
        self._at_once = 0
        self._tls = _tls_socket(inner)
        self._failure: OSError | None = None

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self._early:
            data, self._early = self._early[:max_bytes], self._early[max_bytes:]
            return data
        if self._failure is not None:
            raise httpcore.ReadError(str(self._failure)) from self._failure
        limit = self._limits.narrow(timeout, httpcore.ReadTimeout)
        with self._limits.receiving(limit) as waiting:
            data = self._inner.read(max(max_bytes, self._at_once), waiting.limit)
            if self._tls is not None and data:
                data += self._decrypted(self._tls, max_bytes - len(data))
            waiting.count = len(data)
        self._at_once = _LARGE_READ if len(data) >= max_bytes else 0
        self._framing.received(data)
        return data

    def _decrypted(self, tls: ssl.SSLSocket, max_bytes: int) -> bytes:
        """Return what further records hold that have arrived: TLS gives one of 16 kB at a time."""
        records: list[bytes] = []
        tls.settimeout(0.0)
        try:
            while max_bytes > 0 and (record := tls.recv(max_bytes)):
                records.append(record)
                max_bytes -= len(record)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass
        except OSError as error:
            self._failure = error  # of the next read: the system reports it once
        return b"".join(records)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if not buffer:  # the end of a request without a body
            return
        if self._framing.sent(buffer):
            self._limits.begin()
            self._written = 0
        for part in _sliced(buffer):
            with self._limits.sending(None) as waiting:
                if self._written > _SLICE:
                    self._await_room(timeout)
                self._inner.write(part, self._limits.narrow(timeout, httpcore.WriteTimeout))
                self._written += len(part)
                waiting.count = len(part)

    def _await_room(self, timeout: float | None) -> None:
        """Wait until the socket takes bytes, and meanwhile take what the server answers.

        Raises:
            httpcore.WriteError: the server has refused the request. httpcore reads the answer then.
        """
        raw = self._inner.get_extra_info("socket")
        while True:
            readable, writable = _wait(raw, self._limits.narrow(timeout, httpcore.WriteTimeout))
            if readable:
                try:
                    data = self._inner.read(_SLICE, 0.0)  # TLS may have nothing for us in what arrived
                except (httpcore.ReadError, httpcore.ReadTimeout):
                    data = None
                if data is not None:
                    self._early += data
                    self._framing.received(data)
                    if not data or self._framing.refused:
                        raise httpcore.WriteError(_REFUSED)
            if writable:
                return
            if not readable:
                raise httpcore.WriteTimeout("the server takes no more of the request")

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
        if info == "is_readable" and (self._early or not self._framing.at_rest or _buffered(self._inner)):
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
        self._written = 0
        self._early = b""
        self._at_once = 0
        self._streams = streams
        streams.add(self)

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self._early:
            data, self._early = self._early[:max_bytes], self._early[max_bytes:]
            return data
        limit = self._limits.narrow(timeout, httpcore.ReadTimeout)
        with self._limits.receiving(limit) as waiting:
            data = await self._inner.read(max(max_bytes, self._at_once), waiting.limit)
            waiting.count = len(data)
        self._at_once = _LARGE_READ if len(data) >= max_bytes else 0
        self._framing.received(data)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if not buffer:  # the end of a request without a body
            return
        if self._framing.sent(buffer):
            self._limits.begin()
            self._written = 0
        if self._written + len(buffer) > _SLICE:
            await self._write_watching(buffer, timeout)
        else:
            await self._write(buffer, timeout)

    async def _write(self, buffer: bytes, timeout: float | None) -> None:
        for part in _sliced(buffer):
            limit = self._limits.narrow(timeout, httpcore.WriteTimeout)
            with self._limits.sending(limit) as waiting:
                await self._inner.write(part, waiting.limit)
                waiting.count = len(part)
            self._written += len(part)

    async def _write_watching(self, buffer: bytes, timeout: float | None) -> None:
        """Write, and meanwhile take what the server answers.

        A transport of asyncio that fails to write drops what it has not read, so an answer is lost that is not read before.

        Raises:
            httpcore.WriteError: the server has refused the request. httpcore reads the answer then.
        """
        refused = False
        failure: BaseException | None = None

        async def write() -> None:
            nonlocal failure
            try:
                await self._write(buffer, timeout)
            except Exception as error:  # raised below, as itself instead of inside an exception group
                failure = error
            group.cancel_scope.cancel()

        async with anyio.create_task_group() as group:
            group.start_soon(write)
            with contextlib.suppress(Exception):  # the writer meets the same failure
                while not refused:
                    data = await self._inner.read(_SLICE, None)
                    self._early += data
                    self._framing.received(data)
                    refused = not data or self._framing.refused
                group.cancel_scope.cancel()
        if refused:
            raise httpcore.WriteError(_REFUSED)
        if failure is not None:
            raise failure

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        try:
            limit = self._limits.narrow(timeout, httpcore.ConnectTimeout)
            inner = await self._inner.start_tls(ssl_context, server_hostname, limit)
        except BaseException:
            with anyio.CancelScope(shield=True):
                await self._inner.aclose()
            raise
        return _AsyncStream(inner, self._limits, self._streams)

    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":
            return bool(self._early) or not self._framing.at_rest or _buffered(self._inner) or _is_readable(self._inner)
        return self._inner.get_extra_info(info)


def _is_readable(stream: httpcore.AsyncNetworkStream) -> bool:
    """Return True if bytes or the end have arrived at the socket, or if it is closed."""
    raw = stream.get_extra_info("socket")
    return raw is None or raw.fileno() < 0 or _wait(raw, 0.0, write=False)[0]


def _wait(raw: socket.socket, timeout: float | None, *, write: bool = True) -> tuple[bool, bool]:
    """Wait until a socket can be read or, if `write` is True, written, and return which."""
    if sys.platform == "win32":  # without poll
        readable, writable, _ = select.select([raw], [raw] if write else [], [], timeout)
        return bool(readable), bool(writable)
    else:  # noqa: RET505  # a type checker for Windows passes over it
        poll = select.poll()
        poll.register(raw, select.POLLIN | (select.POLLOUT if write else 0))
        events = poll.poll(None if timeout is None else math.ceil(timeout * 1000))
        ready = events[0][1] if events else 0
        return bool(ready & ~select.POLLOUT), bool(ready & ~select.POLLIN)


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
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore.NetworkStream:
        limits = _Limits(self._clock)
        limit = limits.narrow(timeout, httpcore.ConnectTimeout)
        return self._opened(self._inner.connect_tcp(host, port, limit, local_address, socket_options), limits)

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[SocketOption] | None = None
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
        self.streams: WeakSet[httpcore.AsyncNetworkStream] = WeakSet()
        """Streams that this backend opened and that are still used."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        from .sockets import connect  # here, since blocking code loads this module and not that one

        limits = _Limits(self._clock)
        limit = limits.narrow(timeout, httpcore.ConnectTimeout)
        return await self._opened(await connect(host, port, limit, local_address, socket_options), limits)

    async def sleep(self, seconds: float) -> None:
        await anyio.sleep(seconds)

    async def _opened(self, inner: httpcore.AsyncNetworkStream, limits: _Limits) -> httpcore.AsyncNetworkStream:
        stream = _AsyncStream(inner, limits, self.streams)
        if (opened := opened_streams.get()) is not None:
            opened.awaiting.append(stream)
            if opened.closed:
                with anyio.CancelScope(shield=True):
                    await stream.aclose()
                raise httpcore.ConnectError(_CLOSED)
        return stream
