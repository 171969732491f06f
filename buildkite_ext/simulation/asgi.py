"""ASGI application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from http.client import responses
from typing import Any, Protocol

from .api.request import MAX_BODY, Arrival, ConnectionDropped, RefusedRequest, SimRequest, SimResponse, body_too_large
from .hosts import AllowedHosts

__all__ = ["CONNECTION", "App", "Pause", "application"]

_Message = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[_Message]]
_Send = Callable[[_Message], Awaitable[None]]
App = Callable[[_Message, _Receive, _Send], Awaitable[None]]
Pause = Callable[[float], Awaitable[None]]
"""Lets seconds pass."""

CONNECTION = "buildkite_ext.connection"
"""Name of the ASGI extension that holds the connection of a request, where the server gives it."""


class _RawConnection(Protocol):
    """Connection of a request, for answers that ASGI can't express."""

    def write(self, data: bytes) -> None:
        """Send bytes."""
        ...

    def close(self) -> None:
        """Close the connection when all bytes are sent."""
        ...

    def reset(self) -> None:
        """Reset the connection."""
        ...


def application(
    answer: Callable[[SimRequest], SimResponse],
    hosts: AllowedHosts,
    completed: Callable[[SimResponse], SimResponse] | None = None,
    *,
    pause: Pause,
) -> App:
    """Return an ASGI 3 application that answers each request with a function.

    It reads at most `MAX_BODY` bytes of a body, and nothing of a request that it refuses because of its host.

    Args:
        answer: answers a request.
        hosts: the hosts that requests may name.
        completed: adds the headers of each answer to one that the application gives by itself.
        pause: lets the seconds of a slow answer pass.
    """

    async def app(scope: _Message, receive: _Receive, send: _Send) -> None:
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
            connection = scope.get("extensions", {}).get(CONNECTION)
            try:
                response = answer(_request(scope, body))
            except ConnectionDropped:
                await _drop(connection, receive, send)
                return
            if response.arrival is None:
                await _send(response, send)
            elif connection is None:
                await _arrive(response, response.arrival, send, pause)
            else:
                await _arrive_raw(response, response.arrival, connection, pause)
                await _ended(receive)

    return app


async def _lifespan(receive: _Receive, send: _Send) -> None:
    while True:
        event = (await receive())["type"]
        await send({"type": f"{event}.complete"})
        if event == "lifespan.shutdown":
            return


async def _body(scope: _Message, receive: _Receive) -> bytes | None:
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


async def _drop(connection: _RawConnection | None, receive: _Receive, send: _Send) -> None:
    if connection is None:
        # ASGI can't close a connection. An answer that is shorter than its Content-Length comes closest.
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})
        return
    connection.reset()
    await _ended(receive)


async def _ended(receive: _Receive) -> None:
    """Wait until the server knows that a connection has ended. Before that it would answer by itself."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send(response: SimResponse, send: _Send) -> None:
    await send(_start(response))
    await send({"type": "http.response.body", "body": response.body})


def _start(response: SimResponse) -> _Message:
    return {
        "type": "http.response.start",
        "status": response.status,
        "headers": [(name.lower().encode("ascii"), value.encode("utf-8")) for name, value in response.headers],
    }


async def _arrive(response: SimResponse, arrival: Arrival, send: _Send, pause: Pause) -> None:
    """Send an answer as slowly as it arrives. The pieces of its head come at once, after all their pauses."""
    for seconds in arrival.before_body():
        await pause(seconds)
    await send(_start(response))
    for seconds, piece in arrival.of_body(response.body):
        if seconds:
            await pause(seconds)
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    if not arrival.cuts(response.body):
        await send({"type": "http.response.body", "body": b""})


async def _arrive_raw(response: SimResponse, arrival: Arrival, connection: _RawConnection, pause: Pause) -> None:
    """Write an answer to its connection, and close that."""
    lines = [
        f"HTTP/1.1 {response.status} {responses.get(response.status, '')}",
        *(f"{name}: {value}" for name, value in response.headers),
        "Connection: close",
    ]
    head = "\r\n".join((*lines, "", "")).encode()
    for pieces in (arrival.of_head(head), arrival.of_body(response.body)):
        for seconds, piece in pieces:
            if seconds:
                await pause(seconds)
            connection.write(piece)
    connection.close()
