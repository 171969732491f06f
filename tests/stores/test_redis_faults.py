"""A Redis that answers oddly, slowly or wrongly, or that holds what no client has written: no call fails or hangs by it."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from buildkite_ext import AsyncBuildkiteClient, Cache, RedisStore, ResponseLost, StoreRecovered, StoreUnavailable
from tests.webhooks.redis.server import RedisServer

from .test_redis import blocking, build, fails, store_of, told, until


@pytest.fixture
def fake_redis() -> Iterator[Callable[[Callable[[socket.socket, bytes], None]], str]]:
    """Start a server that answers each command by a function, and return its URL."""
    listeners: list[socket.socket] = []

    def start(answer: Callable[[socket.socket, bytes], None]) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def serve(connection: socket.socket) -> None:
            with suppress(OSError), connection:
                while command := connection.recv(65536):
                    answer(connection, command)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    threading.Thread(target=serve, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        return f"redis://127.0.0.1:{listener.getsockname()[1]}?protocol=2"

    yield start
    for each in listeners:
        each.shutdown(socket.SHUT_RDWR)
        each.close()


def well(connection: socket.socket, command: bytes) -> None:
    """Answer the commands of a new connection, and PING."""
    count = command.count(b"CLIENT")
    connection.sendall(b"+PONG\r\n" if b"PING" in command else b"+OK\r\n" * (count or 1))


def test_a_redis_that_answers_byte_by_byte_is_waited_for_no_longer_than_the_timeout(fake_redis: Any) -> None:
    sent: list[float] = []
    ended = threading.Event()

    def drip(connection: socket.socket, command: bytes) -> None:
        if b"EVAL" not in command:
            well(connection, command)
            return
        for byte in b"*1\r\n$1000000\r\n" + b"x" * 1000:
            connection.sendall(bytes([byte]))
            sent.append(time.monotonic())
            if ended.wait(0.02):
                return

    events: list[Any] = []
    api = blocking(RedisStore(fake_redis(drip), timeout=0.2, retry_after=600), on_event=events.append)
    assert fails(api, 3) == ["ok"] * 3
    assert told(events) == [StoreUnavailable]
    assert 1 < len(sent) < 500  # the drip would have taken 20 s
    ended.set()


@pytest.mark.parametrize(
    "wrong",
    [
        b"$-1\r\n",
        b":1\r\n",
        b"*0\r\n",
        b"+\xff\xfe\r\n",
        b"-ERR what\r\n",
        b"HTTP/1.1 400\r\n\r\n",
        b"*1\r\n+PONG\r\n",
        b"",
    ],
    ids=str,
)
def test_a_ping_that_is_answered_wrongly_is_asked_again_until_it_is_answered(fake_redis: Any, wrong: bytes) -> None:
    """Whatever answers: Redis is found again as soon as it is there."""
    pings, is_well = [], threading.Event()

    def answer(connection: socket.socket, command: bytes) -> None:
        if b"PING" in command and not is_well.is_set():
            pings.append(1)
            if not wrong:
                connection.close()
            connection.sendall(wrong)
        elif b"EVAL" in command:
            connection.sendall(b"-ERR no scripts here\r\n")
        else:
            well(connection, command)

    events: list[Any] = []
    api = blocking(RedisStore(fake_redis(answer), timeout=0.1, retry_after=0.01), on_event=events.append)

    def asked_again() -> bool:
        assert fails(api) == ["ok"]
        return len(pings) >= 3

    until(asked_again)
    assert told(events) == [StoreUnavailable]
    is_well.set()

    def found() -> bool:
        assert fails(api) == ["ok"]
        return StoreRecovered in told(events)

    until(found)


@pytest.mark.parametrize("wrong", [b":1\r\n", b"$-1\r\n", b"*1\r\n$1\r\nx\r\n", b"*2\r\n$3\r\nnan\r\n:1\r\n"], ids=str)
def test_scripts_that_are_answered_wrongly_fail_no_call(fake_redis: Any, wrong: bytes) -> None:
    def answer(connection: socket.socket, command: bytes) -> None:
        if b"EVAL" in command:
            connection.sendall(wrong)
        else:
            well(connection, command)

    api = blocking(RedisStore(fake_redis(answer), timeout=5.0, share_cache=True), cache=Cache())
    assert fails(api, 3) == ["ok"] * 3


ODD = {
    "not a number": "many",
    "no whole number": "1.5",
    "infinite": "inf",
    "nan": "nan",
    "huge": "1e300",
    "not UTF-8": b"\xff\xfe\x00",
    "empty": "",
}


@pytest.mark.parametrize(("name", "decodes"), [*((name, False) for name in ODD), ("not UTF-8", True)])
def test_odd_values_in_redis_are_taken_as_none(
    url: str, name: str, decodes: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """Each field of each key is set to it, one after the other."""
    odd = ODD[name]
    with redis.Redis.from_url(url) as other, redis.Redis.from_url(url, decode_responses=decodes) as client:
        answers = iter([200, 500] * 1000)
        api = blocking(RedisStore(client, share_cache=True), lambda _: build(status=next(answers)), cache=Cache())
        ends: set[str] = set(fails(api, 2))
        keys = [key for key in other.scan_iter() if other.type(key) == b"hash"]
        assert len(keys) >= 4
        for key in keys:
            for field in other.hkeys(key):
                other.hset(key, field, odd)
                ends.update(fails(api))
        for key in list(other.scan_iter("*flights*")):
            other.rpush(key, odd)
            ends.update(fails(api, 2))
        assert ends <= {"ok", "ServerError", "CircuitOpen"}  # 1.5 is a time at which it may have opened
        warnings = [record.message for record in caplog.records if "<redis client>" in record.message]
        assert len([each for each in warnings if "isn't the state of clients" in each]) == len(warnings) <= 1


@pytest.mark.parametrize("kind", ["text", "list", "set", "zset", "hash", "stream"])
def test_keys_of_another_type_are_taken_as_none_and_told_once(
    url: str, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    put: dict[str, Callable[[Any, bytes], object]] = {
        "text": lambda client, key: client.set(key, "x"),
        "list": lambda client, key: client.rpush(key, "x", "y"),
        "set": lambda client, key: client.sadd(key, "x"),
        "zset": lambda client, key: client.zadd(key, {"x": 1}),
        "hash": lambda client, key: client.hset(key, "x", "y"),
        "stream": lambda client, key: client.xadd(key, {"x": "y"}),
    }
    answers = iter([200, 500] * 1000)
    api = blocking(
        store_of(url, share_cache=True), lambda _: build(status=next(answers), remaining=900, limit=1000), cache=Cache()
    )
    ends = set(fails(api, 2))
    with redis.Redis.from_url(url) as client:
        keys = list(client.scan_iter())
        assert len(keys) >= 4
        for key in [*keys, *(key.replace(b":window:", b":flights:") for key in keys if b":window:" in key)]:
            client.delete(key)
            put[kind](client, key)
            ends.update(fails(api, 3))
        assert ends <= {"ok", "ServerError"}
        assert [record.levelname for record in caplog.records if "isn't the state" in record.message] == ["WARNING"]
        assert not [record for record in caplog.records if "until it does" in record.message]
        fails(api, 1)
        assert client.type(next(client.scan_iter("*window:user*"))) == b"hash"  # Redis is used again


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.binary(max_size=8) | st.sampled_from([b"-1", b"0", b"-0", b"1e9", b"0x1p9", b"-inf"]), min_size=9, max_size=9
    )
)
def test_any_values_in_redis_fail_no_call(url: str, values: list[bytes]) -> None:
    with redis.Redis.from_url(url) as client:
        client.flushall()
        api = blocking(RedisStore(client), timeout=60)
        names = ["limit", "remaining", "ends", "opened", "silent", "background", "scope", "saved_at"]
        limits = api._requester._budget.limits()
        for limit in (limits.organization, limits.user):
            client.hset(f"{{buildkite}}:window:{limit}", mapping=dict(zip(names, values, strict=False)))
            client.rpush(f"{{buildkite}}:flights:{limit}", values[-1])
        names = ["failures", "opened_at", "probe_ends", "epoch", "saved_at"]
        client.hset(
            "{buildkite}:circuit:acme at https://api.buildkite.com", mapping=dict(zip(names, values, strict=False))
        )
        # What is a time may be one that is to be waited for.
        assert set(fails(api.with_options(timeout=0.001), 3)) <= {"ok", "DeadlineExceeded", "CircuitOpen"}


# --- What is admitted ahead ---------------------------------------------------------------------------------------------


def lots(_: httpx.Request) -> httpx.Response:
    return build(remaining=900, limit=1000)


def test_a_client_that_is_closed_gives_back_what_was_admitted_ahead(url: str) -> None:
    store = store_of(url, lot=20)
    with blocking(store, lots) as api:
        fails(api, 2)
        with redis.Redis.from_url(url) as client:
            assert {client.llen(key) for key in client.scan_iter("*flights*")} == {19}
    with redis.Redis.from_url(url) as client:
        assert list(client.scan_iter("*flights*")) == []


def test_a_process_that_ends_gives_back_what_was_admitted_ahead(url: str) -> None:
    program = f"""
