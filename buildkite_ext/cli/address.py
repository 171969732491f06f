"""An address to listen on."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from .problem import UsageError


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """A socket at an address.

    Raises:
        UsageError: it can't be had.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        bound = socket.socket(family, kind, protocol)
    except OSError as error:
        raise unusable(host, port, error) from error
    with bound:
        try:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind(address)
            bound.listen()  # who comes before the server does waits
        except OSError as error:
            raise unusable(host, port, error) from error
        yield bound


def unusable(host: str, port: int, error: OSError) -> UsageError:
    """What to say of an address that can't be listened on."""
    return UsageError(
        f"Can't listen on {host}:{port}: {error.strerror or error}. Another --port may be free; --port 0 finds one."
    )
