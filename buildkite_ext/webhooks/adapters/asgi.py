"""ASGI adapter. https://asgi.readthedocs.io/en/latest/specs/www.html"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from concurrent.futures import Future
from http import HTTPStatus
from typing import Any

import anyio
import anyio.to_thread

from ..http import RELEVANT_HEADERS, ReceivedHeaders, Refusal, RequestHead, WebhookResponse, too_large, too_slow
from ..receiver import ACCEPTED, Receiver
from ..runtime.event_loop import running_loop
from ..runtime.lifecycle import Lifecycle
from ..runtime.time_limits import TimeLimit

__all__ = ["App", "AsgiApp", "LifespanApp", "Message", "Receive", "Scope", "Send", "respond"]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_RELEVANT = {name.encode(): name for name in RELEVANT_HEADERS}

_LINGER = 1.0
"""Seconds for which the rest of a refused body is read and discarded, so that the response arrives."""


class _ClientDisconnected(Exception):
    """The client disconnected before the body was complete."""


class AsgiApp:
    """An ASGI app that receives webhooks. See `WebhookHandler.asgi`."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._body_limit = TimeLimit(receiver.body_timeout)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "http":
            await self._request(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1003})

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Servers and frameworks differ in whether the path holds the path of a mount.
        path, mount = scope.get("path", ""), scope.get("root_path", "")
        path = path.removeprefix(mount) if path.startswith(f"{mount}/") else path
        health = self._receiver.check_health(scope["method"], path)
        if health is not None:
            await respond(send, health)
            return
        client = scope.get("client")
        head = RequestHead(scope["method"], _received_headers(scope["headers"]), client[0] if client else None)
        queued: list[Future[None]] = []
        response = await self._receiver.admit(head)
        unread = response is not None
        if response is None:
            try:
                body = await self._body(receive)
            except _ClientDisconnected:
                return
            except Refusal as refusal:
                response, unread = self._receiver.refuse(head, refusal), True
            else:
                response = await self._receiver.accept(head, body, queued=queued)
        if unread and _must_close(scope):
            await _start(send, response, close=True)
            await send({"type": "http.response.body", "body": response.body, "more_body": True})
            if response.status != HTTPStatus.REQUEST_TIMEOUT:
                await self._discard_rest(receive)
            await send({"type": "http.response.body", "body": b""})
        else:
            await respond(send, response)
        # Without a lifespan nothing tells when the server ends. It waits for the calls of its app.
        for future in queued:
            await _ended(future)

    async def _body(self, receive: Receive) -> bytes:
        with self._body_limit.move_on():
            return await _read_body(receive, self._receiver.max_body)
        raise too_slow(self._body_limit.seconds)

    async def _discard_rest(self, receive: Receive) -> None:
        """Read the rest of a body, so that the response arrives.

        A connection that is closed while the client still sends is reset, and the client may lose the response.
        """
        size = 0
        with anyio.move_on_after(min(_LINGER, self._receiver.body_timeout)):
            while size <= self._receiver.max_body:
                message = await receive()
                if message["type"] == "http.disconnect" or not message.get("more_body", False):
                    return
                size += len(message.get("body", b""))

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        async with self._receiver.lifecycle.lifespan():
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})


class LifespanApp:
    """An ASGI app round another one that gives it the lifespan of a receiver. See `WebhookHandler.with_lifespan`."""

    def __init__(self, app: App, lifecycle: Lifecycle) -> None:
        self._app = app
        self._lifecycle = lifecycle

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "lifespan":
            await self._lifespan(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        received, answered, last = 0, False, None

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += 1
            return message

        async def held_back(message: Message) -> None:
            nonlocal answered, last
            answered = True
            if message["type"] == "lifespan.shutdown.complete":
                last = message  # only when the deliveries were handled as well
            else:
                await send(message)

        async with self._lifecycle.lifespan():
            try:
                await self._app(scope, counted, held_back)
            except Exception:
                if answered:
                    raise
            if not answered:  # the app has no lifespan of its own, as Django's
                if not received:
                    await receive()
                await send({"type": "lifespan.startup.complete"})
                await receive()
                last = {"type": "lifespan.shutdown.complete"}
        if last is not None:
            await send(last)


async def _read_body(receive: Receive, limit: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _ClientDisconnected
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise too_large(limit)
        chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks)


async def _ended(future: Future[None]) -> None:
    """Wait for a future of another event loop. To cancel the waiting doesn't cancel the future."""
    if running_loop() is None:  # trio
        await anyio.to_thread.run_sync(future.result, abandon_on_cancel=True)
    else:
        await asyncio.shield(asyncio.wrap_future(future))


def _received_headers(headers: Iterable[tuple[bytes, bytes]]) -> ReceivedHeaders:
    """Return the headers that a receiver reads."""
    found = ReceivedHeaders()
    for name, value in headers:
        key = _RELEVANT.get(name.lower())
        if key is None:
            continue
        if key in found:
            found[key].append(value.decode("latin-1"))
        else:
            found[key] = [value.decode("latin-1")]
    return found


def _must_close(scope: Scope) -> bool:
    """Return True if the connection would stay open for a body that isn't read."""
    has_body = any(name.lower() in (b"content-length", b"transfer-encoding") for name, _ in scope["headers"])
    return has_body and scope.get("http_version", "1.1").startswith("1")


async def respond(send: Send, response: WebhookResponse) -> None:
    """Send a response."""
    await _start(send, response)
    await send({"type": "http.response.body", "body": response.body})


def _encoded_headers(response: WebhookResponse) -> list[tuple[bytes, bytes]]:
    headers = [(name.lower().encode("ascii"), value.encode("ascii")) for name, value in response.headers.items()]
    return [*headers, (b"content-length", str(len(response.body)).encode("ascii"))]


_HEADERS_OF_ACCEPTED = tuple(_encoded_headers(ACCEPTED))


async def _start(send: Send, response: WebhookResponse, *, close: bool = False) -> None:
    # A list of its own: middleware adds to it.
    headers = [*_HEADERS_OF_ACCEPTED] if response is ACCEPTED else _encoded_headers(response)
    if close:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
