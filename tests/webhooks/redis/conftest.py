"""Redis servers for tests: one for the whole run, and one that a test may break."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import pytest
from redis.asyncio import Redis

from .helpers import Closing
from .server import RedisServer, a_server


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"  # redis.asyncio knows no other


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


@pytest.fixture
async def redis(url: str) -> AsyncIterator[Redis]:
    async with Redis.from_url(url) as client:
        yield client


@pytest.fixture
async def closing() -> AsyncIterator[Closing]:
    """Closes its arguments at the end of the test."""
    async with AsyncExitStack() as stack:

        def close_at_the_end(thing):  # type: ignore[no-untyped-def]
            stack.push_async_callback(thing.aclose)
            return thing

        yield close_at_the_end