import httpx
from buildkite_ext import BuildkiteClient, RedisStore
headers = {{f"RateLimit-{{kind}}{{name}}": str(value) for kind in ("", "User-")
           for name, value in dict(Limit=1000, Remaining=900, Reset=60).items()}}
answer = lambda _: httpx.Response(200, json={{"id": "1", "number": 1}}, headers=headers)
store = RedisStore({url!r}, timeout=20, lot=20)
api = BuildkiteClient("acme", token="t", transport=httpx.MockTransport(answer), store=store)
for _ in range(2):
    api.builds.get("web", 1)
print(sum(map(len, store._leases.values())))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False)
    assert (done.stdout, done.stderr) == ("19\n", "")
    with redis.Redis.from_url(url) as client:
        assert list(client.scan_iter("*flights*")) == []


def _refuse_threads(patch: pytest.MonkeyPatch, name: str) -> None:
    """Have threads of a name not start, as in a container with a limit on processes."""
    start = threading.Thread.start

    def refused(thread: threading.Thread) -> None:
        if thread.name == name:
            raise RuntimeError("can't start new thread")
        start(thread)

    patch.setattr(threading.Thread, "start", refused)


@pytest.mark.parametrize("first", [True, False], ids=["at the first call", "later"])
def test_a_system_without_room_for_a_thread_is_as_a_redis_that_is_away(
    shared_server: RedisServer, tmp_path: Path, first: bool
) -> None:
    """Redis is used again when there is room."""
    events: list[Any] = []
    socket_ = tmp_path / "redis.sock"
    client = blocking(RedisStore(f"unix://{socket_}", timeout=20, retry_after=0.001), on_event=events.append)
    if not first:
        assert fails(client) == ["ok"]
    socket_.symlink_to(shared_server.socket)
    with pytest.MonkeyPatch.context() as patch:
        _refuse_threads(patch, "buildkite-redis-look")
        for _ in range(3):
            time.sleep(0.002)
            assert fails(client) == ["ok"]
    assert told(events) == [StoreUnavailable]
    until(lambda: fails(client) == ["ok"] and told(events) == [StoreUnavailable, StoreRecovered])


def test_what_redis_is_told_in_the_background_waits_until_there_is_room_for_a_thread(
    url: str, shared_server: RedisServer
) -> None:
    async def lose(api: AsyncBuildkiteClient) -> None:
        with pytest.raises(ResponseLost):
            await api.builds.get("web", 1)

    def lost(_: httpx.Request) -> httpx.Response:
        raise httpx.ReadError("gone")

    async def main() -> None:
        store = RedisStore(url, timeout=20)
        async with AsyncBuildkiteClient(
            "acme", token="t", store=store, transport=httpx.MockTransport(lost), retry=None
        ) as api:
            with pytest.MonkeyPatch.context() as patch:
                _refuse_threads(patch, "buildkite-redis-notes")
                await lose(api)
            await lose(api)

    asyncio.run(main())

    def flights() -> int:
        with shared_server.client() as client:
            return len(client.keys("*flights*"))

    until(lambda: not flights())
