"""ASGI application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from .api.request import MAX_BODY, ConnectionDropped, RefusedRequest, SimRequest, SimResponse, body_too_large
from .hosts import AllowedHosts

__all__ = ["App", "application"]

_Message = MutableMapping[str, Any]
App = Callable[[_Message, Callable[[], Awaitable[_Message]], Callable[[_Message], Awaitable[None]]], Awaitable[None]]


def application(
    answer: Callable[[SimRequest], SimResponse],
    hosts: AllowedHosts,
    completed: Callable[[SimResponse], SimResponse] | None = None,
) -> App:
    """Return an ASGI 3 application that answers each request with a function.

    It reads at most `MAX_BODY` bytes of a body, and nothing of a request that it refuses because of its host.

    Args:
        answer: answers a request.
        hosts: the hosts that requests may name.
        completed: adds the headers of each answer to one that the application gives by itself.
    """

    async def app(
        scope: _Message, receive: Callable[[], Awaitable[_Message]], send: Callable[[_Message], Awaitable[None]]
    ) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        if scope["type"] != "http":
            raise ValueError(f"the simulator supports only HTTP, not {scope['type']}")
        try:
            hosts.check(scope["headers"])
            body = await _body(scope, receive)
        except RefusedRequest as refused:
            response = refused.response if completed is None else completed(refused.response)
            # What is left of the body is never read, so the connection can't serve another request.
            headers = (*response.headers, ("Connection", "close"))
            await _send(SimResponse(response.status, headers, response.body), send)
            return
        if body is not None:
            await _answer(answer, _request(scope, body), send)

    return app


async def _lifespan(receive: Callable[[], Awaitable[_Message]], send: Callable[[_Message], Awaitable[None]]) -> None:
    while True:
        event = (await receive())["type"]
        await send({"type": f"{event}.complete"})
        if event == "lifespan.shutdown":
            return


async def _body(scope: _Message, receive: Callable[[], Awaitable[_Message]]) -> bytes | None:
    """Return a request's body; None where the client has gone before its request was complete.

    Raises:
        RefusedRequest: it is longer than `MAX_BODY`, or announces to be.
    """
    announced = next((value for name, value in scope["headers"] if name.lower() == b"content-length"), b"")
    if announced.isdigit() and (len(announced) > 15 or int(announced) > MAX_BODY):
        raise body_too_large()
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += message.get("body", b"")
        if len(body) > MAX_BODY:
            raise body_too_large()
        if not message.get("more_body", False):
            return bytes(body)


def _request(scope: _Message, body: bytes) -> SimRequest:
    # scope["path"] is decoded, but a slug may contain an encoded slash.
    path = scope.get("raw_path") or scope["path"].encode()
    return SimRequest.of(
        scope["method"],
        f"{path.decode('latin-1')}?{scope.get('query_string', b'').decode('latin-1')}",
        headers=[(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]],
        body=body,
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
    await _send(response, send)


async def _send(response: SimResponse, send: Callable[[_Message], Awaitable[None]]) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": response.status,
            "headers": [(name.lower().encode("ascii"), value.encode("utf-8")) for name, value in response.headers],
        }
    )
    await send({"type": "http.response.body", "body": response.body})
