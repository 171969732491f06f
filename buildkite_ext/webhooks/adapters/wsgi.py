"""WSGI adapter. https://peps.python.org/pep-3333/"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ..http import Refusal, RequestHead, WebhookResponse, length_differs, received_headers, status_line, too_large
from ..receiver import Receiver

__all__ = ["Environ", "StartResponse", "WsgiApp"]

Environ = dict[str, Any]
StartResponse = Callable[..., Any]

_CHUNK = 1 << 16


class WsgiApp:
    """A WSGI app that receives webhooks. See `WebhookHandler.wsgi`."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver

    def __call__(self, environ: Environ, start_response: StartResponse, /) -> Iterable[bytes]:
        """Respond to one request."""
        response = self._respond(environ)
        headers = [*response.headers.items(), ("Content-Length", str(len(response.body)))]
        start_response(status_line(response.status), headers)
        return [response.body]

    def _respond(self, environ: Environ) -> WebhookResponse:
        health = self._receiver.check_health(environ["REQUEST_METHOD"], environ.get("PATH_INFO", ""))
        if health is not None:
            return health
        headers = received_headers(_headers(environ))
        head = RequestHead(environ["REQUEST_METHOD"], headers, environ.get("REMOTE_ADDR") or None)
        # If the server marks the end of the input, a body without a length can be read. Otherwise reading would block.
        terminated = bool(environ.get("wsgi.input_terminated"))
        refused = self._receiver.admit_blocking(head, length_required=not terminated)
        if refused is not None:
            return refused
        try:
            body = self._body(environ["wsgi.input"], environ.get("CONTENT_LENGTH"), terminated=terminated)
        except Refusal as refusal:
            return self._receiver.refuse(head, refusal)
        return self._receiver.accept_blocking(head, body)

    def _body(self, stream: Any, length: str | None, *, terminated: bool) -> bytes:
        announced = int(length) if length else None
        limit = self._receiver.max_body if announced is None else announced
        # One byte more shows that the body is longer. It is read only if the server ends the input: otherwise reading it
        # would block.
        body = _read(stream, limit + 1 if terminated else limit)
        if announced is None and len(body) > limit:
            raise too_large(limit)
        if announced is not None and len(body) != announced:
            raise length_differs(announced, len(body))
        return body


def _read(stream: Any, most: int) -> bytes:
    chunks: list[bytes] = []
    left = most
    while left > 0:
        try:
            chunk = stream.read(min(left, _CHUNK))
        except OSError:
            # The client disconnected. Django's and gunicorn's errors are OSErrors too.
            break
        if not chunk:
            break
        chunks.append(chunk)
        left -= len(chunk)
    return b"".join(chunks)


def _headers(environ: Environ) -> list[tuple[str, str]]:
    """Return the headers of a request.

    WSGI joins headers of one name, so a signature that came twice is malformed. WSGI also gives `X_Buildkite_Signature`
    the name of `X-Buildkite-Signature`. This is safe, because the value must be a valid signature in any case. It isn't
    safe for `X-Forwarded-For`: see `AllowedIPs`.
    """
    headers = [
        (name[5:].replace("_", "-"), value)
        for name, value in environ.items()
        if name.startswith("HTTP_") and name not in ("HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH")
    ]
    headers += [
        (name.replace("_", "-"), environ[name]) for name in ("CONTENT_TYPE", "CONTENT_LENGTH") if environ.get(name)
    ]
    return headers
