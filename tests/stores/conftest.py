"""Redis servers for tests of stores: one for the whole run, and one that a test may break."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.webhooks.redis.server import RedisServer, a_server


@pytest.fixture(scope="session")
def shared_server() -> Iterator[RedisServer]:
    yield from a_server()


@pytest.fixture
def own_server() -> Iterator[RedisServer]:
    """A server that a test may stop."""
    yield from a_server()


@pytest.fixture
def url(shared_server: RedisServer) -> str:
    """The URL of an empty Redis."""
    with shared_server.client() as client:
        client.flushall()
    return shared_server.url


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"
