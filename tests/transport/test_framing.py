"""Bytes behind an answer: such a connection is closed instead of used again."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable

import httpx
import pytest

from buildkite_ext.transport.framing import AnswerFraming

from .servers import CERTIFICATE, Server, answers, exchange

Start = Callable[..., Server]

OK = b"HTTP/1.1 200 OK\r\n"
EVIL = OK + b"Content-Length: 4\r\n\r\nEVIL"

COMPLETE = [
    pytest.param("GET", OK + b"Content-Length: 4\r\n\r\nmine", id="length"),
    pytest.param("GET", OK + b"content-length:4 \r\nX: y\r\n\r\nmine", id="length written otherwise"),
    pytest.param("GET", OK + b"Content-Length: 4\nX: y\n\nmine", id="bare line ends"),
    pytest.param("GET", OK + b"Content-Length: 0\r\n\r\n", id="empty"),
    pytest.param("GET", OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nmi\r\n2;x=y\r\nne\r\n0\r\n\r\n", id="chunks"),
    pytest.param("GET", OK + b"transfer-encoding: Chunked\r\n\r\n4\r\nmine\r\n0\r\nX: y\r\n\r\n", id="trailers"),
    pytest.param("GET", b"HTTP/1.1 103 Early\r\nX: y\r\n\r\n" + OK + b"Content-Length: 4\r\n\r\nmine", id="103"),
    pytest.param("GET", b"HTTP/1.1 204 No Content\r\n\r\n", id="204"),
    pytest.param("GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", id="304"),
    pytest.param("HEAD", OK + b"Content-Length: 9\r\n\r\n", id="HEAD"),
]


@pytest.mark.parametrize(("method", "answer"), COMPLETE)
@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_a_complete_answer_is_at_rest(method: str, answer: bytes, size: int) -> None:
    framing = AnswerFraming()
    assert framing.sent(f"{method} / HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    for at in range(0, len(answer), size):
        assert not framing.at_rest
        assert not framing.sent(b"GET body of the request")
        framing.received(answer[at : at + size])
    assert framing.at_rest
    framing.received(b"H")
    assert not framing.at_rest


@pytest.mark.parametrize(
    "answer",
    [
        OK + b"\r\nuntil the connection closes",
        OK + b"Content-Length: four\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\nfour\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"1" * 200_000,
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
        b"HTTP/2 200\r\n\r\n",
        OK + b"X: " + b"y" * 200_000,
    ],
)
def test_what_is_not_understood_is_never_at_rest(answer: bytes) -> None:
    framing = AnswerFraming()
    framing.sent(b"GET / HTTP/1.1\r\n\r\n")
    framing.received(answer)
    assert not framing.at_rest


def test_a_socks_handshake_is_no_request() -> None:
    framing = AnswerFraming()
    assert not framing.sent(b"\x05\x01\x00")
    framing.received(b"\x05\x00")
    assert framing.at_rest
    assert framing.sent(b"GET / HTTP/1.1\r\n\r\n")


@pytest.mark.parametrize("tls", [False, True])
def test_an_answer_in_advance_is_given_to_nobody(server: Start, flavour: str, tls: bool) -> None:
    mine = OK + b"Content-Length: 4\r\n\r\nmine"
    deceitful = server(answers(mine + EVIL, mine), tls=tls)
    results = exchange(flavour, deceitful.url, times=3)
    assert [result.content for result in results if isinstance(result, httpx.Response)] == [b"mine"] * 3
    assert deceitful.connections == 3  # each connection begins with the surplus


def test_an_answer_in_advance_in_a_record_of_its_own_is_given_to_nobody(server: Start, flavour: str) -> None:
    """Async TLS keeps it in memory, where no look at the socket finds it."""

    def serve(connection: socket.socket) -> None:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE)
        secure = context.wrap_bio(incoming, outgoing, server_side=True)

        def finish(step: Callable[[], object]) -> object:
            while True:
                try:
                    result = step()
                except ssl.SSLWantReadError:
                    connection.sendall(outgoing.read())
                    incoming.write(connection.recv(65536))
                else:
                    connection.sendall(outgoing.read())
                    return result

        finish(secure.do_handshake)
        while finish(lambda: secure.read(65536)):
            secure.write(OK + b"Content-Length: 4\r\n\r\nmine")
            secure.write(EVIL)
            connection.sendall(outgoing.read())  # both records in one piece

    deceitful = server(serve)
    results = exchange(flavour, f"https://{deceitful.address}/", times=3)
    assert [result.content for result in results if isinstance(result, httpx.Response)] == [b"mine"] * 3
    assert deceitful.connections == 3


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize(("method", "answer"), COMPLETE)
def test_a_connection_is_used_again(server: Start, method: str, answer: bytes, tls: bool) -> None:
    honest = server(answers(answer), tls=tls)
    results = exchange("blocking", honest.url, times=3, method=method)
    assert all(isinstance(result, httpx.Response) for result in results)
    assert honest.connections == 1


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_connection_of_async_code_is_used_again(server: Start, backend: str, tls: bool) -> None:
    honest = server(answers(OK + b"Transfer-Encoding: chunked\r\n\r\n4\r\nmine\r\n0\r\n\r\n"), tls=tls)
    results = exchange(backend, honest.url, times=3)
    assert all(isinstance(result, httpx.Response) for result in results)
    assert honest.connections == 1
