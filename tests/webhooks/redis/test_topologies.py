"""A cluster, Sentinel, Valkey's URLs, TLS that can't be verified, and a Redis that evicts: each as users deploy it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from redis.asyncio import Redis, RedisCluster, Sentinel
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisClusterException

from buildkite_ext.errors import ConfigurationError
from buildkite_ext.redis.reconnect import Reconnector
from buildkite_ext.webhooks import DeliveryEvent, DeliveryRefused, WebhookHandler
from buildkite_ext.webhooks.events import logger
from buildkite_ext.webhooks.redis import DeadLetter, RedisDeduplicationStore, RedisStreamSink, RedisStreamSource

from ..conftest import post
from ..posting import NOW, SECRET, build_body
from .helpers import Closing, Handler, delivery, until, working
from .topologies import CERTIFICATE, a_cluster, a_sentinel, a_server_with, a_server_with_tls

STREAM = "{buildkite}:webhooks"


@pytest.fixture(scope="module")
def cluster_port() -> Iterator[int]:
    with a_cluster() as port:
        yield port


# --- Cluster ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ordered", [False, True])
@pytest.mark.parametrize("tag", ["{a}", "{b}", "{c}"])
async def test_a_cluster_client_is_taken(cluster_port: int, tag: str, ordered: bool) -> None:
    """Whichever node has the slot, and with a delivery that fails until it is a dead letter."""
    stream = f"{tag}:webhooks:{ordered}"
    dead: list[DeadLetter] = []
    async with RedisCluster(host="127.0.0.1", port=cluster_port) as client:
        sink = RedisStreamSink(client, stream=stream, partitions=4)
        for number in range(6):
            await sink.put(delivery(f"d{number}", build=f"b{number}"))
        handler = Handler(fails=lambda it, _: it.id == "d3")
        source = RedisStreamSource(
            client,
            stream=stream,
            partitions=4,
            ordered=ordered,
            tries=2,
            retry_pause=0.01,
            claim_after=1,
            lease=2,
            on_dead_letter=dead.append,
        )
        assert (await source.lag()).waiting == 6
        async with working(source, handler):
            await until(lambda: len(handler.done) == 5 and dead)
            assert await source.dead_letters() == dead
            assert await source.requeue(dead[0].id)
            assert (await source.lag()).dead == 0
    assert dead[0].delivery is not None
    assert (dead[0].delivery.id, dead[0].tries) == ("d3", 2)
    assert [each.attempt for each in handler.deliveries if each.id == "d3"][:2] == [1, 2]


async def test_a_cluster_client_remembers_deliveries(cluster_port: int) -> None:
    async with RedisCluster(host="127.0.0.1", port=cluster_port) as client:
        store = RedisDeduplicationStore(client)
        for key in "abcdef":  # on both nodes
            assert [await store.claim(key, 60), await store.claim(key, 60)] == ["new", "pending"]
            await store.settle(key, 60)
            assert await store.claim(key, 60) == "settled"


@pytest.mark.parametrize("stream", ["buildkite:webhooks", "{}:webhooks", "buildkite:{webhooks"])
@pytest.mark.parametrize("kind", [RedisStreamSink, RedisStreamSource])
def test_a_cluster_needs_a_hash_tag(kind: Any, stream: str) -> None:
    client = RedisCluster(host="127.0.0.1", port=1)
    with pytest.raises(ConfigurationError, match=r'stream="\{buildkite\}:webhooks"'):
        kind(client, stream=stream)
    kind(Redis(), stream=stream)
    kind(client, stream=STREAM)


def test_dead_letters_in_another_slot_are_refused() -> None:
    client = RedisCluster(host="127.0.0.1", port=1)
    with pytest.raises(ConfigurationError, match="hash tag"):
        RedisStreamSource(client, stream=STREAM, dead_letters="dead")
    with pytest.raises(ConfigurationError, match="hash tag"):
        RedisStreamSource(client, stream=STREAM, dead_letters="{other}:dead")
    RedisStreamSource(client, stream=STREAM, dead_letters="{buildkite}:dead")


def test_a_cluster_client_that_decodes_is_refused_by_sources() -> None:
    with pytest.raises(ConfigurationError, match="decode_responses"):
        RedisStreamSource(RedisCluster(host="127.0.0.1", port=1, decode_responses=True), stream=STREAM)


async def test_a_cluster_that_is_away_is_waited_for() -> None:
    """redis-py's error of a cluster isn't one of its `RedisError`s."""
    answers: list[Any] = [RedisClusterException("Redis Cluster cannot be connected"), ConnectionError(), "there"]

    async def command() -> Any:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    reconnector = Reconnector("cluster", timeout=5, random=lambda: 0.0, logger=logger)
    assert await reconnector.call(command) == "there"


# --- Sentinel ---------------------------------------------------------------------------------------------------------


async def test_the_client_of_a_sentinels_master_is_taken() -> None:
    with a_sentinel() as port:
        sentinel = Sentinel([("127.0.0.1", port)])
        async with sentinel.master_for("webhooks", retry=Retry(NoBackoff(), 0)) as client:
            await RedisStreamSink(client).put(delivery("a"))
            store = RedisDeduplicationStore(client)
            assert [await store.claim("a", 60), await store.claim("a", 60)] == ["new", "pending"]
            handler = Handler()
            async with working(RedisStreamSource(client), handler):
                await until(lambda: handler.done == ["a"])
        for each in sentinel.sentinels:
            await each.aclose()


# --- URLs -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["valkey", "Valkey", "redis"])
async def test_valkey_is_an_alias(scheme: str, closing: Closing) -> None:
    with a_server_with() as url:
        address = url.replace("redis:", f"{scheme}:")
        sink = closing(RedisStreamSink(address))
        await sink.put(delivery("a"))
        assert f"{scheme.lower()}://" in repr(sink)
        handler = Handler()
        async with working(RedisStreamSource(address), handler):
            await until(lambda: handler.done == ["a"])


@pytest.mark.parametrize("scheme", ["valkeys", "rediss"])
async def test_valkeys_is_an_alias_with_tls(scheme: str, closing: Closing) -> None:
    with a_server_with_tls() as port:
        url = f"{scheme}://127.0.0.1:{port}?ssl_ca_certs={CERTIFICATE}"
        store = closing(RedisDeduplicationStore(url))
        assert await store.claim("a", 60) == "new"


# --- TLS --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ordered", [False, True])
async def test_a_certificate_that_cannot_be_verified_ends_a_worker(ordered: bool) -> None:
    with a_server_with_tls() as port:
        source = RedisStreamSource(f"rediss://127.0.0.1:{port}", ordered=ordered)
        with pytest.raises(RedisConnectionError, match="CERTIFICATE_VERIFY_FAILED"):
            await asyncio.wait_for(source.consume(Handler()), 60)
        await source.aclose()


async def test_a_certificate_of_another_host_ends_a_worker() -> None:
    with a_server_with_tls() as port:
        source = RedisStreamSource(f"rediss://127.0.0.2:{port}?ssl_ca_certs={CERTIFICATE}")
        with pytest.raises(RedisConnectionError, match=r"127\.0\.0\.2"):
            await asyncio.wait_for(source.consume(Handler()), 60)
        await source.aclose()


async def test_a_receiver_says_that_the_certificate_is_the_reason() -> None:
    reports: list[DeliveryEvent] = []
    with a_server_with_tls() as port:
        sink = RedisStreamSink(f"rediss://127.0.0.1:{port}")
        hooks = WebhookHandler(secret=SECRET, sink=sink, now=lambda: NOW, on_delivery_event=reports.append)
        assert (await post(hooks, build_body())).status == 503
        await hooks.aclose()
    [refused] = reports
    assert isinstance(refused, DeliveryRefused)
    assert refused.reason == "unavailable"
    assert "(ConnectionError, because of SSLCertVerificationError)" in refused.message


# --- Eviction ---------------------------------------------------------------------------------------------------------


def evictions(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if "maxmemory-policy" in record.getMessage()]


@pytest.mark.parametrize("policy", ["allkeys-lru", "allkeys-lfu", "allkeys-random"])
async def test_a_redis_that_may_drop_the_stream_is_warned_about_once(
    policy: str, closing: Closing, caplog: pytest.LogCaptureFixture
) -> None:
    with a_server_with("--maxmemory", "100mb", "--maxmemory-policy", policy) as url, caplog.at_level(logging.WARNING):
        sink = closing(RedisStreamSink(url))
        await sink.put(delivery("a"))
        await sink.put(delivery("b"))
        [told] = evictions(caplog)
        assert policy in told
        assert "noeviction" in told
        caplog.clear()
        handler = Handler()
        async with working(RedisStreamSource(url), handler):
            await until(lambda: len(handler.done) == 2)
        assert len(evictions(caplog)) == 1


@pytest.mark.parametrize(
    "options",
    [
        ("--maxmemory", "100mb", "--maxmemory-policy", "noeviction"),
        ("--maxmemory", "100mb", "--maxmemory-policy", "volatile-lru"),
        ("--maxmemory", "0", "--maxmemory-policy", "allkeys-lru"),
        # As managed services do: the question is forbidden.
        (
            "--maxmemory",
            "100mb",
            "--maxmemory-policy",
            "allkeys-lru",
            *["--user", "default", "on", "nopass", "~*", "+@all", "-info"],
        ),
    ],
)
async def test_nothing_is_said_where_nothing_is_dropped_or_known(
    options: tuple[str, ...], closing: Closing, caplog: pytest.LogCaptureFixture
) -> None:
    with a_server_with(*options) as url, caplog.at_level(logging.WARNING):
        await closing(RedisStreamSink(url)).put(delivery("a"))
        handler = Handler()
        async with working(RedisStreamSource(url), handler):
            await until(lambda: handler.done == ["a"])
    assert evictions(caplog) == []
