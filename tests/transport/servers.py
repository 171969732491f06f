"""Servers on loopback sockets, in threads, and one way to send a request blocking, on asyncio and on trio."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import httpx

from buildkite_ext.transport.http import AsyncHttpTransport, HttpTransport
from buildkite_ext.transport.rates import TransferRate
from buildkite_ext.transport.timeouts import bounded_timeouts

CERTIFICATE = Path(__file__).with_name("localhost.pem")
"""Private key and certificate for localhost and 127.0.0.1."""

HELLO = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

Serve = Callable[[socket.socket], None]


class Server:
    """Listener that gives each connection to `serve` in a thread of its own."""

    def __init__(self, serve: Serve, *, tls: bool = False) -> None:
        self._serve = serve
        self._context = None
        if tls:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(CERTIFICATE)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._closed = False
        self.connections = 0
        """Number of connections that were accepted."""
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.url = f"{'https' if tls else 'http'}://{self.address}/"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                if self._closed:
                    connection.close()
                    return
                self.connections += 1
                self._open.add(connection)
            threading.Thread(target=self._run, args=(connection,), daemon=True).start()

    def _run(self, connection: socket.socket) -> None:
        try:
            with contextlib.suppress(OSError, StopIteration):  # the client may give up before its first request
                if self._context is not None:
                    with self._context.wrap_socket(connection, server_side=True) as secure:
                        self._serve(secure)
                else:
                    self._serve(connection)
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()

    def open_connections(self) -> int:
        """Return how many connections their client hasn't closed, after waiting a while for none."""
        ends = time.monotonic() + 30
        while self._open and time.monotonic() < ends:
            time.sleep(0.005)
        return len(self._open)

    def close(self) -> None:
        with self._lock:
            self._closed = True
            connections = list(self._open)
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def heads(connection: socket.socket) -> Iterator[bytes]:
    """Yield the head of each request without a body, until the client closes the connection."""
    data = b""
    while True:
        while b"\r\n\r\n" not in data:
            received = connection.recv(65536)
            if not received:
                return
            data += received
        head, data = data.split(b"\r\n\r\n", 1)
        yield head


def answers(*replies: bytes) -> Serve:
    """Answer each request of a connection with the next of `replies`, the last one repeatedly."""

    def serve(connection: socket.socket) -> None:
        left = list(replies)
        for _ in heads(connection):
            connection.sendall(left.pop(0) if len(left) > 1 else left[0])

    return serve


def drip(part: bytes, *, before: bytes = b"") -> Serve:
    """Answer the first request with `before`, and then with `part` again and again."""

    def serve(connection: socket.socket) -> None:
        next(heads(connection))
        connection.sendall(before)
        while True:
            connection.sendall(part)
            time.sleep(0.02)

    return serve


def mute(connection: socket.socket) -> None:
    """Read what is sent and never answer."""
    while connection.recv(65536):
        pass


def reads_slowly(connection: socket.socket) -> None:
    """Take a few bytes at a time and never answer."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    while connection.recv(500):
        time.sleep(0.02)


FLAVOURS = ("blocking", "asyncio", "trio")


def exchange(
    flavour: str,
    url: str,
    *,
    times: int = 1,
    seconds: float = 60.0,
    content: Any = None,
    method: str = "GET",
    rate: TransferRate | None = None,
) -> list[httpx.Response | httpx.TransportError]:
    """Send a request some `times` by one transport; return the answers and errors.

    It is an AssertionError if a connection stays busy.
    """
    timeouts = {"connect": 30.0, "read": 30.0, "write": 30.0, "pool": 30.0}

    def build() -> httpx.Request:
        now = time.monotonic()
        extensions = {"timeout": bounded_timeouts(timeouts, ends=now + seconds, now=now, rate=rate)}
        return httpx.Request(method if content is None else "POST", url, content=content, extensions=extensions)

    results: list[httpx.Response | httpx.TransportError] = []

    def blocking() -> None:
        with HttpTransport() as transport:
            for _ in range(times):
                try:
                    response = transport.handle_request(build())
                    try:
                        response.read()
                    finally:
                        response.close()
                    results.append(response)
                except httpx.TransportError as error:
                    results.append(error)
                assert transport.connections.busy == 0

    async def awaiting() -> None:
        async with AsyncHttpTransport() as transport:
            for _ in range(times):
                try:
                    response = await transport.handle_async_request(build())
                    try:
                        await response.aread()
                    finally:
                        await response.aclose()
                    results.append(response)
                except httpx.TransportError as error:
                    results.append(error)
                assert transport.connections.busy == 0

    if flavour == "blocking":
        blocking()
    else:
        anyio.run(awaiting, backend=flavour)
    return results


def in_child(function: Callable[[], object]) -> None:
    """Run `function` in a forked process and wait for its success."""
    process = os.fork()
    if process == 0:
        status = 1
        try:
            function()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    _, status = os.waitpid(process, 0)
    assert os.waitstatus_to_exitcode(status) == 0
