"""The ASGI door."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from http import HTTPStatus
from typing import Any

import anyio

from .answers import READ, Answer, Head, Refusal, too_large, too_slow
from .receiver import Receiver

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


_READ = {name.encode(): name for name in READ}

_LINGERING = 1.0
"""Seconds for an answer to arrive while the rest of a body is thrown away."""


class ClientGone(Exception):
    """Whoever sent the delivery hung up before its body was whole."""


class AsgiApp:
    """An ASGI app that receives webhooks. See `WebhookHandler.asgi`."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._request(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1003})

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        client = scope.get("client")
        head = Head(scope["method"], _read_ones(scope["headers"]), client[0] if client else None)
        answer = await self._receiver.admit(head)
        unread = answer is not None
        if answer is None:
            try:
                body = await self._body(receive)
            except ClientGone:
                return
            except Refusal as refusal:
                answer, unread = self._receiver.refuse(head, refusal), True
            else:
                answer = await self._receiver.accept(head, body)
        if unread and _closable(scope):
            await _start(send, answer, close=True)
            await send({"type": "http.response.body", "body": answer.body, "more_body": True})
            if answer.status != HTTPStatus.REQUEST_TIMEOUT:
                await self._linger(receive)
            await send({"type": "http.response.body", "body": b""})
        else:
            await respond(send, answer)

    async def _body(self, receive: Receive) -> bytes:
        limit, seconds = self._receiver.max_body, self._receiver.body_timeout
        chunks: list[bytes] = []
        size = 0
        with anyio.move_on_after(seconds):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise ClientGone
                chunk = message.get("body", b"")
                size += len(chunk)
                if size > limit:
                    raise too_large(limit)
                chunks.append(chunk)
                if not message.get("more_body", False):
                    return b"".join(chunks)
        raise too_slow(seconds)

    async def _linger(self, receive: Receive) -> None:
        """Let the answer arrive. A connection that is closed while the other side still sends is reset, and an answer
        that it had no time to read is lost."""
        size = 0
        with anyio.move_on_after(min(_LINGERING, self._receiver.body_timeout)):
            while size <= self._receiver.max_body:
                message = await receive()
                if message["type"] == "http.disconnect" or not message.get("more_body", False):
                    return
                size += len(message.get("body", b""))

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        async with self._receiver.lifespan():
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})


def _read_ones(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, list[str]]:
    """The headers that anybody reads, each with all its values: looked at several times, where the others are not."""
    found: dict[str, list[str]] = {}
    for name, value in headers:
        if (key := _READ.get(name.lower())) is not None:
            found.setdefault(key, []).append(value.decode("latin-1"))
    return found


def _closable(scope: Scope) -> bool:
    """Whether the connection would stay open for the rest of a body that nobody reads."""
    has_body = any(name.lower() in (b"content-length", b"transfer-encoding") for name, _ in scope["headers"])
    return has_body and scope.get("http_version", "1.1").startswith("1")


async def respond(send: Send, answer: Answer) -> None:
    """Send an answer."""
    await _start(send, answer)
    await send({"type": "http.response.body", "body": answer.body})


async def _start(send: Send, answer: Answer, *, close: bool = False) -> None:
    headers = [(name.lower().encode("ascii"), value.encode("ascii")) for name, value in answer.headers.items()]
    headers.append((b"content-length", str(len(answer.body)).encode("ascii")))
    if close:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
