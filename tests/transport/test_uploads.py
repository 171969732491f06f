"""Uploads that the server refuses early, that hardly move, and files that can't be sent."""

from __future__ import annotations

import gc
import os
import socket
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from buildkite_api.types import File

from buildkite_ext import ApiError, AsyncBuildkiteClient, BuildkiteClient, BuildkiteError, ResponseLost, TransferRate

from .servers import HELLO, Server, answers, exchange, heads

Start = Callable[..., Server]

TOO_LARGE = (
    b'HTTP/1.1 413 Payload Too Large\r\nContent-Type: application/json\r\nContent-Length: 17\r\n\r\n{"message":"big"}'
)
EARLY = b"HTTP/1.1 103 Early Hints\r\n\r\n"
BIG = bytes(8_000_000)


def _head(connection: socket.socket) -> None:
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(4096)


def and_shuts_down(connection: socket.socket) -> None:
    """Refuse after some of the body, say that nothing follows, and read no more."""
    _head(connection)
    connection.recv(100_000)
    connection.sendall(EARLY + TOO_LARGE)
    connection.shutdown(socket.SHUT_WR)
    connection.close()


def and_stops(connection: socket.socket) -> None:
    """Refuse and leave the connection open without reading."""
    _head(connection)
    connection.sendall(TOO_LARGE[:30])
    time.sleep(0.05)
    connection.sendall(TOO_LARGE[30:])
    threading.Event().wait(20)


def and_reads_on(connection: socket.socket) -> None:
    """Refuse and read to the end of the connection, as nginx does."""
    _head(connection)
    connection.sendall(TOO_LARGE)
    while connection.recv(65536):
        pass


REFUSALS = [and_shuts_down, and_stops, and_reads_on]


def publish(flavour: str, url: str, file: Any, *, name: str | None = None) -> Any:
    """Publish a package, and return the error that comes of it."""
    options: dict[str, Any] = {"token": "t", "base_url": url, "retry": None}

    async def main() -> None:
        async with AsyncBuildkiteClient("acme", **options) as client:
            await client.packages.publish("registry", file, name=name)

    try:
        if flavour != "blocking":
            return anyio.run(main, backend=flavour)
        with BuildkiteClient("acme", **options) as client:
            return client.packages.publish("registry", file, name=name)
    except (ValueError, BuildkiteError) as error:
        return error


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("serve", REFUSALS, ids=lambda serve: serve.__name__)
def test_an_upload_that_is_refused_early_is_the_servers_error(
    server: Start, flavour: str, serve: Callable[[socket.socket], None], tls: bool, tmp_path: Path
) -> None:
    package = tmp_path / "big.gem"
    package.write_bytes(BIG)
    api = server(serve, tls=tls)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        error = publish(flavour, api.url, package)
        gc.collect()
    assert [each.message for each in warned if "sync generator" in str(each.message)] == []
    assert isinstance(error, ApiError), error
    assert (error.status, error.reason) == (413, "big")


@pytest.mark.parametrize("serve", REFUSALS, ids=lambda serve: serve.__name__)
def test_a_body_in_memory_that_is_refused_early(
    server: Start, flavour: str, serve: Callable[[socket.socket], None]
) -> None:
    (result,) = exchange(flavour, server(serve).url, content=BIG)
    assert isinstance(result, httpx.Response), result
    assert (result.status_code, result.json()) == (413, {"message": "big"})


def test_hints_in_advance_end_no_upload(server: Start, flavour: str) -> None:
    received: list[int] = []

    def serve(connection: socket.socket) -> None:
        _head(connection)
        connection.sendall(EARLY)
        rest = 0
        while rest < len(BIG) - 5000:  # the head brought some of the body
            connection.sendall(EARLY)
            if not (data := connection.recv(200_000)):
                return
            rest += len(data)
        received.append(rest)
        connection.sendall(HELLO)

    (result,) = exchange(flavour, server(serve).url, content=BIG)
    assert isinstance(result, httpx.Response), result
    assert result.text == "hello"


def test_an_answer_of_success_in_advance_ends_no_upload(server: Start, flavour: str) -> None:
    whole = threading.Event()

    def serve(connection: socket.socket) -> None:
        _head(connection)
        connection.sendall(HELLO)
        rest = len(BIG) - 70_000
        while rest > 0 and (data := connection.recv(200_000)):
            rest -= len(data)
        whole.set()

    (result,) = exchange(flavour, server(serve).url, content=BIG)
    assert isinstance(result, httpx.Response), result
    assert result.text == "hello"
    assert whole.wait(10)


