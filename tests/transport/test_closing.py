"""Clients after their end, and before their first use; cookies."""

from __future__ import annotations

import inspect
import socket
import time
from collections.abc import Callable
from typing import Any

import anyio
import pytest
from buildkite_api.api.builds import get_build

from buildkite_ext import AsyncBuildkiteClient, BuildkiteClient, BuildkiteError, ClientClosed

from .servers import Server, answers, heads

Start = Callable[..., Server]

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
    "list": lambda client: anext(aiter(client.builds.list("web")))
    if isinstance(client, AsyncBuildkiteClient)
    else next(iter(client.builds.list("web"))),
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
