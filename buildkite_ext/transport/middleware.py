"""One way through for every request: an ordered tuple of stages, and the wire below them.

    RaiseForStatus · Deadline · Retry · wire

Stages live in a transport, so that every generated endpoint function runs through them, wrapped by hand or not.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Coroutine, Sequence
from contextlib import aclosing
from functools import partial
from typing import Any, Protocol

import httpx

from ..errors import ConnectionFailed, InvalidResponse, NetworkError, ResponseLost, from_response, path_of, unsigned
from ..runtime import Http, Runtime, Send
from .deadline import DEADLINE, Until

OPERATION = "buildkite.operation"
"""The extension under which a request carries the record of its operation."""

STREAM = "buildkite.stream"
"""The extension that marks a request whose body is left on the connection for its reader."""

TRANSPORT_ERRORS = (httpx.TransportError, httpx.DecodingError)
"""What httpx raises when a request or its answer is lost."""


class Stage(Protocol):
    """Something a request passes through. It may change it, send it on (more than once, or not at all), and look at
    the answer. Stages hold no state of a request: that lives in the call."""

    def __call__(self, request: httpx.Request, send: Send, runtime: Runtime) -> Coroutine[Any, Any, httpx.Response]: ...


def compose(stages: Sequence[Stage], wire: Send, runtime: Runtime) -> Send:
    """One function out of the stages, the first one outermost."""
    send = wire
    for stage in reversed(stages):
        send = partial(_through, stage, send, runtime)
    return send


async def _through(stage: Stage, send: Send, runtime: Runtime, request: httpx.Request) -> httpx.Response:
    return await stage(request, send, runtime)


class RaiseForStatus:
    """Turns error answers into errors. Outermost, so the stages below see plain answers and the parsing above sees
    nothing but success."""

    def __init__(self, match: Callable[[str, str], tuple[Any, dict[str, str]] | None]) -> None:
        self._match = match

    def __repr__(self) -> str:
        return "RaiseForStatus()"

    async def __call__(self, request: httpx.Request, send: Send, runtime: Runtime) -> httpx.Response:
        if OPERATION not in request.extensions:  # sent by a generated function, or by hand
            found = self._match(request.method, path_of(request))
            request.extensions[OPERATION] = found[0] if found else None
        operation = request.extensions[OPERATION]
        response = await send(request)
        status = response.status_code
        if status < 300:
            return response
        if status >= 400:
            response.request = unsigned(request)
            found = self._match(request.method, path_of(request))
            raise from_response(
                response, operation, found[1] if found else {}, method=request.method, path=path_of(request)
            )
        if operation is not None and status != operation.success:
            await runtime.close(response)
            raise InvalidResponse(
                f"{request.method} {path_of(request)} was redirected ({status}), which Buildkite's API doesn't document for "
                "it; redirects aren't followed, since the token would go along. Is base_url right?"
            )
        return response


class Connections:
    """The connection pools that a client and its copies share: one to the API, one to wherever artifacts are stored.

    Each is made when it is first needed: reading the certificates takes a while.
    """

    def __init__(self, runtime: Runtime, transport: httpx.BaseTransport | httpx.AsyncBaseTransport | None) -> None:
        self._runtime = runtime
        self._transport = transport
        self._lock = threading.Lock()
        self._open: dict[str, Http] = {}

    def api(self) -> Http:
        """Connections to the API."""
        return self._client("api")

    def foreign(self) -> Http:
        """Connections to every other origin."""
        return self._client("foreign")

    async def close(self) -> None:
        """Close them all."""
        for http in self._open.values():
            await self._runtime.close_client(http)

    def _client(self, name: str) -> Http:
        with self._lock:
            if name not in self._open:
                self._open[name] = self._runtime.client(transport=self._transport, follow_redirects=False)
            return self._open[name]


class Wire:
    """The bottom: an httpx client of its own, so that proxies, NO_PROXY and SSL_CERT_FILE work as everywhere.

    It reads the whole body here, inside the pipeline, chunk by chunk under the deadline and a bound on its size, unless
    the request is marked as a stream: only so do Retry and Deadline see a truncated or a dripping body.
    """

    def __init__(self, http: Callable[[], Http], runtime: Runtime, max_body: int) -> None:
        self._http = http
        self._runtime = runtime
        self._max_body = max_body

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        until: Until | None = request.extensions.get(DEADLINE)
        if until is not None:
            left = until.ends - self._runtime.now()
            if left <= 0:
                raise until.exceeded(request)
            timeouts = request.extensions.get("timeout", {})
            request.extensions["timeout"] = {
                phase: left if (limit := timeouts.get(phase)) is None else min(limit, left)
                for phase in ("connect", "read", "write", "pool")
            }
        try:
            response = await self._runtime.send(self._http(), request, stream=True)
        except httpx.TransportError as error:
            raise lost(error, request) from error
        except (httpx.InvalidURL, UnicodeError) as error:  # httpx looks at each Location, though it follows none
            raise InvalidResponse(
                f"{request.method} {path_of(request)} leads to what isn't an address: {error}"
            ) from error
        if request.extensions.get(STREAM) and response.status_code < 300:
            return response
        return await self._read(response, request, until)

    async def _read(self, response: httpx.Response, request: httpx.Request, until: Until | None) -> httpx.Response:
        body = bytearray()
        try:
            async with aclosing(self._runtime.chunks(response)) as chunks:  # type: ignore[type-var]
                async for chunk in chunks:
                    body += chunk
                    if len(body) > self._max_body:
                        raise InvalidResponse(
                            f"{request.method} {path_of(request)}: the answer is larger than {self._max_body} bytes, and was "
                            "dropped."
                        )
                    if until is not None and self._runtime.now() >= until.ends:
                        raise until.exceeded(request)
        except TRANSPORT_ERRORS as error:
            raise lost(error, request) from error
        finally:
            await self._runtime.close(response)
        # The body is decoded by now: a second look at the encoding would decode it again.
        headers = [
            (k, v) for k, v in response.headers.raw if k.lower() not in (b"content-encoding", b"transfer-encoding")
        ]
        return httpx.Response(
            response.status_code, headers=headers, content=bytes(body), extensions=_kept(response.extensions)
        )


def _kept(extensions: Any) -> dict[str, Any]:
    return {key: extensions[key] for key in ("http_version", "reason_phrase") if key in extensions}


def lost(error: httpx.TransportError | httpx.DecodingError, request: httpx.Request) -> NetworkError:
    """The error that tells whether the request may have acted."""
    what = f"{request.method} {path_of(request)}"
    host = request.url.host
    said = str(error) or type(error).__name__
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout | httpx.ProxyError):
        return ConnectionFailed(f"{what}: no connection to {host}: {said}. Nothing was sent.")
    if isinstance(error, httpx.UnsupportedProtocol | httpx.LocalProtocolError):
        return ConnectionFailed(f"{what}: it can't be sent to {host}: {said}. Nothing was sent.")
    advice = (
        "" if request.method in ("GET", "HEAD") else " It may have acted all the same: look before sending it again."
    )
    return ResponseLost(f"{what}: the answer from {host} was lost: {said}.{advice}")