def test_a_server_that_goes_in_the_middle_of_an_upload_is_a_lost_answer(server: Start, flavour: str) -> None:
    (result,) = exchange(flavour, server(_head).url, content=BIG)
    assert isinstance(result, httpx.NetworkError | httpx.RemoteProtocolError)


class TestRate:
    """Limits of 1,000 bytes in a short time, against 50 bytes each 20 ms and less."""

    def test_a_download_that_hardly_moves_ends(self, server: Start, flavour: str) -> None:
        def serve(connection: socket.socket) -> None:
            for _ in heads(connection):
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
                while True:
                    connection.sendall(b"x")
                    time.sleep(0.01)

        (result,) = exchange(flavour, server(serve).url, rate=TransferRate(bytes=1000, seconds=0.1))
        assert type(result) is httpx.ReadTimeout
        assert str(result).startswith("fewer than 1000 bytes were received in 0.1 s")

    def test_an_upload_that_hardly_moves_ends(self, server: Start, flavour: str) -> None:
        def serve(connection: socket.socket) -> None:
            while connection.recv(65536):
                time.sleep(0.01)

        rate = TransferRate(bytes=10**9, seconds=0.1)
        (result,) = exchange(flavour, server(serve).url, content=BIG, rate=rate)
        assert type(result) is httpx.WriteTimeout
        assert str(result).startswith("fewer than 1000000000 bytes were sent in 0.1 s")

    def test_the_time_until_the_answer_and_that_of_its_reader_do_not_count(self, server: Start, flavour: str) -> None:
        def serve(connection: socket.socket) -> None:
            for _ in heads(connection):
                time.sleep(0.3)
                connection.sendall(HELLO[:-2])
                time.sleep(0.02)
                connection.sendall(HELLO[-2:])

        results = exchange(flavour, server(serve).url, times=2, rate=TransferRate(bytes=1000, seconds=0.2))
        assert [result.text for result in results if isinstance(result, httpx.Response)] == ["hello"] * 2

    def test_a_client_without_a_timeout_still_ends(self, server: Start, flavour: str) -> None:
        def serve(connection: socket.socket) -> None:
            for _ in heads(connection):
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
                while True:
                    connection.sendall(b" ")
                    time.sleep(0.01)

        options: dict[str, Any] = {
            "token": "t",
            "base_url": server(serve).url,
            "retry": None,
            "timeout": None,
        }
        rate = TransferRate(bytes=1000, seconds=0.1)

        async def main() -> None:
            async with AsyncBuildkiteClient("acme", **options) as client:
                await client.with_options(minimum_rate=rate).builds.get("web", 7)

        def call() -> None:
            if flavour != "blocking":
                return anyio.run(main, backend=flavour)
            with BuildkiteClient("acme", minimum_rate=rate, **options) as client:
                client.builds.get("web", 7)
            return None

        with pytest.raises(ResponseLost, match=r"fewer than 1000 bytes were received in 0\.1 s.*minimum_rate="):
            call()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
class TestFiles:
    def test_the_path_of_a_pipe_is_refused(self, server: Start, flavour: str, tmp_path: Path) -> None:
        pipe = tmp_path / "package.gem"
        os.mkfifo(pipe)
        api = server(answers(HELLO))
        error = publish(flavour, api.url, pipe)
        assert isinstance(error, ValueError)
        assert "is not a regular file: open it" in str(error)
        assert api.connections == 0

    @pytest.mark.parametrize("path", ["/dev/null", "/dev/zero"])
    def test_the_path_of_a_device_is_refused(self, path: str) -> None:
        with pytest.raises(ValueError, match="is not a regular file"):
            File(path, name="x").part()

    def test_a_folder_and_a_missing_file_keep_their_own_errors(self, tmp_path: Path) -> None:
        with pytest.raises(IsADirectoryError):
            File(tmp_path).part()
        with pytest.raises(FileNotFoundError):
            File(tmp_path / "missing").part()

    def test_an_open_pipe_is_sent(self, server: Start, flavour: str) -> None:
        received: list[bytes] = []

        def serve(connection: socket.socket) -> None:
            data = b""
            while b"--\r\n\r\n0\r\n\r\n" not in data and b"--\r\n\r\n0" not in data and b"\r\n0\r\n\r\n" not in data:
                data += connection.recv(65536)
            received.append(data)
            connection.sendall(TOO_LARGE)

        reader, writer = os.pipe()
        os.write(writer, b"the package")
        os.close(writer)
        with open(reader, "rb") as pipe:  # noqa: PTH123  # a descriptor
            error = publish(flavour, server(serve).url, pipe, name="p.gem")
        assert isinstance(error, ApiError)
        assert b"the package" in received[0]
