"""Connections by a URL or by the user's client; passwords are never shown."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
import redis
from redis.asyncio import Redis

from buildkite_ext.errors import ConfigurationError
from buildkite_ext.webhooks.redis import RedisDeduplicationStore, RedisStreamSink, RedisStreamSource

from .helpers import Closing, Handler, delivery, until, working

KINDS: list[Any] = [RedisDeduplicationStore, RedisStreamSink, RedisStreamSource]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "url",
    [
        "redis://:hunter2@redis.internal:6379/0",
        "rediss://user:hunter2@redis.internal/0?password=hunter2",
        "unix:///run/redis.sock?db=1&password=hunter2",
    ],
)
def test_a_repr_shows_no_password(kind: Any, url: str) -> None:
    assert "hunter2" not in repr(kind(url))
    assert "redis" in repr(kind(url))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "url", ["hunter2", "http://:hunter2@host", "redis://host:hunter2/0", "redis://h/?db=hunter2", "redis://[hunter2"]
)
def test_an_invalid_url_is_refused_without_quoting_it(kind: Any, url: str) -> None:
    with pytest.raises(ConfigurationError, match="redis://") as refused:
        kind(url)
    assert "hunter2" not in str(refused.value)
    assert refused.value.__cause__ is None


@pytest.mark.parametrize("kind", KINDS)
def test_a_blocking_client_is_refused(kind: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"redis\.asyncio\.Redis"):
        kind(redis.Redis())


@pytest.mark.parametrize("kind", KINDS)
def test_without_the_extra_the_error_names_it(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis.asyncio", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'buildkite-ext\[redis\]'"):
        kind("redis://localhost")


def test_importing_the_package_does_not_import_redis() -> None:
    program = "import sys, buildkite_ext.webhooks.redis; sys.exit('redis' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        (RedisStreamSink, {"limit": 0}),
        (RedisStreamSink, {"partitions": 0}),
        (RedisStreamSink, {"timeout": 0}),
        (RedisStreamSource, {"partitions": 0}),
        (RedisStreamSource, {"concurrency": 0}),
        (RedisStreamSource, {"tries": 0}),
        (RedisStreamSource, {"claim_after": 0}),
        (RedisStreamSource, {"lease": -1}),
    ],
)
def test_numbers_out_of_range_are_refused(kind: Any, wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(wrong))):
        kind("redis://localhost", **wrong)


def test_a_source_refuses_a_client_that_decodes() -> None:
    with pytest.raises(ConfigurationError, match="decode_responses"):
        RedisStreamSource(Redis(decode_responses=True))
    with pytest.raises(ConfigurationError, match="decode_responses"):
        RedisStreamSource("redis://localhost?decode_responses=True")


@pytest.mark.parametrize("protocol", [2, 3])
@pytest.mark.parametrize("ordered", [False, True])
async def test_a_users_client_works_in_both_protocols_and_stays_open(
    closing: Closing, url: str, protocol: int, ordered: bool
) -> None:
    async with Redis.from_url(url, protocol=protocol) as client:
        handler = Handler()
        async with working(RedisStreamSource(client, ordered=ordered), handler):
            sink = closing(RedisStreamSink(client))
            await sink.put(delivery("a"))
            await until(lambda: handler.done == ["a"])
        assert await client.ping()


async def test_a_client_that_decodes_works_for_sinks_and_deduplication(closing: Closing, url: str) -> None:
    body = b"\xff\x00 not UTF-8"
    async with Redis.from_url(url, decode_responses=True) as client:
        await closing(RedisStreamSink(client)).put(delivery("a", body=body))
        replays = closing(RedisDeduplicationStore(client))
        assert await replays.claim("k", 60) == "new"
        await replays.settle("k", 60)
        assert await replays.claim("k", 60) == "settled"
    handler = Handler()
    async with working(RedisStreamSource(url), handler):
        await until(lambda: handler.done)
    assert handler.deliveries[0].body == body
