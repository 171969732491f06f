"""The ASGI door."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any

import anyio

from .answers import Answer, Head, Refusal, too_large, too_slow

if TYPE_CHECKING:
    from .handler import WebhookHandler

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class ClientGone(Exception):
    """Whoever sent the delivery hung up before its body was whole."""


class AsgiApp:
    """An ASGI app that receives webhooks. See `WebhookHandler.asgi`."""

    def __init__(self, handler: WebhookHandler) -> None:
        self._handler = handler

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._request(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1003})

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        client = scope.get("client")
        head = Head(scope["method"], scope["headers"], client[0] if client else None)
        answer = await self._handler.admit(head)
        if answer is None:
            try:
                body = await self._body(receive)
            except ClientGone:
                return
            except Refusal as refusal:
                answer = self._handler.refuse(head, refusal)
            else:
                answer = await self._handler.accept(head, body)
        await _send(send, answer)

    async def _body(self, receive: Receive) -> bytes:
        limit, seconds = self._handler.max_body, self._handler.body_timeout
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

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        async with self._handler.lifespan():
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})


async def _send(send: Send, answer: Answer) -> None:
    headers = [(name.lower().encode("ascii"), value.encode("ascii")) for name, value in answer.headers.items()]
    headers.append((b"content-length", str(len(answer.body)).encode("ascii")))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
