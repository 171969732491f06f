"""Servers that end with their test, and an environment without proxies."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.core.fakes import Flavor

from .servers import CERTIFICATE, FLAVOURS, Serve, Server


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))


@pytest.fixture
def server() -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def start(serve: Serve, *, tls: bool = False) -> Server:
        servers.append(Server(serve, tls=tls))
        return servers[-1]

    yield start
    for each in servers:
        each.close()


@pytest.fixture(params=FLAVOURS)
def flavour(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["blocking", "asyncio", "trio"])
def flavor(request: pytest.FixtureRequest) -> Flavor:
    """The kind of client that a test calls: blocking, or async on one of the event loops."""
    return Flavor(str(request.param))


@pytest.fixture
def anyio_backend(flavor: Flavor) -> str:
    """The event loop of a test that takes a `flavor`. A blocking client is called on one as well."""
    return "asyncio" if flavor.blocking else flavor.name
