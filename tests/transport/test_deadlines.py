"""Servers that are slow in a way that satisfies each timeout of one operation: the deadline ends them all."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from buildkite_ext import (
    AsyncBuildkiteClient,
    Budget,
    BuildkiteClient,
    Cache,
    CircuitBreaker,
    ClientClosed,
    ConfigurationError,
    ConnectionLimits,
    RedisStore,
    Retry,
    RetryScheduled,
    TransferRate,
)
from buildkite_ext.transport.http import HttpTransport
from buildkite_ext.transport.timeouts import BoundedTimeout, bounded_timeouts

from .servers import HELLO, Serve, Server, answers, drip, exchange, heads, mute, reads_slowly

Start = Callable[..., Server]

OK = b"HTTP/1.1 200 OK\r\n"


def over(flavour: str, url: str, *, content: bytes | None = None) -> httpx.TransportError:
    """Send with a short deadline, which must end the attempt long before any timeout of one operation does."""
    began = time.monotonic()
    (result,) = exchange(flavour, url, seconds=0.12, content=content)
    assert isinstance(result, httpx.TimeoutException), result
    assert time.monotonic() - began < 25
    return result


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize(
    "serve",
    [
        pytest.param(drip(b"a", before=OK + b"X: "), id="a header byte by byte"),
        pytest.param(drip(b"HTTP/1.1 103 Early Hints\r\n\r\n"), id="endless 103"),
        pytest.param(drip(b"b", before=OK + b"Content-Length: 1000000\r\n\r\n"), id="a body byte by byte"),
        pytest.param(mute, id="no answer"),
    ],
)
def test_a_dripping_answer_ends_at_the_deadline(server: Start, flavour: str, serve: Serve, tls: bool) -> None:
    slow = server(serve, tls=tls)
    over(flavour, slow.url)
    assert slow.open_connections() == 0


def test_a_mute_tls_handshake_ends_at_the_deadline(server: Start, flavour: str) -> None:
    slow = server(mute)
    over(flavour, f"https://{slow.address}/")
    assert slow.open_connections() == 0


def test_a_server_that_reads_slowly_ends_at_the_deadline(server: Start, flavour: str) -> None:
    slow = server(reads_slowly)
    over(flavour, slow.url, content=b"x" * 8_000_000)


@pytest.mark.parametrize(
    "serve",
    [
        pytest.param(drip(b"y", before=OK + b"X: "), id="CONNECT answered byte by byte"),
        pytest.param(mute, id="CONNECT not answered"),
        pytest.param(drip(b"", before=OK + b"\r\n"), id="handshake not answered"),
    ],
)
def test_a_slow_http_proxy_ends_at_the_deadline(
    server: Start, flavour: str, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = server(serve)
    monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy.address}")
    over(flavour, "https://api.example.test/")


def test_a_mute_socks_proxy_ends_at_the_deadline(server: Start, flavour: str, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = server(mute)
    monkeypatch.setenv("ALL_PROXY", f"socks5://{proxy.address}")
    over(flavour, "http://api.example.test/")
    assert proxy.open_connections() == 0


def test_the_clock_of_the_transport_counts(server: Start) -> None:
    """The clock moves a second with each look at it, so the deadline passes in no time."""

    class Ticking:
        def __init__(self) -> None:
            self.time = 100.0

        def __call__(self) -> float:
            self.time += 1.0
            return self.time

    slow = server(drip(b"a", before=OK + b"X: "))
    with HttpTransport(clock=Ticking()) as transport:
        timeouts = bounded_timeouts({"read": 30.0}, ends=110.0, now=100.0)
        with pytest.raises(httpx.ReadTimeout, match="the time allowed for the whole request is over"):
            transport.handle_request(httpx.Request("GET", slow.url, extensions={"timeout": timeouts}))
        assert transport.connections.busy == 0


def test_a_deadline_that_has_passed_sends_nothing(server: Start, flavour: str) -> None:
    fast = server(answers(HELLO))
    (result,) = exchange(flavour, fast.url, seconds=-1.0)
    assert isinstance(result, httpx.ConnectTimeout | httpx.PoolTimeout)
    assert fast.connections == 0


def test_a_request_without_a_deadline_ignores_that_of_the_request_before(server: Start) -> None:
    fast = server(answers(HELLO))
    now = [100.0]
    with HttpTransport(clock=lambda: now[0]) as transport:
        timeouts = bounded_timeouts({}, ends=110.0, now=100.0)
        transport.handle_request(httpx.Request("GET", fast.url, extensions={"timeout": timeouts})).read()
        now[0] = 200.0
        response = transport.handle_request(httpx.Request("GET", fast.url))
        assert response.read() == b"hello"
    assert fast.connections == 1


def test_timeouts_keep_the_shorter_of_operation_and_deadline() -> None:
    timeouts = bounded_timeouts({"connect": 10.0, "read": None}, ends=130.0, now=100.0)
    assert timeouts == {"connect": 10.0, "read": 30.0, "write": 30.0, "pool": 30.0}
    assert all(isinstance(each, BoundedTimeout) and each.ends == 130.0 for each in timeouts.values())


def test_a_timeout_of_one_operation_still_counts(server: Start) -> None:
    silent = server(mute)
    with HttpTransport() as transport:
        timeouts = bounded_timeouts({"read": 0.05}, ends=time.monotonic() + 600, now=time.monotonic())
        with pytest.raises(httpx.ReadTimeout):
            transport.handle_request(httpx.Request("GET", silent.url, extensions={"timeout": timeouts}))


def test_a_large_body_arrives_whole(server: Start, flavour: str) -> None:
    """Bodies are written in slices."""
    body = bytes(range(256)) * 4000
    seen: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        data = b""
        while len(data.partition(b"\r\n\r\n")[2]) < len(body):
            data += connection.recv(65536)
        seen.append(data.partition(b"\r\n\r\n")[2])
        connection.sendall(HELLO)
        for _ in heads(connection):
            pass

    (result,) = exchange(flavour, server(serve).url, content=body)
    assert isinstance(result, httpx.Response)
    assert seen == [body]


# --- More seconds than the system can wait for -----------------------------------------------------------------------------

BUILD = b'{"id": "b", "number": 1, "state": "passed", "finished_at": "2026-01-01T00:00:00Z"}'


@pytest.mark.parametrize("seconds", [9.3e9, 1e19, 1e300, float("inf")])
@pytest.mark.parametrize("kind", [BuildkiteClient, AsyncBuildkiteClient])
def test_a_timeout_of_more_seconds_than_the_system_can_wait_for_is_as_good_as_none(
    server: Start, kind: Any, seconds: float
) -> None:
    api = server(answers(*[b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(BUILD), BUILD)] * 3))
    options: dict[str, Any] = {"token": "t", "base_url": api.url, "timeout": seconds, "minimum_rate": None}

    async def main() -> None:
        async with AsyncBuildkiteClient("acme", **options) as client:
            assert (await client.builds.get("web", 1)).number == 1
            assert (await client.builds.wait("web", 1, timeout=seconds)).passed

    if kind is AsyncBuildkiteClient:
        asyncio.run(main())
        return
    with BuildkiteClient("acme", **options) as client:
        assert client.builds.get("web", 1).number == 1
        assert client.builds.wait("web", 1, timeout=seconds).passed


def test_a_pause_of_more_seconds_than_the_system_can_wait_for_lasts_until_the_client_is_closed(server: Start) -> None:
    api = server(answers(b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"))

    def close(event: object) -> None:
        if isinstance(event, RetryScheduled):
            threading.Timer(0.05, client.close).start()

    client = BuildkiteClient(
        "acme", token="t", base_url=api.url, timeout=None, retry=Retry(base=1e300, maximum=1e300), on_event=close
    )
    with pytest.raises(ClientClosed):
        client.builds.get("web", 1)


@pytest.mark.parametrize(
    "make",
    [
        lambda seconds: Budget(max_wait=seconds),
        lambda seconds: Retry(base=seconds),
        lambda seconds: CircuitBreaker(open_for=seconds),
        lambda seconds: Cache(pipelines=seconds),
        lambda seconds: ConnectionLimits(keepalive_expiry=seconds),
        lambda seconds: TransferRate(bytes=1, seconds=seconds),
        lambda seconds: RedisStore("redis://127.0.0.1:1", retry_after=seconds),
        lambda seconds: BuildkiteClient("acme", token="t", timeout=seconds),
    ],
)
@pytest.mark.parametrize("digits", [400, 5000])
def test_seconds_of_too_many_digits_are_refused(make: Callable[[int], object], digits: int) -> None:
    with pytest.raises(ConfigurationError, match=r"\w+=an? .*: give seconds"):
        make(10**digits)


def test_a_wait_for_seconds_of_too_many_digits_is_refused() -> None:
    with BuildkiteClient("acme", token="t") as client, pytest.raises(ValueError, match=r"^timeout=an int of .* bits"):
        client.builds.wait("web", 1, timeout=10**400)
