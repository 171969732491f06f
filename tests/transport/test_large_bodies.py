"""Large bodies: they are read in large pieces, and arrive byte for byte or with an error."""

from __future__ import annotations

import random
import socket
import struct
from collections.abc import Callable

import httpx
import pytest

from .servers import HELLO, Server, answers, exchange, heads

Start = Callable[..., Server]

BODY = random.Random(11).randbytes(3_000_001)
HEAD = b"HTTP/1.1 200 OK\r\n"


def in_chunks(body: bytes, size: int) -> bytes:
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY, id="length"),
        pytest.param(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + in_chunks(BODY, 700_000), id="large chunks"),
        pytest.param(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + in_chunks(BODY, 9_000), id="small chunks"),
    ],
)
def test_a_large_body_arrives_whole_and_the_connection_is_used_again(
    server: Start, flavour: str, answer: bytes, tls: bool
) -> None:
    honest = server(answers(answer, HELLO, answer), tls=tls)
    results = exchange(flavour, honest.url, times=3)
    assert [result.content for result in results if isinstance(result, httpx.Response)] == [BODY, b"hello", BODY]
    assert honest.connections == 1


@pytest.mark.parametrize("tls", [False, True])
def test_a_body_that_ends_with_its_connection_arrives_whole(server: Start, flavour: str, tls: bool) -> None:
    def serve(connection: socket.socket) -> None:
        next(heads(connection))
        connection.sendall(HEAD + b"\r\n" + BODY)

    (result,) = exchange(flavour, server(serve, tls=tls).url)
    assert isinstance(result, httpx.Response)
    assert result.content == BODY


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize("size", [0, 100, 16_384, 100_000])
def test_a_connection_that_is_reset_is_no_end_of_a_body(server: Start, flavour: str, size: int, tls: bool) -> None:
    def serve(connection: socket.socket) -> None:
        next(heads(connection))
        connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY[:size])
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    (result,) = exchange(flavour, server(serve, tls=tls).url)
    assert isinstance(result, httpx.TransportError)
