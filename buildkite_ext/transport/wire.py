"""Wire: one attempt of a request over an httpx transport, under the deadline of its call."""

from __future__ import annotations

import logging
import math
import ssl
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import httpx

from ..debug_log import debug_log
from ..errors import ConnectionFailed, DeadlineExceeded, InvalidResponse, NetworkError, ResponseLost
from ..messages import MAY_HAVE_ACTED, NOTHING_SENT
from ..redaction import hide_secrets, redacted_request, redactor_of
from ..urls import READS, path_of
from .bodies import of_this_process
from .context import context_of
from .timeouts import bounded_timeouts

if TYPE_CHECKING:
    from ..runtime import Runtime, Transport
    from .context import RequestContext
    from .rates import TransferRate

__all__ = ["TRANSPORT_ERRORS", "Wire", "lost"]

TRANSPORT_ERRORS = (httpx.TransportError, httpx.DecodingError)
"""Errors of httpx for a request or an answer that is lost."""

_GRACE = 0.1
"""Seconds after the deadline at which an async attempt is cancelled. A transport of ours ends it earlier, with an exact error."""

_REFUSAL = 64 * 1024
"""Bytes of a body that are read if a stream was asked for and the status is an error or a redirect."""

_DECODED = frozenset({b"content-encoding", b"transfer-encoding"})
"""Headers of an encoded body. They are removed with the encoding, so that it is not decoded again."""

_CHECK = " Check the network, the proxy ($HTTPS_PROXY), and the address: base_url= or $BUILDKITE_REST_API_ENDPOINT."

_log = logging.getLogger("httpx")  # users of httpx expect the line of each request there


class Wire:
    """End of a request's path, which sends one attempt and reads its answer.

    The whole body is read here, chunk by chunk under the deadline and a limit on its size, unless the request is marked as a
    stream. So Retry and Deadline also see a body that is cut off or arrives too slowly. If the status is an error, it is what
    they see, whatever becomes of the body.
    """

    def __init__(
        self, transport: Callable[[], Transport], runtime: Runtime, *, max_body: int, rate: TransferRate | None
    ) -> None:
        self._transport = transport
        self._runtime = runtime
        self._max_body = max_body
        self._debug = debug_log()
        self._rate = rate

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        context = context_of(request)
        now, seconds = self._runtime.now(), None
        deadline = context.deadline
        if deadline is not None:
            if now >= deadline.ends:
                raise deadline.exceeded(request)
            seconds = deadline.ends - now + _GRACE if self._runtime.real_time else None
        timeouts = request.extensions.get("timeout", {})
        request.extensions["timeout"] = self._bounded(timeouts, math.inf if deadline is None else deadline.ends)
        try:
            return await self._runtime.attempt(
                partial(self._attempt, request, context), seconds=seconds, discard=self._runtime.close
            )
        except DeadlineExceeded:
            raise
        except TimeoutError:
            now, deadline = self._runtime.now(), context.deadline
            if deadline is None or now < deadline.ends:  # an error of the request's own body
                raise
            raise deadline.exceeded(request) from _cut_off(request)
        finally:
            # A stream's reader takes the time that it takes: only the head of the answer is under the deadline. The end of a
            # workflow holds for its streams too. The next attempt begins with the same timeouts.
            request.extensions["timeout"] = timeouts
            if context.stream:
                stream_ends = math.inf if context.ends is None else context.ends
                request.extensions["timeout"] = self._bounded(timeouts, stream_ends)

    def _bounded(self, timeouts: Mapping[str, float | None], ends: float) -> dict[str, float | None]:
        """Return the timeouts of an attempt that ends at `ends`."""
        bounded = bounded_timeouts(timeouts, ends=ends, now=self._runtime.now(), rate=self._rate)
        if self._runtime.real_time:
            return bounded
        return {phase: None if limit is None else float(limit) for phase, limit in bounded.items()}

    async def _attempt(self, request: httpx.Request, context: RequestContext) -> httpx.Response:
        began = self._runtime.now()
        transport = self._transport()
        context.attempts += 1
        context.sent = True  # as far as is known: a transport of this package knows better
        may_have_acted, context.may_have_acted = context.may_have_acted, True
        try:
            response = await self._runtime.send(transport, request)
        except httpx.TransportError as error:
            failed = lost(error, request)
            if isinstance(failed, ConnectionFailed):
                context.may_have_acted = may_have_acted
            if self._debug is not None:
                self._debug(
                    f"{request.method} {request.url} failed after {self._runtime.now() - began:.3f} s: {failed}"
                )
            raise failed from error
        if 400 <= response.status_code < 500:
            context.may_have_acted = may_have_acted
        if _log.isEnabledFor(logging.INFO):
            _log_line(response, request)
        response.request = request
        if not context.stream or response.status_code >= 300:
            response = await self._read(response, request, context)
        else:
            of_this_process(response, blocking=self._runtime.blocking)
        response.elapsed = timedelta(seconds=self._runtime.now() - began)
        if self._debug is not None:
            self._debug(_described(response, request))
        return response

    async def _read(self, response: httpx.Response, request: httpx.Request, context: RequestContext) -> httpx.Response:
        """Return an answer with its whole body, decompressed; an error answer with what could be read of it."""
        body: list[bytes] = []
        size = 0

        def receive(piece: bytes) -> bool:
            nonlocal size
            body.append(piece)
            size += len(piece)
            if context.stream and size >= _REFUSAL:
                return False
            if size > self._max_body:
                raise InvalidResponse(
                    f"{request.method} {path_of(request)}: the answer is larger than {self._max_body} bytes and was "
                    "dropped. A larger max_body= allows it."
                )
            now, deadline = self._runtime.now(), context.deadline
            if deadline is not None and now >= deadline.ends:
                raise deadline.exceeded(request) from _cut_off(request)
            return True

        consumed = response.is_stream_consumed  # a mock had the body in memory, and may give the same answer again
        try:
            if consumed:
                receive(response.content)
            else:
                await self._runtime.read(response, receive)
        except TRANSPORT_ERRORS as error:
            if response.status_code < 400:  # that of an error says what has happened, whatever becomes of the body
                raise lost(error, request) from error
        except (InvalidResponse, DeadlineExceeded):
            if response.status_code < 400:
                raise
        if consumed:
            whole = _copied(response)
            await self._runtime.close(response)
            whole.headers = _decoded_headers(response, size)
        else:
            whole = response
            whole.headers = _decoded_headers(response, size)
            whole.stream = httpx.ByteStream(b"".join(body))
            whole.read()
        whole.extensions = _kept(response.extensions)
        return whole


