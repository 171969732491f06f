"""One path of the server for webhooks; nothing at any other."""

from __future__ import annotations

from collections.abc import Callable

from ...webhooks.adapters.asgi import AsgiApp, Receive, Scope, Send, respond
from ...webhooks.http import response


class OnePath:
    """Leads one path to a receiver, and answers 404 at every other.

    Args:
        app: the receiver.
        path: the path; None for all.
        astray: called with the address of whoever asked for another one.
    """

    def __init__(self, app: AsgiApp, path: str | None, astray: Callable[[str | None], None]) -> None:
        self._app = app
        self._path = path
        self._astray = astray

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self._path is None or scope["path"] == self._path:
            await self._app(scope, receive, send)
            return
        client = scope.get("client")
        self._astray(client[0] if client else None)
        await respond(send, response(404, "Nothing is received here."))
