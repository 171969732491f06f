"""ASGI application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from .api.request import ConnectionDropped, SimRequest, SimResponse

__all__ = ["App", "application"]

_Message = MutableMapping[str, Any]
App = Callable[[_Message, Callable[[], Awaitable[_Message]], Callable[[_Message], Awaitable[None]]], Awaitable[None]]


def application(answer: Callable[[SimRequest], SimResponse]) -> App:
    """Return an ASGI 3 application that answers each request with a function."""

    async def app(
        scope: _Message, receive: Callable[[], Awaitable[_Message]], send: Callable[[_Message], Awaitable[None]]
    ) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "http":
            await _answer(answer, await _request(scope, receive), send)
        else:
            raise ValueError(f"the simulator supports only HTTP, not {scope['type']}")

    return app


async def _lifespan(receive: Callable[[], Awaitable[_Message]], send: Callable[[_Message], Awaitable[None]]) -> None:
    while True:
        event = (await receive())["type"]
        await send({"type": f"{event}.complete"})
        if event == "lifespan.shutdown":
            return


async def _request(scope: _Message, receive: Callable[[], Awaitable[_Message]]) -> SimRequest:
    body = bytearray()
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message["type"] == "http.request" and message.get("more_body", False)
    # scope["path"] is decoded, but a slug may contain an encoded slash.
    path = scope.get("raw_path") or scope["path"].encode()
    return SimRequest.of(
        scope["method"],
        f"{path.decode('latin-1')}?{scope.get('query_string', b'').decode('latin-1')}",
        headers=[(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]],
        body=bytes(body),
    )


async def _answer(
    answer: Callable[[SimRequest], SimResponse],
    request: SimRequest,
    send: Callable[[_Message], Awaitable[None]],
) -> None:
    try:
        response = answer(request)
    except ConnectionDropped:
        # ASGI can't close a connection. An answer that is shorter than its Content-Length comes closest.
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})
        return
    await send(
        {
            "type": "http.response.start",
            "status": response.status,
            "headers": [(name.lower().encode("ascii"), value.encode("utf-8")) for name, value in response.headers],
        }
    )
    await send({"type": "http.response.body", "body": response.body})
