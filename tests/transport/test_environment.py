"""Proxies and certificates of the environment, as a user of the clients meets them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

from buildkite_ext import AsyncBuildkiteClient, BuildkiteClient, ConfigurationError, ConnectionFailed, Retry
from buildkite_ext.events import RequestFinished, RetryScheduled

from .servers import HELLO, Server, answers

Start = Callable[..., Server]


def get(flavour: str, url: str, **options: Any) -> int:
    """Ask for a build by a client of this flavour, and return its number."""
    if flavour == "blocking":
        with BuildkiteClient("acme", token="t", base_url=url, **options) as client:
            return client.builds.get("web", 7).number

    async def main() -> int:
        async with AsyncBuildkiteClient("acme", token="t", base_url=url, **options) as client:
            return (await client.builds.get("web", 7)).number

    return anyio.run(main, backend=flavour)


BUILD = b'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{"number":7}'.replace(b"11", b"12")


@pytest.mark.parametrize(
    "no_proxy", ["fd07:b51a:cc66:f0::/64,127.0.0.1", "http://[,127.0.0.1", "10.0.0.0/8, \x7f ,127.0.0.1"]
)
def test_an_entry_of_no_proxy_that_is_no_address_is_passed_over(
    server: Start, flavour: str, monkeypatch: pytest.MonkeyPatch, no_proxy: str
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", no_proxy)
    assert get(flavour, server(answers(BUILD)).url) == 7


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("ALL_PROXY", "http://ann:s3cret@proxy.test:port", "it isn't an address"),
        ("HTTPS_PROXY", "ftp://ann:s3cret@proxy.test", "its scheme must be http, https, socks5 or socks5h"),
        ("HTTPS_PROXY", "http://", "it has no host"),
        ("ALL_PROXY", "socks5://ann:s3cret@127.0.0.1:9", r"pip install 'httpx\[socks\]'"),
        ("HTTPS_PROXY", "socks5h://ann:s3cret@127.0.0.1:9", "needs the package socksio"),
        ("SSL_CERT_FILE", "/nowhere/roots.pem", "No such file or directory"),
        ("SSL_CERT_FILE", __file__, "no certificate"),
        ("SSL_CERT_DIR", "/nowhere/roots", "No such file or directory"),
        ("SSLKEYLOGFILE", "/nowhere/keys.log", "can't be written: '/nowhere/keys.log': No such file or directory"),
        ("SSLKEYLOGFILE", "/", "can't be written: '/': Is a directory"),
    ],
)
def test_what_cannot_be_used_is_named(
    flavour: str, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, said: str
) -> None:
    monkeypatch.setitem(sys.modules, "socksio", None)
    monkeypatch.delenv("SSL_CERT_FILE")
    monkeypatch.setenv(variable, value)
    retries: list[object] = []
    with pytest.raises(ConfigurationError, match=said) as raised:
        get(
            flavour,
            "https://127.0.0.1:9",
            on_event=lambda event: retries.append(event) if isinstance(event, RetryScheduled) else None,
        )
    assert variable in str(raised.value)
    assert "s3cret" not in f"{raised.value!r} {raised.value.__cause__!r}"
    assert retries == []


@pytest.mark.parametrize(
    ("variable", "value"), [("SSL_CERT_FILE", "/nowhere/roots.pem"), ("SSL_CERT_DIR", "/nowhere/roots")]
)
def test_the_log_of_keys_is_not_blamed_for_certificates(
    flavour: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str, value: str
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys.log"))
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigurationError) as raised:
        get(flavour, "https://127.0.0.1:9")
    assert variable in str(raised.value)
    assert "SSLKEYLOGFILE" not in str(raised.value)


def test_the_certificates_are_not_blamed_for_the_log_of_keys(flavour: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", "/nowhere/keys.log")  # SSL_CERT_FILE names readable ones
    with pytest.raises(ConfigurationError) as raised:
        get(flavour, "https://127.0.0.1:9")
    assert "SSLKEYLOGFILE" in str(raised.value)
    assert "SSL_CERT_FILE" not in str(raised.value)


def test_a_certificate_that_is_not_trusted_is_tried_once(
    server: Start, flavour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    api = server(answers(HELLO), tls=True)
    retries: list[object] = []
    with pytest.raises(ConnectionFailed, match=r"isn't trusted.*\$SSL_CERT_FILE") as raised:
        get(
            flavour,
            api.url,
            on_event=lambda event: retries.append(event) if isinstance(event, RetryScheduled) else None,
        )
    assert raised.value.permanent
    assert retries == []
    assert api.connections == 1


def test_a_name_that_the_certificate_lacks_is_tried_once(server: Start, flavour: str) -> None:
    api = server(answers(HELLO), tls=True)
    with pytest.raises(ConnectionFailed, match="isn't trusted") as raised:
        get(flavour, api.url.replace("127.0.0.1", "127.1"))
    assert raised.value.permanent


def test_a_refused_connection_is_tried_again(flavour: str) -> None:
    retries: list[object] = []
    with pytest.raises(ConnectionFailed) as raised:
        get(flavour, "http://127.0.0.1:9", retry=Retry(attempts=2, base=0.001), on_event=retries.append)
    assert not raised.value.permanent
    assert [type(each) for each in retries] == [RetryScheduled, RequestFinished]


def test_a_folder_of_certificates_is_read(server: Start, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    with pytest.raises(ConnectionFailed, match="isn't trusted"):
        get("blocking", server(answers(HELLO), tls=True).url)


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\rb", "a\x00b"])
def test_a_header_that_breaks_its_line_is_refused_by_name(server: Start, flavour: str, value: str) -> None:
    from buildkite_api.api.test_engine_tests import get_test

    api = server(answers(BUILD))
    arguments: Any = ("acme", "suite", "test")

    async def main() -> None:
        async with AsyncBuildkiteClient("acme", token="t", base_url=api.url) as client:
            await client.call(get_test, *arguments, buildkite_version=value)

    def call() -> None:
        if flavour != "blocking":
            anyio.run(main, backend=flavour)
        with BuildkiteClient("acme", token="t", base_url=api.url) as client:
            client.call(get_test, *arguments, buildkite_version=value)

    with pytest.raises(ValueError, match=r"^buildkite_version must be printable ASCII"):
        call()
    assert api.connections == 0
