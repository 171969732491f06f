"""What stands where Buildkite would: it keeps what was really sent, and answers what it is told to."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import httpx

TOKEN = "bkua_contract0123456789"


@dataclass(frozen=True, slots=True)
class Sent:
    """One request as it left."""

    method: str
    url: httpx.URL
    headers: httpx.Headers
    body: bytes

    @property
    def raw_path(self) -> str:
        """The path, percent-encoded, without the query."""
        return self.url.raw_path.partition(b"?")[0].decode("ascii")

    @property
    def query(self) -> list[tuple[str, str]]:
        """The parameters of the query, decoded, in their order."""
        raw = self.url.raw_path.partition(b"?")[2].decode("ascii")
        return parse_qsl(raw, keep_blank_values=True, strict_parsing=True, errors="strict") if raw else []

    @property
    def what(self) -> tuple[str, str, bytes]:
        """All of it but its headers."""
        return self.method, str(self.url), self.body


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a multipart body."""

    name: str
    filename: str | None
    content: bytes


def multipart(sent: Sent) -> list[Part]:
    """The parts of a multipart body."""
    boundary = re.search(r'boundary="?([^";]+)"?', sent.headers["Content-Type"])
    assert boundary, sent.headers["Content-Type"]
    begin, *middle, end = (b"\r\n" + sent.body).split(b"\r\n--" + boundary[1].encode())
    assert (begin, end.rstrip(b"\r\n")) == (b"", b"--")
    parts = []
    for part in middle:
        head, _, content = part.partition(b"\r\n\r\n")
        name = re.search(r'form-data;.*?\bname="([^"]*)"', head.decode())
        filename = re.search(r'\bfilename="([^"]*)"', head.decode())
        assert name, head
        parts.append(Part(name[1], filename[1] if filename else None, content))
    return parts


class Buildkite(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A transport for clients of both flavors.

    Unlike `httpx.MockTransport` it reads a request only as a connection does: from its stream, once. The other reads it
    into memory first, where everything above it may then look at a body that would be gone.
    """

    def __init__(self) -> None:
        self.requests: list[Sent] = []
        self.answer: Callable[[Sent], httpx.Response] = lambda _: httpx.Response(500)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        assert isinstance(request.stream, httpx.SyncByteStream)
        return self._take(request, b"".join(request.stream))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        assert isinstance(request.stream, httpx.AsyncByteStream)
        return self._take(request, b"".join([chunk async for chunk in request.stream]))

    def _take(self, request: httpx.Request, body: bytes) -> httpx.Response:
        self.requests.append(Sent(request.method, request.url, httpx.Headers(request.headers), body))
        return self.answer(self.requests[-1])

    def will_answer(self, status: int, content: bytes = b"", **headers: str) -> None:
        """From now on, with this; and forget what was sent until now."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.requests.clear()
        self.answer = lambda _: httpx.Response(status, headers=named, stream=_Body(content))

    def taken(self) -> Sent:
        """The one request that was sent."""
        assert len(self.requests) == 1, self.requests
        return self.requests[0]


class _Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    def __init__(self, content: bytes) -> None:
        self._content = content

    def __iter__(self) -> Any:
        yield self._content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._content
