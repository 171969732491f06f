"""Requests, responses and errors of the transports; proxies and certificates of the environment."""

from __future__ import annotations

import base64
import contextlib
import socket
import threading
from collections.abc import Callable

import anyio
import httpcore
import httpx
import pytest

from buildkite_ext.errors import ConfigurationError
from buildkite_ext.transport.http import HTTPX_ERRORS, AsyncHttpTransport, HttpTransport
from buildkite_ext.transport.proxies import ProxyRules
from buildkite_ext.transport.rates import ConnectionLimits

from .servers import HELLO, Server, answers, exchange, heads

Start = Callable[..., Server]

PROXIED = b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nproxied"


class TestErrors:
    def test_every_error_of_httpcore_has_its_counterpart(self) -> None:
        public = [getattr(httpcore, name) for name in httpcore.__all__]
        errors = {each for each in public if isinstance(each, type) and issubclass(each, Exception)}
        assert errors <= HTTPX_ERRORS.keys()
        for each in errors - {httpcore.ConnectionNotAvailable}:
            assert HTTPX_ERRORS[each].__name__ == each.__name__

    def test_a_refused_connection(self, flavour: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            address = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        (result,) = exchange(flavour, address)
        assert type(result) is httpx.ConnectError

    def test_a_connection_closed_without_an_answer(self, server: Start, flavour: str) -> None:
        (result,) = exchange(flavour, server(lambda connection: connection.recv(65536)).url)
        assert type(result) in (httpx.RemoteProtocolError, httpx.ReadError)

    def test_an_answer_that_ends_too_early(self, server: Start, flavour: str) -> None:
        def serve(connection: socket.socket) -> None:
            next(heads(connection))
            connection.sendall(HELLO[:-1])

        (result,) = exchange(flavour, server(serve).url)
        assert type(result) is httpx.RemoteProtocolError

    def test_an_answer_that_is_no_http(self, server: Start, flavour: str) -> None:
        (result,) = exchange(flavour, server(answers(b"220 mail.example.test ESMTP\r\n\r\n")).url)
        assert type(result) is httpx.RemoteProtocolError

    def test_a_scheme_that_is_not_http(self, flavour: str) -> None:
        (result,) = exchange(flavour, "ftp://example.test/")
        assert type(result) is httpx.UnsupportedProtocol

    def test_a_certificate_that_is_not_trusted(
        self, server: Start, flavour: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("SSL_CERT_FILE")
        (result,) = exchange(flavour, server(answers(HELLO), tls=True).url)
        assert type(result) is httpx.ConnectError
        assert "certificate" in str(result).lower()

    def test_no_connection_is_free(self, server: Start) -> None:
        hello = server(answers(HELLO))
        with HttpTransport(limits=ConnectionLimits(max_connections=1)) as transport:
            held = transport.handle_request(httpx.Request("GET", hello.url))
            with pytest.raises(httpx.PoolTimeout):
                transport.handle_request(httpx.Request("GET", hello.url, extensions={"timeout": {"pool": 0.01}}))
            held.close()
            assert transport.handle_request(httpx.Request("GET", hello.url)).read() == b"hello"


class TestResponses:
    def test_it_holds_what_httpx_gives(self, server: Start) -> None:
        reply = (
            b"HTTP/1.1 404 Gone Fishing\r\nX-A: 1\r\nX-A: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"
        )
        url = server(answers(reply)).url
        (ours,) = exchange("blocking", url)
        assert isinstance(ours, httpx.Response)
        theirs = httpx.get(url)
        assert (ours.status_code, ours.reason_phrase, ours.http_version) == (404, "Gone Fishing", "HTTP/1.1")
        assert ours.headers.raw == theirs.headers.raw
        assert ours.content == theirs.content == b"hi"

    def test_a_body_left_half_read_frees_its_connection(self, server: Start, flavour: str) -> None:
        large = b"HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n" + b"x" * 10_000_000
        url = server(answers(large)).url
        request = httpx.Request("GET", url)

        def blocking() -> None:
            with HttpTransport() as transport:
                response = transport.handle_request(request)
                assert next(response.iter_raw())
                response.close()
                assert transport.connections.busy == 0

        async def awaiting() -> None:
            async with AsyncHttpTransport() as transport:
                response = await transport.handle_async_request(request)
                assert isinstance(response.stream, httpx.AsyncByteStream)
                async for chunk in response.stream:
                    assert chunk
                    break
                await response.aclose()
                assert transport.connections.busy == 0

        if flavour == "blocking":
            blocking()
        else:
            anyio.run(awaiting, backend=flavour)

    def test_httpx_clients_take_the_transports(self, server: Start) -> None:
        url = server(answers(HELLO)).url
        with httpx.Client(transport=HttpTransport()) as client:
            assert client.post(url, json={}).text == "hello"

        async def main() -> None:
            async with httpx.AsyncClient(transport=AsyncHttpTransport()) as client:
                assert (await client.post(url, json={})).text == "hello"

        anyio.run(main)


class TestProxies:
    @pytest.mark.parametrize(
        ("no_proxy", "url", "proxied"),
        [
            ("", "http://api.test/", True),
            ("*", "http://api.test/", False),
            ("other.test, *", "http://api.test/", False),
            ("api.test", "http://api.test/", False),
            ("api.test", "http://www.api.test/", False),
            ("api.test", "http://wwwapi.test/", True),
            (".api.test", "http://api.test/", True),
            (".api.test", "http://www.api.test/", False),
            ("api.test:8080", "http://api.test/", True),
            ("api.test:8080", "http://api.test:8080/", False),
            ("localhost", "http://localhost:3000/", False),
            ("LOCALHOST", "http://localhost:3000/", False),
            ("localhost", "http://my.localhost/", True),
            ("127.0.0.1", "http://127.0.0.1:3000/", False),
            ("::1", "http://[::1]:3000/", False),
            ("192.168.0.0/16", "http://192.168.0.1/", True),
            ("https://api.test", "http://api.test/", True),
            ("https://api.test", "https://api.test/", False),
            ("fd07:b51a:cc66:f0::/64,api.test", "http://api.test/", False),
            ("http://[,api.test", "http://api.test/", False),
            ("\x7f,:::,a b,api.test", "http://api.test/", False),
        ],
    )
    def test_no_proxy(self, no_proxy: str, url: str, proxied: bool) -> None:
        rules = ProxyRules({"all": "proxy.test:3128", "no": no_proxy})
        assert (rules.find(httpx.URL(url)) is not None) is proxied

    def test_the_proxy_of_the_scheme_comes_first(self) -> None:
        rules = ProxyRules({"all": "http://all.test", "https": "socks5://socks.test:1080"})
        assert str(rules.find(httpx.URL("http://api.test"))) == "Proxy('http://all.test')"
        assert str(rules.find(httpx.URL("https://api.test"))) == "Proxy('socks5://socks.test:1080')"

    def test_a_bad_proxy_is_an_error_of_its_own_requests_only(self) -> None:
        rules = ProxyRules({"https": "http://ann:s3cret@proxy.test:port", "http": "proxy.test", "all": "ftp://x"})
        assert rules.find(httpx.URL("http://api.test/")) is not None
        with pytest.raises(ConfigurationError, match=r"HTTPS_PROXY can't be used: it isn't an address") as raised:
            rules.find(httpx.URL("https://api.test/"))
        assert "s3cret" not in repr(raised.value)
        with pytest.raises(ConfigurationError, match="its scheme must be"):
            rules.find(httpx.URL("ws://api.test/"))
        assert "s3cret" not in repr(rules)

    def test_requests_go_through_the_proxy(self, server: Start, flavour: str, monkeypatch: pytest.MonkeyPatch) -> None:
        seen: list[bytes] = []

        def serve(connection: socket.socket) -> None:
            for head in heads(connection):
                seen.append(head)
                connection.sendall(PROXIED)

        direct, proxy = server(answers(HELLO)), server(serve)
        monkeypatch.setenv("HTTP_PROXY", f"http://ann:s3cret@{proxy.address}")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1,fd07:b51a:cc66:f0::/64,.internal")
        (around,) = exchange(flavour, direct.url)
        results = exchange(flavour, "http://api.example.test/x?y", times=2)
        assert isinstance(around, httpx.Response)
        assert around.text == "hello"
        assert [result.text for result in results if isinstance(result, httpx.Response)] == ["proxied"] * 2
        assert proxy.connections == 1
        assert seen[0].startswith(b"GET http://api.example.test/x?y HTTP/1.1\r\n")
        assert b"Proxy-Authorization: Basic " + base64.b64encode(b"ann:s3cret") in seen[0]

    def test_tls_goes_through_a_tunnel(self, server: Start, flavour: str, monkeypatch: pytest.MonkeyPatch) -> None:
        target = server(answers(HELLO), tls=True)
        proxy = server(_tunnel)
        monkeypatch.setenv("HTTPS_PROXY", proxy.address)
        results = exchange(flavour, target.url, times=2)
        assert [result.text for result in results if isinstance(result, httpx.Response)] == ["hello"] * 2
        assert (proxy.connections, target.connections) == (1, 1)

    def test_a_proxy_that_refuses(self, server: Start, flavour: str, monkeypatch: pytest.MonkeyPatch) -> None:
        proxy = server(answers(b"HTTP/1.1 407 Who Are You\r\nContent-Length: 0\r\n\r\n"))
        monkeypatch.setenv("HTTPS_PROXY", f"http://ann:s3cret@{proxy.address}")
        (result,) = exchange(flavour, "https://api.example.test/")
        assert type(result) is httpx.ProxyError
        assert str(result) == "407 Who Are You"

    def test_a_socks_proxy(self, server: Start, flavour: str, monkeypatch: pytest.MonkeyPatch) -> None:
        proxy = server(_socks)
        monkeypatch.setenv("ALL_PROXY", f"socks5h://{proxy.address}")
        results = exchange(flavour, "http://api.example.test/", times=2)
        assert [result.text for result in results if isinstance(result, httpx.Response)] == ["proxied"] * 2
        assert proxy.connections == 1

    def test_a_socks_proxy_that_speaks_something_else(
        self, server: Start, flavour: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        proxy = server(lambda connection: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
        monkeypatch.setenv("ALL_PROXY", f"socks5://{proxy.address}")
        (result,) = exchange(flavour, "http://api.example.test/")
        assert isinstance(result, httpx.ProxyError | httpx.ReadError)
        assert proxy.open_connections() == 0

    def test_nothing_shows_the_password(self, server: Start, monkeypatch: pytest.MonkeyPatch) -> None:
        proxy = server(answers(PROXIED))
        monkeypatch.setenv("HTTP_PROXY", f"http://ann:s3cret@{proxy.address}")
        with HttpTransport() as transport:
            response = transport.handle_request(httpx.Request("GET", "http://api.example.test/"))
            shown = [repr(each) for each in (transport, response, response.stream, vars(transport))]
            response.close()
        assert "s3cret" not in "".join(shown)


def _tunnel(connection: socket.socket) -> None:
    """Connect to the host that CONNECT names, and pass bytes in both directions."""
    target = next(heads(connection)).split(b" ")[1].decode()
    host, _, port = target.partition(":")
    with socket.create_connection((host, int(port))) as other:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")

        def back() -> None:
            with contextlib.suppress(OSError):
                while data := other.recv(65536):
                    connection.sendall(data)

        threading.Thread(target=back, daemon=True).start()
        while data := connection.recv(65536):
            other.sendall(data)


def _socks(connection: socket.socket) -> None:
    """Accept every SOCKS handshake without a password, and answer each request."""
    connection.recv(65536)
    connection.sendall(b"\x05\x00")
    connection.recv(65536)
    connection.sendall(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
    for _ in heads(connection):
        connection.sendall(PROXIED)
