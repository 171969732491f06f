"""Clients after their end, and before their first use; cookies."""

from __future__ import annotations

import inspect
import socket
import threading
from collections.abc import Callable
from typing import Any

import anyio
import anyio.to_thread
import httpx
import pytest
from buildkite_api.api.builds import get_build

from buildkite_ext import AsyncBuildkiteClient, BuildkiteClient, BuildkiteError, ClientClosed, Retry
from buildkite_ext.transport.http import AsyncHttpTransport
from buildkite_ext.transport.rates import ConnectionLimits

from .servers import Server, answers, heads

Start = Callable[..., Server]

FAST = Retry(base=0.0)

BUILD = b'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{"number":7}'


async def _done(result: Any) -> Any:
    return await result if inspect.isawaitable(result) else result


def in_flavour(flavour: str, url: str, use: Callable[[Any, Callable[[Any], Any]], Any]) -> None:
    """Run `use(client, done)` with a client of this flavour; `done` awaits what has to be awaited."""
    kind: Any = BuildkiteClient if flavour == "blocking" else AsyncBuildkiteClient

    async def main() -> None:
        await use(kind("acme", token="t", base_url=url), _done)

    anyio.run(main, backend="asyncio" if flavour == "blocking" else flavour)


def _close(client: Any) -> Any:
    return client.close() if isinstance(client, BuildkiteClient) else client.aclose()


def _raw(client: Any) -> Any:
    if isinstance(client, BuildkiteClient):
        return get_build.sync("acme", "web", 7, client=client.raw)
    return get_build.asyncio("acme", "web", 7, client=client.raw)


CALLS: dict[str, Callable[[Any], Any]] = {
    "service": lambda client: client.builds.get("web", 7),
    "call": lambda client: client.call(get_build, "acme", "web", 7),
    "request": lambda client: client.request(get_build, "acme", "web", 7),
    "raw": _raw,
    "copy": lambda client: client.with_options(timeout=5).builds.get("web", 7),
    "list": lambda client: (
        anext(aiter(client.builds.list("web")))
        if isinstance(client, AsyncBuildkiteClient)
        else next(iter(client.builds.list("web")))
    ),
}


@pytest.mark.parametrize("used", [True, False], ids=["used", "unused"])
def test_a_closed_client_refuses_every_call(server: Start, flavour: str, used: bool) -> None:
    api = server(answers(BUILD))

    async def use(client: Any, done: Callable[[Any], Any]) -> None:
        if used:
            assert (await done(client.builds.get("web", 7))).number == 7
        await done(_close(client))
        await done(_close(client))
        for call in CALLS.values():
            with pytest.raises(ClientClosed, match="Make a new one") as raised:
                await done(call(client))
            assert isinstance(raised.value, BuildkiteError)
            assert isinstance(raised.value, RuntimeError)

    in_flavour(flavour, api.url, use)
    assert api.connections == used
    assert api.open_connections() == 0


def test_a_generated_client_that_is_closed_leaves_the_client_open(server: Start, flavour: str) -> None:
    api = server(answers(BUILD))

    async def use(client: Any, done: Callable[[Any], Any]) -> None:
        for _ in range(2):
            if isinstance(client, BuildkiteClient):
                with client.raw:
                    assert _raw(client).number == 7
            else:
                async with client.raw:
                    assert (await _raw(client)).number == 7
        assert (await done(client.builds.get("web", 7))).number == 7
        await done(_close(client))

    in_flavour(flavour, api.url, use)


def test_no_cookies_are_kept(server: Start, flavour: str) -> None:
    seen: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        for number, head in enumerate(heads(connection)):
            seen.append(head)
            cookies = b"".join(b"Set-Cookie: c%d_%d=1; Path=/\r\n" % (number, each) for each in range(10))
            connection.sendall(b"HTTP/1.1 200 OK\r\n%bContent-Length: 12\r\n\r\n" % cookies + b'{"number":7}')

    async def use(client: Any, done: Callable[[Any], Any]) -> None:
        for _ in range(3):
            for call in (CALLS["service"], CALLS["raw"], CALLS["request"]):
                await done(call(client))
        http = client.raw.get_httpx_client() if flavour == "blocking" else client.raw.get_async_httpx_client()
        assert len(http.cookies) == 0
        await done(_close(client))

    in_flavour(flavour, server(serve).url, use)
    assert len(seen) == 9
    assert not any(b"\r\ncookie:" in head.lower() for head in seen)


