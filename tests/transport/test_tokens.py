"""Functions that return the token take their time from that of the call."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import anyio
import httpx
import pytest

from buildkite_ext import AsyncBuildkiteClient, BuildkiteClient, DeadlineExceeded, Retry

from .servers import Server, answers

Start = Callable[..., Server]

BUILD = b'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{"number":7}'


def call(backend: str, url: str | None, token: Any, **options: Any) -> int:
    async def main() -> int:
        async with AsyncBuildkiteClient("acme", token=token, base_url=url, **options) as client:
            return (await client.builds.get("web", 7)).number

    return anyio.run(main, backend=backend)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
class TestAsync:
    def test_one_that_never_returns_ends_with_the_deadline(self, server: Start, backend: str) -> None:
        ended: list[bool] = []

        async def token() -> str:
            try:
                await anyio.sleep_forever()
            finally:
                ended.append(True)
            return "t"

        api = server(answers(BUILD))
        with pytest.raises(DeadlineExceeded, match=r"longer than the 0\.1 s .*the function of token= has not returned"):
            call(backend, api.url, token, timeout=0.1)
        assert ended == [True]
        assert api.connections == 0

    def test_one_that_hangs_in_the_second_attempt_too(self, backend: str) -> None:
        asked: list[int] = []

        async def token() -> str:
            asked.append(1)
            if len(asked) > 1:
                await anyio.sleep_forever()
            return "t"

        unavailable = httpx.MockTransport(lambda _: httpx.Response(503))  # sockets could take all of the time
        with pytest.raises(DeadlineExceeded, match="token="):
            call(backend, None, token, transport=unavailable, timeout=0.5, retry=Retry(base=0.0))
        assert len(asked) == 2

    def test_its_own_timeout_is_its_own_error(self, server: Start, backend: str) -> None:
        async def token() -> str:
            raise TimeoutError("the vault")

        with pytest.raises(TimeoutError, match=r"^the vault$") as raised:
            call(backend, server(answers(BUILD)).url, token, timeout=60)
        assert not isinstance(raised.value, DeadlineExceeded)

    def test_without_a_deadline_it_may_take_its_time(self, server: Start, backend: str) -> None:
        async def token() -> str:
            await anyio.sleep(0.05)
            return "t"

        assert call(backend, server(answers(BUILD)).url, token, timeout=None) == 7


def test_one_that_blocks_past_the_deadline_sends_nothing(server: Start) -> None:
    def token() -> str:
        time.sleep(0.15)
        return "t"

    api = server(answers(BUILD))
    with BuildkiteClient("acme", token=token, base_url=api.url, timeout=0.1) as client, pytest.raises(DeadlineExceeded):
        client.builds.get("web", 7)
    assert api.connections == 0
