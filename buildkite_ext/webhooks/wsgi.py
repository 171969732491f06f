"""The WSGI door. https://peps.python.org/pep-3333/"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from .answers import Answer, Head, Refusal, another_length, status_line, too_large
from .receiver import Receiver

Environ = dict[str, Any]
StartResponse = Callable[..., Any]

_CHUNK = 1 << 16


class WsgiApp:
    """A WSGI app that receives webhooks. See `WebhookHandler.wsgi`."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver

    def __call__(self, environ: Environ, start_response: StartResponse, /) -> Iterable[bytes]:
        answer = self._answer(environ)
        start_response(status_line(answer.status), [*answer.headers.items(), ("Content-Length", str(len(answer.body)))])
        return [answer.body]

    def _answer(self, environ: Environ) -> Answer:
        head = Head(environ["REQUEST_METHOD"], headers_of(environ), environ.get("REMOTE_ADDR") or None)
        # A server that marks the end of the input lets it be read without a length; others would wait for ever.
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
        # One byte more tells that there is more, but only where the server ends the input: elsewhere that byte would be
        # waited for.
        body = _read(stream, limit + 1 if terminated else limit)
        if announced is None and len(body) > limit:
            raise too_large(limit)
        if announced is not None and len(body) != announced:
            raise another_length(announced, len(body))
        return body


def _read(stream: Any, most: int) -> bytes:
    chunks: list[bytes] = []
    left = most
    while left > 0:
        try:
            chunk = stream.read(min(left, _CHUNK))
        except OSError:
            # Whoever sent it hung up; Django's and gunicorn's errors are of this kind as well.
            break
        if not chunk:
            break
        chunks.append(chunk)
        left -= len(chunk)
    return b"".join(chunks)


def headers_of(environ: Environ) -> list[tuple[str, str]]:
    """The headers, of which WSGI has joined those of one name: a signature that came twice is malformed then.

    It gives `X_Buildkite_Signature` the name of `X-Buildkite-Signature`, too. That is no way in: whatever came by it has
    to be a signature. See `SourceAddresses` for the header to which it matters.
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
