"""The simulator as an ASGI application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from .api.request import ConnectionDropped, SimRequest, SimResponse

Message = MutableMapping[str, Any]
App = Callable[[Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]]


def application(answer: Callable[[SimRequest], SimResponse]) -> App:
    """An ASGI 3 application out of a function from a request to its answer."""

    async def app(
        scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "http":
            await _answer(answer, await _request(scope, receive), send)
        else:
            raise ValueError(f"the simulator speaks HTTP only, not {scope['type']}")

    return app


async def _lifespan(receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]) -> None:
    while True:
        event = (await receive())["type"]
        await send({"type": f"{event}.complete"})
        if event == "lifespan.shutdown":
            return


async def _request(scope: Message, receive: Callable[[], Awaitable[Message]]) -> SimRequest:
    body = bytearray()
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message["type"] == "http.request" and message.get("more_body", False)
    # Not scope["path"]: that is decoded, and a slug may hold an encoded slash.
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
    send: Callable[[Message], Awaitable[None]],
) -> None:
    try:
        response = answer(request)
    except ConnectionDropped:
        # ASGI has no word for hanging up: an answer that ends before its announced length is as near as it gets.
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
