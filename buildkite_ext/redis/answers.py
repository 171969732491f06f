"""Bound of the time in which Redis answers a command.

The timeout of redis-py, `socket_timeout`, is one of each read of the socket: a server that sends an answer byte by byte keeps its
caller for as long as it likes.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import socket

    from redis import Redis

__all__ = ["bound_answers"]


class _BoundedSocket:
    """Socket whose reads end together, some seconds after the last command was sent.

    Args:
        inner: the socket.
        seconds: the seconds.
    """

    def __init__(self, inner: socket.socket, seconds: float) -> None:
        self._inner = inner
        self._seconds = seconds
        self._timeout: float | None = seconds
        self._ends = time.monotonic() + seconds

    def sendall(self, data: bytes) -> None:
        """Send a command, or a part of one."""
        self._inner.settimeout(self._timeout)
        self._inner.sendall(data)
        self._ends = time.monotonic() + self._seconds

    def recv(self, *args: Any) -> bytes:
        """Read what has arrived."""
        self._bound()
        return self._inner.recv(*args)

    def recv_into(self, *args: Any) -> int:
        """Read what has arrived into a buffer."""
        self._bound()
        return self._inner.recv_into(*args)

    def settimeout(self, seconds: float | None) -> None:
        """Set the timeout of each read. 0 only looks if something has arrived."""
        self._timeout = seconds

    def _bound(self) -> None:
        if self._timeout == 0:
            self._inner.settimeout(0)
            return
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError(f"the answer isn't complete after {self._seconds:g} s")
        self._inner.settimeout(left if self._timeout is None else min(left, self._timeout))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def bound_answers(client: Redis, seconds: float) -> None:
    """Let each command of a client that has no connection yet fail that isn't answered within some seconds in all."""
    pool: Any = client.connection_pool
    kind = pool.connection_class

    class Bounded(kind):  # type: ignore[misc, valid-type]  # TCP, TLS or a Unix socket: the URL tells
        """Connection whose socket is bounded."""

        def _connect(self) -> Any:
            return _BoundedSocket(super()._connect(), seconds)

    pool.connection_class = Bounded
