"""Patch of httpx that answers all its clients from a cassette, also those of other libraries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from unittest.mock import patch

import httpx

from ...urls import origin

if TYPE_CHECKING:
    from .replayer import Replayer

__all__ = ["replayed_httpx"]


@contextmanager
def replayed_httpx(replayer: Replayer, base_url: str) -> Iterator[None]:
    """Answer requests of httpx from a cassette while a `with` block runs, also of clients that were made before.

    Those to recorded hosts and to the API are answered. Others, and clients with a transport of their own, are left alone.

    Args:
        replayer: answers.
        base_url: the root of the API.
    """
    origins = {origin(httpx.URL(url)) for url in ("https://api.buildkite.com", base_url)}
    origins |= {origin(httpx.URL(each.url)) for each in replayer.interactions}
    blocking, asynchronous = replayer.transport(), replayer.async_transport()
    send, send_async = httpx.HTTPTransport.handle_request, httpx.AsyncHTTPTransport.handle_async_request

    def answer(self: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        return blocking.handle_request(request) if origin(request.url) in origins else send(self, request)

    async def answer_async(self: httpx.AsyncHTTPTransport, request: httpx.Request) -> httpx.Response:
        if origin(request.url) in origins:
            return await asynchronous.handle_async_request(request)
        return await send_async(self, request)

    with (
        patch.object(httpx.HTTPTransport, "handle_request", answer),
        patch.object(httpx.AsyncHTTPTransport, "handle_async_request", answer_async),
    ):
        yield
