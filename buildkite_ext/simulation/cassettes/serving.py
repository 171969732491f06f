"""Server of a cassette on this computer, for programs in any language."""

from __future__ import annotations

import json
import re
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import urlsplit

from ..api.request import RefusedRequest
from ..hosts import AllowedHosts
from .codings import decoded
from .replayer import Interaction, ReplayMiss

__all__ = ["serving"]

_OTHER = "/_recorded/"
"""Root of the paths of recorded hosts that aren't the API, such as the storage of artifacts."""

_LONGEST_LINE = 65536

_ORIGIN = re.compile(r"https?://[^/\s\"'<>?#\\]+")


class _Replaying(Protocol):
    """Replayer of a cassette."""

    @property
    def interactions(self) -> Sequence[Interaction]: ...

    def answer(self, method: str, url: str, body: bytes) -> Interaction: ...


@contextmanager
def serving(replayer: _Replaying, port: int = 0) -> Iterator[str]:
    """Serve a cassette at 127.0.0.1, and return the root of the API.

    Addresses of recorded hosts in answers become addresses of the server, so that a program follows them here. Other hosts than
    the API's are at `localhost`: clients send no token there. A request that the cassette doesn't answer gets 501 with a message.
    One of a web page, or of a host whose name was made to stand for this computer, gets 403.

    Args:
        replayer: answers.
        port: the port; 0 for a free one.

    Raises:
        OSError: the port can't be listened on.
    """
    api, *others = _origins(replayer.interactions)

    class Handler(_Handler):
        pass

    with _CassetteServer(("127.0.0.1", port), Handler) as server:
        root = f"http://127.0.0.1:{server.server_port}"
        elsewhere = f"http://localhost:{server.server_port}{_OTHER}"
        Handler.addresses = {api: root, **{origin: f"{elsewhere}{index}" for index, origin in enumerate(others)}}
        Handler.replayer = replayer
        Handler.hosts = AllowedHosts((), lambda: root)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), name="cassette", daemon=True)
        thread.start()
        try:
            yield root
        finally:
            server.shutdown()
            thread.join()


def _origins(interactions: Sequence[Interaction]) -> list[str]:
    """Return the origins that were recorded: the API's first, which is the first with a path below /v2."""
    origins = list(dict.fromkeys(_origin(each.url) for each in interactions)) or ["https://api.buildkite.com"]
    api = next((_origin(each.url) for each in interactions if each.path.startswith("/v2/")), origins[0])
    return [api, *(each for each in origins if each != api)]


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


class _CassetteServer(ThreadingHTTPServer):
    """Server that says nothing of a connection that its client has ended."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """Handler of one connection.

    Attributes:
        hosts: the hosts that requests may name.
        replayer: answers.
        addresses: the address here of each recorded origin, the API's first.
    """

    protocol_version = "HTTP/1.1"
    hosts: AllowedHosts
    replayer: _Replaying
    addresses: dict[str, str]

    def _answer(self) -> None:
        try:
            body = decoded(self._body(), dict(self.headers.items()))
            self.hosts.check((name.encode("latin-1"), value.encode("latin-1")) for name, value in self.headers.items())
            found = self.replayer.answer(self.command, self._recorded_url(), self._recorded(body))
        except RefusedRequest:
            self._refuse(
                403, f"Host or Origin names another computer: clients use {next(iter(self.addresses.values()))}"
            )
            return
        except ReplayMiss as miss:
            self._refuse(501, str(miss))
            return
        except ValueError as error:
            self.close_connection = True  # where the next request begins isn't known
            self._refuse(400, f"The request can't be read: {error}")
            return
        headers = [(name, self._here(value)) for name, value in found.headers]
        try:
            content = self._here(found.content.decode()).encode()
        except UnicodeDecodeError:
            content = found.content
        self._send(found.status, headers, content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the overridden method's argument
        pass

    def _body(self) -> bytes:
        """Return the body of the request, which may come in chunks.

        Raises:
            ValueError: its size isn't one.
        """
        if self.headers.get("Transfer-Encoding", "").strip().lower() != "chunked":
            return self.rfile.read(_size(self.headers.get("Content-Length") or "0", 10))
        chunks: list[bytes] = []
        while size := _size(self.rfile.readline(_LONGEST_LINE).decode("latin-1").partition(";")[0].strip(), 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline(_LONGEST_LINE)
        while self.rfile.readline(_LONGEST_LINE).strip():  # trailers
            pass
        return b"".join(chunks)

    def _recorded_url(self) -> str:
        """Return the URL that was recorded for the path of the request."""
        origins = list(self.addresses)
        if not self.path.startswith("/"):  # the form for proxies
            parts = urlsplit(self.path)
            self.path = parts._replace(scheme="", netloc="").geturl() or "/"
        if self.path.startswith(_OTHER):
            index, _, rest = self.path.removeprefix(_OTHER).partition("/")
            if index.isdigit() and int(index) + 1 < len(origins):
                return f"{origins[int(index) + 1]}/{rest}"
        return origins[0] + self.path

    def _here(self, text: str) -> str:
        return _ORIGIN.sub(lambda found: self.addresses.get(found[0], found[0]), text)

    def _recorded(self, body: bytes) -> bytes:
        for origin, here in self.addresses.items():
            body = body.replace(here.encode(), origin.encode())
        return body

    def _refuse(self, status: int, message: str) -> None:
        self._send(status, [("Content-Type", "application/json")], json.dumps({"message": message}).encode())

    def _send(self, status: int, headers: Sequence[tuple[str, str]], content: bytes) -> None:
        self.send_response(status)
        names = {name.lower() for name, _ in headers}
        for name, value in headers:
            if name.lower() not in ("connection", "date", "server"):
                self.send_header(name, value)
        if "content-length" not in names and status not in (204, 304):
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


def _size(text: str, base: int) -> int:
    """Return the size that a header or the line of a chunk tells.

    Raises:
        ValueError: it isn't one.

    Example:
        >>> _size("1f", 16)
        31
    """
    if not text.isascii() or not text.isalnum():
        raise ValueError(f"{text[:20]!r} isn't the size of a body")
    return int(text, base)


for _method in ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"):
    setattr(_Handler, f"do_{_method}", _Handler._answer)
