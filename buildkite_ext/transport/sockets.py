"""Sockets of async code, over anyio, for asyncio and trio.

They do what httpcore's own do, and one thing besides: an answer that has arrived survives the failure of a write. A server
that refuses an upload answers and resets the connection. asyncio then closes the socket, with the answer unread in it.
"""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

import anyio
import anyio.abc
import anyio.streams.tls
import httpcore

__all__ = ["Socket", "SocketOption", "connect"]

SocketOption = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]

_LARGE = 4096
"""Bytes of a write from which on an answer may arrive before the write has ended."""

_Errors = Mapping[type[Exception], type[Exception]]

_CONNECT: _Errors = {
    TimeoutError: httpcore.ConnectTimeout,
    OSError: httpcore.ConnectError,  # an SSLError is one
    anyio.BrokenResourceError: httpcore.ConnectError,
    anyio.ClosedResourceError: httpcore.ConnectError,
    anyio.EndOfStream: httpcore.ConnectError,
}
_READ: _Errors = {
    TimeoutError: httpcore.ReadTimeout,
    anyio.BrokenResourceError: httpcore.ReadError,
    anyio.ClosedResourceError: httpcore.ReadError,
}
_WRITE: _Errors = {
    TimeoutError: httpcore.WriteTimeout,
    anyio.BrokenResourceError: httpcore.WriteError,
    anyio.ClosedResourceError: httpcore.WriteError,
}


@contextlib.contextmanager
def _mapped(errors: _Errors) -> Iterator[None]:
    try:
        yield
    except tuple(errors) as error:
        kind = next(to for each, to in errors.items() if isinstance(error, each))
        raise kind(str(error)) from error


async def connect(
    host: str,
    port: int,
    timeout: float | None,
    local_address: str | None,
    options: Iterable[SocketOption] | None,
) -> Socket:
    """Connect to a host.

    Args:
        host, port: the address.
        timeout: seconds; None for no limit.
        local_address: the address to connect from.
        options: of the socket.

    Raises:
        httpcore.ConnectTimeout: it took longer.
        httpcore.ConnectError: nothing answers there.
    """
    with _mapped(_CONNECT), anyio.fail_after(timeout):
        stream = await anyio.connect_tcp(host, port, local_host=local_address)
        raw = _attribute(stream, anyio.abc.SocketAttribute.raw_socket)
        for option in options or ():
            raw.setsockopt(*option)
    return Socket(_RecoveringStream(stream))


def _attribute(stream: anyio.abc.ByteStream, name: object) -> Any:
    return stream.extra(name, None)  # noqa: S610  # of anyio, not of Django


class Socket(httpcore.AsyncNetworkStream):
    """Connection to a server, with or without TLS."""

    def __init__(self, stream: anyio.abc.ByteStream) -> None:
        self._stream = stream

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with _mapped(_READ), anyio.fail_after(timeout):
            try:
                data = await self._stream.receive(max_bytes)
            except anyio.EndOfStream:
                return b""
        return data if self._ssl_object is None else data + self._decrypted(max_bytes - len(data))

    def _decrypted(self, max_bytes: int) -> bytes:
        """Return what further records hold that have arrived: TLS gives one of 16 kB at a time.

        An error and the end of the connection come again with the next read.
        """
        records: list[bytes] = []
        with contextlib.suppress(ssl.SSLError):
            while max_bytes > 0 and (record := self._ssl_object.read(max_bytes)):
                records.append(record)
                max_bytes -= len(record)
        return b"".join(records)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        with _mapped(_WRITE), anyio.fail_after(timeout):
            await self._stream.send(buffer)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        with _mapped(_CONNECT), anyio.fail_after(timeout):
            secure = await anyio.streams.tls.TLSStream.wrap(
                self._stream,
                ssl_context=ssl_context,
                hostname=server_hostname,
                standard_compatible=False,
                server_side=False,
            )
        return Socket(secure)

    def get_extra_info(self, info: str) -> Any:
        if info == "ssl_object":
            return self._ssl_object
        if info == "client_addr":
            return _attribute(self._stream, anyio.abc.SocketAttribute.local_address)
        if info == "server_addr":
            return _attribute(self._stream, anyio.abc.SocketAttribute.remote_address)
        if info == "socket":
            return self._raw
        return None

    # The pool asks for both before and after each request.
    @cached_property
    def _ssl_object(self) -> Any:
        return _attribute(self._stream, anyio.streams.tls.TLSAttribute.ssl_object)

    @cached_property
    def _raw(self) -> Any:
        return _attribute(self._stream, anyio.abc.SocketAttribute.raw_socket)


class _RecoveringStream(anyio.abc.ByteStream):
    """Stream whose unread bytes survive the failure of a write on asyncio, by a second descriptor of its socket."""

    def __init__(self, inner: anyio.abc.SocketStream) -> None:
        self._inner = inner
        self._spare: socket.socket | None = None
        self._recovered = b""

    async def receive(self, max_bytes: int = 65536) -> bytes:
        try:
            return await self._inner.receive(max_bytes)
        except (anyio.EndOfStream, anyio.BrokenResourceError):
            self._recover()
            if not self._recovered:
                raise
            data, self._recovered = self._recovered[:max_bytes], self._recovered[max_bytes:]
            return data

    async def send(self, item: bytes) -> None:
        if self._spare is None and len(item) >= _LARGE:
            self._spare = _second(_attribute(self._inner, anyio.abc.SocketAttribute.raw_socket))
        await self._inner.send(item)

    async def send_eof(self) -> None:
        await self._inner.send_eof()

    async def aclose(self) -> None:
        if self._spare is not None:
            self._spare.close()
        await self._inner.aclose()

    @property
    def extra_attributes(self) -> Mapping[Any, Callable[[], Any]]:
        return self._inner.extra_attributes

    def _recover(self) -> None:
        """Take what the closed socket still holds."""
        spare, self._spare = self._spare, None
        if spare is None:
            return
        with spare, contextlib.suppress(OSError):
            while data := spare.recv(65536):
                self._recovered += data


def _second(raw: Any) -> socket.socket | None:
    """Return a second descriptor of a socket of asyncio; None on trio, which leaves a socket open when a write fails."""
    if isinstance(raw, socket.socket):
        return None
    try:
        spare = socket.socket(fileno=os.dup(raw.fileno()))
    except OSError:
        return None
    spare.setblocking(False)
    return spare
