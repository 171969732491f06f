"""The WSGI adapter: alone, behind real servers, in Flask and beside it."""

from __future__ import annotations

import http.client
import io
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import flask
import pytest
import werkzeug
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from buildkite_ext.webhooks import BuildFinished, WebhookHandler

from .posting import NOW, SECRET, build_body, signed


@pytest.fixture
def hooks() -> Iterator[WebhookHandler]:
    it = WebhookHandler(secret=SECRET, now=lambda: NOW, respond_after="handled")
    yield it
    it.close()


def environ(body: bytes, headers: dict[str, str], method: str = "POST", **more: Any) -> dict[str, Any]:
    """Return the environ that a server makes of a request."""
    it: dict[str, Any] = {"REQUEST_METHOD": method, "wsgi.input": io.BytesIO(body), "QUERY_STRING": ""}
    for name, value in headers.items():
        key = name.upper().replace("-", "_")
        it[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = value
    it.update(more)
    setup_testing_defaults(it)
    return it


def call(app: Any, an_environ: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
    told: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
        told.append((int(status.split(maxsplit=1)[0]), dict(headers)))
        return lambda _: None

    chunks = app(an_environ, start_response)
    content = b"".join(chunks)
    if hasattr(chunks, "close"):
        chunks.close()
    ((status, headers),) = told
    return status, headers, content


def test_a_delivery_conforms_to_wsgi(hooks: WebhookHandler) -> None:
    seen: list[bytes] = []
    hooks.on("build.finished")(lambda event: seen.append(event.raw))
    body = build_body()
    status, headers, content = call(validator(hooks.wsgi()), environ(body, signed(body)))
    assert (status, content, seen) == (200, b'{"message": "Handled."}', [body])
    assert headers["Content-Length"] == str(len(content))


def test_each_refusal_conforms_to_wsgi(hooks: WebhookHandler) -> None:
    app, body = validator(hooks.wsgi()), build_body()
    headers = signed(body)
    assert call(app, environ(b"", {}, "GET"))[:2][0] == 405
    assert call(app, environ(body, {**headers, "Content-Type": "text/plain"}))[0] == 415
    assert call(app, environ(body, {**headers, "Content-Length": "1048577"}))[0] == 413
    assert call(app, environ(body, {**headers, "X-Buildkite-Signature": "x"}))[0] == 401


def test_a_body_without_a_length_needs_a_terminated_input(hooks: WebhookHandler) -> None:
    body = build_body()
    headers = signed(body)
    del headers["Content-Length"]
    assert call(hooks.wsgi(), environ(body, headers, CONTENT_LENGTH=""))[0] == 411
    chunked = environ(body, headers, **{"CONTENT_LENGTH": "", "wsgi.input_terminated": True})
    assert call(hooks.wsgi(), chunked)[0] == 200


def test_a_body_without_a_length_is_read_up_to_the_limit() -> None:
    class Endless(io.RawIOBase):
        given = 0

        def read(self, size: int = -1) -> bytes:
            assert size > 0
            self.given += size
            return b"x" * size

    endless = Endless()
    hooks = WebhookHandler(allow_unsigned=True, max_body=100_000)
    headers = {"Content-Type": "application/json"}
    more = {"CONTENT_LENGTH": "", "wsgi.input_terminated": True, "wsgi.input": endless}
    assert call(hooks.wsgi(), environ(b"", headers, **more))[0] == 413
    assert endless.given == 100_001


def test_a_body_of_another_length_than_announced(hooks: WebhookHandler) -> None:
    body = build_body()
    headers = signed(body)
    shorter = environ(body[:-5], headers)
    assert call(hooks.wsgi(), shorter)[0] == 400
    longer = environ(body + b" ", headers, **{"wsgi.input_terminated": True})
    assert call(hooks.wsgi(), longer)[0] == 400
    # Without a mark of the end, the bytes that follow are the connection's next request and must not be read.
    left = io.BytesIO(body + b"POST")
    assert call(hooks.wsgi(), environ(b"", headers, **{"wsgi.input": left}))[0] == 200
    assert left.read() == b"POST"


def test_a_client_that_disconnects_in_mid_body_causes_no_error(hooks: WebhookHandler) -> None:
    class Gone(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            raise ConnectionResetError

    assert call(hooks.wsgi(), environ(b"", signed(build_body()), **{"wsgi.input": Gone()}))[0] == 400


@pytest.mark.parametrize("joined", ["{0},{0}", "{0}, {0}", "{0},x", ",{0}"])
def test_joined_signature_headers_are_refused(hooks: WebhookHandler, joined: str) -> None:
    # From a second X-Buildkite-Signature, or from X_Buildkite_Signature, which has the same name in WSGI.
    body = build_body()
    headers = signed(body)
    headers["X-Buildkite-Signature"] = joined.format(headers["X-Buildkite-Signature"])
    assert call(hooks.wsgi(), environ(body, headers))[0] == 401


def test_a_status_without_a_phrase(hooks: WebhookHandler) -> None:
    it = WebhookHandler(allow_unsigned=True, respond_after="handled", failure_status=599)
    it.on("*")(lambda event: 1 / 0)
    assert call(validator(it.wsgi()), environ(build_body(), signed(build_body())))[0] == 599
    it.close()


@contextmanager
def serving(app: Any) -> Iterator[int]:
    class Quiet(WSGIRequestHandler):
        def log_message(self, *_: Any) -> None: ...

    with make_server("127.0.0.1", 0, app, handler_class=Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def test_behind_a_real_server(hooks: WebhookHandler) -> None:
    body = build_body()
    with serving(hooks.wsgi()) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("POST", "/any/path", body, signed(body))
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, b'{"message": "Handled."}')
        with socket.create_connection(("127.0.0.1", port), timeout=60) as raw:
            head = "".join(f"{name}: {value}\r\n" for name, value in signed(body).items())
            raw.sendall(f"POST / HTTP/1.1\r\n{head}\r\n".encode() + body[:10])
            raw.shutdown(socket.SHUT_WR)
            assert b" 400 " in raw.makefile("rb").readline()
    assert hooks.counts["handled"] == 1


def flask_app(hooks: WebhookHandler) -> flask.Flask:
    app = flask.Flask(__name__)

    @app.post("/view")
    def view() -> werkzeug.Response:
        return flask.Response.from_app(hooks.wsgi(), flask.request.environ)

    @app.post("/function")
    def function() -> flask.Response:
        request = flask.request
        answer = hooks.receive_blocking(request.method, request.headers, request.get_data(), client=request.remote_addr)
        return flask.Response(answer.body, answer.status, dict(answer.headers))

    app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/beside": hooks.wsgi()})  # type: ignore[method-assign]
    return app


@pytest.mark.parametrize("path", ["/view", "/function", "/beside"])
def test_in_flask(hooks: WebhookHandler, path: str) -> None:
    seen: list[int | None] = []

    @hooks.on("build.finished")
    def note(event: BuildFinished) -> None:
        seen.append(event.build.number)

    body = build_body(number=9)
    client = flask_app(hooks).test_client()
    answer = client.post(path, data=body, headers=signed(body))
    assert (answer.status_code, answer.get_json(), seen) == (200, {"message": "Handled."}, [9])
    again = client.post(path, data=body, headers=signed(body))
    assert (again.status_code, again.get_json(), seen) == (200, {"message": "Accepted before."}, [9])
    assert client.post(path, data=b"{}", headers={**signed(body), "Content-Length": "2"}).status_code == 401
