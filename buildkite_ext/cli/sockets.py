"""Sockets that commands listen on."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from .problem import UsageError

__all__ = ["check_port", "listening_socket", "unusable_address"]


@contextmanager
def listening_socket(host: str, port: int) -> Iterator[socket.socket]:
    """Open a socket that listens on an address, and close it at the end of the `with` block.

    Raises:
        UsageError: nothing can listen on this address.
    """
    from ..simulation.server import reserve_address

    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        bound = socket.socket(family, kind, protocol)
    except OSError as error:
        raise unusable_address(host, port, error) from error
    with bound:
        try:
            reserve_address(bound)
            bound.bind(address)
            bound.listen()  # clients that connect before the server runs wait
        except OSError as error:
            raise unusable_address(host, port, error) from error
        yield bound


def check_port(port: int) -> int:
    """Return the value of `--port`.

    Raises:
        UsageError: it is outside of 0 to 65535.
    """
    if not 0 <= port <= 65535:
        raise UsageError(f"--port {port}: ports go from 0 to 65535.")
    return port


def unusable_address(host: str, port: int, error: OSError) -> UsageError:
    """Return the error for an address that nothing can listen on."""
    return UsageError(
        f"Can't listen on {host}:{port}: {error.strerror or error}. Another --port may be free; --port 0 finds one."
    )