class _Gate:
    """Server that holds each connection at some point until it is opened."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.opened = threading.Event()

    def accepts(self, connection: socket.socket) -> None:
        """Reach the point when the connection is there, before any TLS or proxy handshake."""
        self.reached.set()
        self.opened.wait(30)
        while connection.recv(65536):
            pass

    def asked(self, connection: socket.socket) -> None:
        """Reach the point when a request is there."""
        next(heads(connection))
        self.accepts(connection)

    def half(self, connection: socket.socket) -> None:
        """Reach the point in the middle of an answer."""
        next(heads(connection))
        connection.sendall(BUILD[:-3])
        self.accepts(connection)


MOMENTS = ["tls", "http proxy", "socks proxy", "asked", "half"]


def _api_of(moment: str, gate: _Gate, server: Start, monkeypatch: pytest.MonkeyPatch) -> tuple[str, Server]:
    target = server(getattr(gate, moment, gate.accepts))
    if moment == "tls":
        return target.url.replace("http:", "https:"), target
    if "proxy" in moment:
        scheme = "socks5" if moment == "socks proxy" else "http"
        monkeypatch.setenv("HTTPS_PROXY", f"{scheme}://{target.address}")
        return "https://api.example.test/", target
    return target.url, target


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_closing_ends_an_async_request_at_any_moment(
    server: Start, backend: str, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = _Gate()
    url, target = _api_of(moment, gate, server, monkeypatch)
    errors: list[Exception] = []

    async def call(client: AsyncBuildkiteClient) -> None:
        try:
            await client.builds.get("web", 7)
        except Exception as error:
            errors.append(error)

    async def main() -> None:
        client = AsyncBuildkiteClient("acme", token="t", base_url=url, retry=FAST)
        async with anyio.create_task_group() as group:
            group.start_soon(call, client)
            await anyio.to_thread.run_sync(gate.reached.wait)
            await client.aclose()
            gate.opened.set()

    anyio.run(main, backend=backend)
    assert [type(error) for error in errors] == [ClientClosed]
    assert target.open_connections() == 0
    assert target.connections == 1


@pytest.mark.parametrize("moment", MOMENTS)
def test_closing_ends_the_request_of_another_thread_at_any_moment(
    server: Start, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = _Gate()
    url, target = _api_of(moment, gate, server, monkeypatch)
    errors: list[Exception] = []
    client = BuildkiteClient("acme", token="t", base_url=url, retry=FAST)

    def call() -> None:
        try:
            client.builds.get("web", 7)
        except Exception as error:
            errors.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    gate.reached.wait(30)
    client.close()
    thread.join(20)  # less than the timeout of a read
    gate.opened.set()
    assert [type(error) for error in errors] == [ClientClosed]
    assert target.open_connections() == 0
    assert target.connections == 1


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_closing_ends_the_requests_that_wait_for_a_connection(server: Start, backend: str) -> None:
    gate = _Gate()
    api = server(gate.asked)
    errors: list[Exception] = []

    async def call(transport: AsyncHttpTransport) -> None:
        try:
            await transport.handle_async_request(httpx.Request("GET", api.url))
        except httpx.TransportError as error:
            errors.append(error)

    async def main() -> None:
        transport = AsyncHttpTransport(limits=ConnectionLimits(max_connections=2))
        async with anyio.create_task_group() as group:
            for _ in range(6):
                group.start_soon(call, transport)
            await anyio.to_thread.run_sync(gate.reached.wait)
            await transport.aclose()
            gate.opened.set()

    anyio.run(main, backend=backend)
    assert len(errors) == 6
    assert api.open_connections() == 0
    assert api.connections <= 2