def _copied(response: httpx.Response) -> httpx.Response:
    """Return another answer with the same content. `copy.copy` of httpx would do more for it."""
    copied = object.__new__(type(response))
    copied.__dict__.update(response.__dict__)
    return copied


def _log_line(response: httpx.Response, request: httpx.Request) -> None:
    version = response.extensions.get("http_version", b"HTTP/1.1").decode("ascii", "ignore")
    _log.info(
        'HTTP Request: %s %s "%s %d %s"',
        request.method,
        request.url,
        version,
        response.status_code,
        response.reason_phrase,
    )


def _described(response: httpx.Response, request: httpx.Request) -> str:
    """Return the line of a request in the debug log."""
    size = f", {len(response.content)} bytes" if response.is_stream_consumed else ", streamed"
    known = response.headers.get("X-Request-Id")
    return (
        f"{request.method} {request.url} answered {response.status_code} after {response.elapsed.total_seconds():.3f} s{size}"
        + (f", request id {known}" if known else "")
    )


def _decoded_headers(response: httpx.Response, size: int) -> httpx.Headers:
    """Return the headers of an answer whose body was decoded and has `size` bytes."""
    raw = response.headers.raw
    names = [key.lower() for key, _ in raw]
    if _DECODED.isdisjoint(names) and (b"content-length" in names or not size):
        return response.headers
    headers = httpx.Headers([pair for pair, name in zip(raw, names, strict=True) if name not in _DECODED])
    if size:
        headers.setdefault("Content-Length", str(size))
    return headers


def _kept(extensions: Any) -> dict[str, Any]:
    return {key: extensions[key] for key in ("http_version", "reason_phrase") if key in extensions}


def _is_certificate_failure(error: BaseException) -> bool:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


def lost(error: httpx.TransportError | httpx.DecodingError, request: httpx.Request) -> NetworkError:
    """Return the error of a lost request. Its class says if the request may have acted; its cause holds no secret."""
    error.request = redacted_request(request)
    hide_secrets(error, redactor_of(request))
    what = f"{request.method} {path_of(request)}"
    host = request.url.host
    if _is_certificate_failure(error):
        untrusted = ConnectionFailed(
            f"{what}: the certificate of {host} isn't trusted: {error}. Nothing was sent. If your network has its own "
            "certificates, name their file in $SSL_CERT_FILE."
        )
        untrusted.permanent = True
        return untrusted
    said = str(error) or type(error).__name__
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout | httpx.ProxyError):
        advice = "" if isinstance(error, httpx.PoolTimeout) else _CHECK
        return ConnectionFailed(f"{what}: no connection to {_with_port(request.url)}: {said}. {NOTHING_SENT}{advice}")
    if isinstance(error, httpx.UnsupportedProtocol | httpx.LocalProtocolError):
        impossible = ConnectionFailed(f"{what}: the request can't be sent to {host}: {said}. Nothing was sent.")
        impossible.permanent = True
        return impossible
    return ResponseLost(f"{what}: the answer from {host} was lost: {said}.{_advice(request)}")


def _with_port(url: httpx.URL) -> str:
    """Return the host of a URL, with its port unless that is the scheme's own."""
    return url.host if url.port is None else url.netloc.decode()


def _cut_off(request: httpx.Request) -> ResponseLost:
    """Return the cause of a DeadlineExceeded that ended an attempt. It tells that the request may have acted."""
    return ResponseLost(
        f"{request.method} {path_of(request)}: the time was over before the answer was complete.{_advice(request)}"
    )


def _advice(request: httpx.Request) -> str:
    return "" if request.method in READS else f" {MAY_HAVE_ACTED}"
