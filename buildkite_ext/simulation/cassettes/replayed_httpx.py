"""Clients of httpx that are answered from a cassette, whoever makes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol
from unittest.mock import patch

import httpx

__all__ = ["replayed_httpx"]


class _ReplaysToClients(Protocol):
    """Replayer of a cassette."""

    @property
    def interactions(self) -> Sequence[_RecordedUrl]: ...

    def transport(self) -> httpx.BaseTransport: ...

    def async_transport(self) -> httpx.AsyncBaseTransport: ...


class _RecordedUrl(Protocol):
    """Recorded request."""

    @property
    def url(self) -> str: ...


@contextmanager
def replayed_httpx(replayer: _ReplaysToClients, base_url: str) -> Iterator[None]:
    """Answer requests of httpx from a cassette while a `with` block runs, also of clients that were made before.

    Those to recorded hosts and to the API are answered. Others, and clients with a transport of their own, are left alone.

    Args:
        replayer: answers.
        base_url: the root of the API.
    """
    origins = {_origin(httpx.URL(url)) for url in ("https://api.buildkite.com", base_url)}
    origins |= {_origin(httpx.URL(each.url)) for each in replayer.interactions}
    blocking, asynchronous = replayer.transport(), replayer.async_transport()
    send, send_async = httpx.HTTPTransport.handle_request, httpx.AsyncHTTPTransport.handle_async_request

    def answer(self: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        return blocking.handle_request(request) if _origin(request.url) in origins else send(self, request)

    async def answer_async(self: httpx.AsyncHTTPTransport, request: httpx.Request) -> httpx.Response:
        if _origin(request.url) in origins:
            return await asynchronous.handle_async_request(request)
        return await send_async(self, request)

    with (
        patch.object(httpx.HTTPTransport, "handle_request", answer),
        patch.object(httpx.AsyncHTTPTransport, "handle_async_request", answer_async),
    ):
        yield


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    """Return the origin of a URL. httpx leaves out the usual port of a scheme.

    Example:
        >>> _origin(httpx.URL("https://API.test:443/v2"))
        ('https', 'api.test', None)
    """
    return url.scheme, url.host, url.port
