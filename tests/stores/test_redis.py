"""Clients of several processes that share a store in Redis, against a real redis-server."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import redis
import redis.asyncio
import trio

from buildkite_ext import (
    AsyncBuildkiteClient,
    Budget,
    BuildkiteClient,
    CircuitBreaker,
    CircuitChanged,
    CircuitOpen,
    ConfigurationError,
    RedisStore,
    Retry,
    StoreRecovered,
    StoreUnavailable,
    errors,
)
from buildkite_ext._sync import run as _run
from buildkite_ext.runtime import BlockingRuntime
from buildkite_ext.simulation import Simulator
from buildkite_ext.stores.circuits import PROBE_LEASE
from buildkite_ext.stores.limits import Limits, Observation, Reported
from tests.core.fakes import FakeClock
from tests.transport.virtual_time import TrioClock, client, run, simulated
from tests.webhooks.redis.server import RedisServer
from tests.webhooks.redis.topologies import a_cluster, a_server_with, a_server_with_tls

from .proxy import Proxy

TRIP = 0.15
ONCE = Retry(attempts=1)


def store_of(url: str, **options: Any) -> RedisStore:
    """Return a store that waits long enough for a busy machine."""
    return RedisStore(url, **{"timeout": 20.0, **options})


def virtual_store(url: str, *, lot: int = 1) -> RedisStore:
    """Return a store in virtual time."""
    clock = TrioClock()
    return store_of(url, lot=lot, clock=lambda: 10_000 + clock.monotonic())


def shared_by(simulator: Simulator, url: str, clients: int, **options: Any) -> list[Any]:
    """Return async clients in virtual time, each of which has a store as if it were a process of its own."""
    return [client(simulator, store=virtual_store(url), **options) for _ in range(clients)]


@pytest.fixture
def proxy(shared_server: RedisServer, url: str) -> Iterator[Proxy]:
    proxy = Proxy(shared_server.socket)
    yield proxy
    proxy.close()


def until(condition: Callable[[], bool], *, seconds: float = 60) -> None:
    """Wait until something has happened on another thread."""
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.005)


def blocking(store: RedisStore, answer: Any = None, **options: Any) -> BuildkiteClient:
    """Return a blocking client in real time, whose requests a function answers."""
    return BuildkiteClient(
        "acme",
        token="bkua_0123",
        transport=httpx.MockTransport(answer or (lambda _: build())),
        store=store,
        **{"retry": ONCE, **options},
    )


def build(remaining: int = 40, reset: int = 60, limit: int = 50, status: int = 200) -> httpx.Response:
    headers = {"Limit": str(limit), "Remaining": str(remaining), "Reset": str(reset)}
    return httpx.Response(
        status,
        headers={f"RateLimit-{kind}{name}": value for kind in ("", "User-") for name, value in headers.items()},
        json={"id": "1", "number": 1},
    )


def told(events: list[Any]) -> list[type]:
    """Return the classes of the events that tell of the store."""
    return [type(event) for event in events if isinstance(event, StoreUnavailable | StoreRecovered)]


# --- Limits -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lot", [1, 5])
@pytest.mark.parametrize("used", [0, 37], ids=["fresh", "a part of it used"])
def test_four_clients_finish_their_calls_as_soon_as_the_limits_permit(url: str, used: int, lot: int) -> None:
    async def main() -> tuple[float, float, list[int]]:
        simulator = simulated(rate_limit=200, user_rate_limit=50)
        other, _ = client(simulator, budget=None)
        for _ in range(used):
            await other.builds.get("web", 1)
        await trio.sleep(13)
        stores = [virtual_store(url, lot=lot) for _ in range(4)]
        clients = [client(simulator, store=store) for store in stores]
        began, left = trio.current_time(), iter(range(300))

        async def work(api: AsyncBuildkiteClient) -> None:
            for number in left:
                if number % 3:
                    await api.builds.get("web", 1)
                else:
                    await api.pipelines.get("web")

        async def process(api: AsyncBuildkiteClient, store: RedisStore) -> None:
            async with trio.open_nursery() as workers:
                for _ in range(5):
                    workers.start_soon(work, api)
            store.close()  # what was admitted ahead is given back: in virtual time nothing else does it

        async with trio.open_nursery() as nursery:
            for (api, _), store in zip(clients, stores, strict=True):
                nursery.start_soon(process, api, store)
        least = (300 + used - 1) // 50 * 60 - (began - 1000 if used else 0.0)
        return trio.current_time() - began, least, [each for _, sent in clients for each in sent.statuses]

    taken, least, statuses = run(main)
    assert statuses == [200] * 300
    assert least <= taken <= 1.02 * least + 2 * TRIP


def test_another_process_opens_the_window_and_its_answer_is_soon_noticed(url: str) -> None:
    async def main() -> tuple[float, int]:
        simulator = simulated(rate_limit=200, user_rate_limit=50)
        clients = shared_by(simulator, url, 10, round_trip=0.4)
        began = trio.current_time()
        async with trio.open_nursery() as nursery:
            for api, _ in clients:
                nursery.start_soon(api.builds.get, "web", 1)
        return trio.current_time() - began, len(simulator.requests)

    taken, requests = run(main)
    assert requests == 10
    assert 0.8 <= taken <= 0.8 + 0.16


def test_what_a_process_that_died_had_on_its_way_holds_the_limit_for_a_minute_at_most(url: str) -> None:
    async def main() -> tuple[float, float]:
        simulator = simulated(rate_limit=200, user_rate_limit=50)
        (dying, _), (api, _) = shared_by(simulator, url, 2)
        clock = TrioClock()
        limits = dying._requester._budget.limits("acme")
        await dying.builds.get("web", 1)
        store = store_of(url, clock=lambda: 10_000 + clock.monotonic())
        for _ in range(49):  # requests that never end
            assert await store.admit(limits, Budget(), "foreground", dying._requester.runtime) is None
        taken = []
        for _ in range(2):
            began = trio.current_time()
            await api.builds.get("web", 1)
            taken.append(trio.current_time() - began)
        return taken[0], taken[1]

    first, second = run(main)
    assert 59 <= first <= 61
    assert second == pytest.approx(TRIP)


def test_an_opener_that_died_is_replaced_after_five_seconds(url: str) -> None:
    async def main() -> float:
        simulator = simulated()
        (dead, _), (api, _) = shared_by(simulator, url, 2)
        limits = dead._requester._budget.limits("acme")
        clock = TrioClock()
        store = store_of(url, clock=lambda: 10_000 + clock.monotonic())
        assert await store.admit(limits, Budget(), "foreground", dead._requester.runtime) is None
        began = trio.current_time()
        await api.builds.get("web", 1)
        return trio.current_time() - began

    assert 5 <= run(main) <= 5.4


def test_what_another_process_used_is_told(url: str) -> None:
    one, other = (blocking(store_of(url), lambda _: build(remaining=7)) for _ in range(2))
    one.builds.get("web", 1)
    other.builds.get("web", 1)
    assert (other.budget.user.limit, other.budget.user.remaining) == (50, 7)
    assert one.budget.user.remaining == 7
    assert one.budget.user.reset == pytest.approx(60, abs=30)


def test_each_key_expires_and_is_in_one_slot(url: str) -> None:
    store = store_of(url, prefix="ci")
    answers = iter([build(), build(status=500), build()])
    api = blocking(store, lambda _: next(answers))
    api.builds.get("web", 1)
    with pytest.raises(errors.ServerError):
        api.builds.get("web", 1)
    with redis.Redis.from_url(url) as client:
        keys = list(client.scan_iter())
        assert {key.split(b":")[0] for key in keys} == {b"{ci}"}
        assert {key.split(b":")[1] for key in keys} == {b"window", b"circuit", b"tokens"}
        assert all(0 < client.ttl(key) <= 7200 for key in keys)


def test_a_cluster_serves() -> None:
    with a_cluster() as port:
        cluster = redis.RedisCluster(host="127.0.0.1", port=port)
        api = blocking(RedisStore(cluster), lambda _: build(remaining=3))
        api.builds.get("web", 1)
        assert api.budget.user.remaining == 3
        cluster.close()


# --- Circuits -----------------------------------------------------------------------------------------------------------


def down(_: httpx.Request) -> httpx.Response:
    return build(status=500)


def cut(_: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("no route")


def fails(api: BuildkiteClient, times: int = 1) -> list[str]:
    ends = []
    for _ in range(times):
        try:
            api.builds.get("web", 1)
            ends.append("ok")
        except errors.BuildkiteError as error:
            ends.append(type(error).__name__)
    return ends


@pytest.mark.parametrize("budget", [Budget(), None], ids=["with a budget", "without"])
def test_answers_that_fail_open_the_circuit_of_all_processes(url: str, budget: Budget | None) -> None:
    events: list[Any] = []
    one = blocking(store_of(url), down, budget=budget, on_event=events.append)
    other = blocking(store_of(url), down, budget=budget)
    assert "CircuitOpen" not in fails(one, 3) + fails(other, 1) + fails(one, 1)
    sent: list[int] = []
    third = blocking(store_of(url), lambda _: sent.append(1) or build(), budget=budget)
    assert fails(third, 2) + fails(one, 1) == ["CircuitOpen"] * 3
    assert sent == []
    assert [(event.before, event.after) for event in events if isinstance(event, CircuitChanged)] == [
        ("closed", "open")
    ]


def test_lost_connections_of_one_machine_open_no_circuit_of_the_others(url: str) -> None:
    one, other = blocking(store_of(url), cut), blocking(store_of(url))
    assert "CircuitOpen" not in fails(one, 5)
    assert fails(one, 1) == ["CircuitOpen"]
    assert fails(other, 3) == ["ok"] * 3


def test_a_success_of_any_process_ends_the_failures_in_a_row(url: str) -> None:
    one, other = blocking(store_of(url), down), blocking(store_of(url))
    for _ in range(4):
        assert "CircuitOpen" not in fails(one, 4)
        assert fails(other, 1) == ["ok"]


def test_one_process_probes_for_all(url: str) -> None:
    async def main() -> tuple[list[str], int]:
        simulator = simulated()
        clients = shared_by(simulator, url, 6, retry=ONCE)
        simulator.fail_next(status=500, times=5)
        ends: list[str] = []

        async def get(api: AsyncBuildkiteClient) -> None:
            try:
                await api.builds.get("web", 1)
                ends.append("ok")
            except errors.BuildkiteError as error:
                ends.append(type(error).__name__)

        for api, _ in clients[:5]:
            await get(api)
        await trio.sleep(30)
        ends.clear()
        before = len(simulator.requests)
        async with trio.open_nursery() as nursery:
            for api, _ in clients:
                nursery.start_soon(get, api)
        probes = len(simulator.requests) - before
        await trio.sleep(1)
        for api, _ in clients:
            await get(api)
        return ends, probes

    ends, probes = run(main)
    assert probes == 1
    assert sorted(ends[:6]) == ["CircuitOpen"] * 5 + ["ok"]
    assert ends[6:] == ["ok"] * 6


def test_a_probe_that_meets_a_429_lets_all_processes_go_on_while_it_waits(url: str) -> None:
    clock, ends = FakeClock(), []

    def answer(_: httpx.Request) -> httpx.Response:
        status = statuses.pop(0)
        if status == 200:
            ends.extend(fails(other, 2))
        return build(status=status)

    statuses = [500] * 5 + [429, 200]
    one, other = (
        blocking(store_of(url, clock=clock.monotonic), each, clock=clock, budget=None, retry=Retry(attempts=2))
        for each in (answer, lambda _: build())
    )
    assert fails(one.with_options(retry=ONCE), 5) == ["ServerError"] * 5
    clock.advance(30)
    assert fails(one) == ["ok"]
    assert ends == ["ok"] * 2


@pytest.mark.parametrize(("how", "lease"), [("cancelled", 0.0), ("died", PROBE_LEASE), ("died", 11.0)])
def test_a_probe_that_never_reports_is_replaced(url: str, how: str, lease: float) -> None:
    async def main() -> float:
        simulator = simulated()
        (one, _), (other, _) = shared_by(simulator, url, 2, retry=ONCE)
        simulator.fail_next(status=500, times=5)
        for _ in range(5):
            with pytest.raises(errors.ServerError):
                await one.builds.get("web", 1)
        await trio.sleep(30)
        if how == "cancelled":
            with trio.move_on_after(0.01):
                await one.builds.get("web", 1)
        else:
            permit = await one.options.store.permit(  # type: ignore[union-attr]
                "acme at https://api.buildkite.test", one.options.breaker, one._requester.runtime, probe_for=lease
            )
            assert permit.probe
        began = trio.current_time()
        while True:
            try:
                await other.builds.get("web", 1)
            except CircuitOpen as refused:
                await trio.sleep(refused.retry_after)
            else:
                return trio.current_time() - began

    waited = run(main)
    assert waited == pytest.approx(TRIP) if how == "cancelled" else lease <= waited <= lease + 2


# --- Round trips --------------------------------------------------------------------------------------------------------


def test_a_request_costs_two_round_trips(proxy: Proxy) -> None:
    api = blocking(store_of(proxy.url))
    api.builds.get("web", 1)  # connects, and sends the scripts
    before = proxy.round_trips
    for _ in range(10):
        api.builds.get("web", 1)
    assert proxy.round_trips - before == 20
    other = blocking(store_of(proxy.url))
    other.budget.user  # noqa: B018  # asks nothing
    assert proxy.round_trips - before == 20


def test_a_request_costs_one_round_trip_where_redis_admits_several_at_once(proxy: Proxy) -> None:
    api = blocking(store_of(proxy.url, lot=5), lambda _: build(remaining=900, limit=1000))
    for _ in range(2):
        api.builds.get("web", 1)
    before, began = proxy.round_trips, time.monotonic()
    for _ in range(30):
        api.builds.get("web", 1)
    # What isn't sent within a second is given back, and asked for again.
    assert proxy.round_trips - before <= 30 + 3 * (1 + time.monotonic() - began)


def test_what_is_admitted_ahead_and_not_sent_is_given_back(url: str) -> None:
    store = store_of(url, lot=5)
    api = blocking(store, lambda _: build(remaining=900, limit=1000))
    api.builds.get("web", 1)
    api.builds.get("web", 1)
    with redis.Redis.from_url(url) as client:
        flights = [key for key in client.scan_iter() if b"flights" in key]
        assert {client.llen(key) for key in flights} == {4}
        until(lambda: not any(client.llen(key) for key in flights))
        api.builds.get("web", 1)
        store.close()
        assert not any(client.llen(key) for key in flights)


def test_it_is_given_back_also_after_a_time_without_room_for_a_thread(url: str) -> None:
    store = store_of(url, lot=5)
    api = blocking(store, lambda _: build(remaining=900, limit=1000))

    def refused(_: threading.Timer) -> None:
        raise RuntimeError("can't start new thread")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(threading.Timer, "start", refused)
        api.builds.get("web", 1)
        api.builds.get("web", 1)
    for _ in range(5):  # until a lot is admitted anew
        api.builds.get("web", 1)
    with redis.Redis.from_url(url) as client:
        flights = [key for key in client.scan_iter() if b"flights" in key]
        assert any(client.llen(key) for key in flights)
        until(lambda: not any(client.llen(key) for key in flights), seconds=30)  # Redis forgets it in 60 s
    store.close()


@pytest.mark.parametrize(
    "options", [{"budget": Budget(reserve=960)}, {"priority": "background"}], ids=["no room", "background"]
)
def test_nothing_is_admitted_ahead_without_plenty_of_room_or_in_the_background(url: str, options: Any) -> None:
    api = blocking(store_of(url, lot=5), lambda _: build(remaining=969, limit=1000, reset=1), **options)
    api.builds.get("web", 1)
    with redis.Redis.from_url(url) as client:
        assert not any(b"flights" in key for key in client.scan_iter())


@pytest.mark.parametrize("lot", [0, 21, 1.5, True, "5"])
def test_a_lot_that_can_t_be_used_is_refused(url: str, lot: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"^lot=.*1 to 20"):
        RedisStore(url, lot=lot)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_an_async_request_costs_two_as_well(proxy: Proxy, backend: str) -> None:
    import anyio

    async def main() -> None:
        api = AsyncBuildkiteClient(
            "acme",
            token="bkua_0123",
            transport=httpx.MockTransport(lambda _: build()),
            store=store_of(proxy.url),
        )
        await api.builds.get("web", 1)
        before = proxy.round_trips
        for _ in range(10):
            await api.builds.get("web", 1)
        assert proxy.round_trips - before == 20

    anyio.run(main, backend=backend)


def test_only_a_failure_is_reported_and_the_success_after_it(proxy: Proxy) -> None:
    statuses = [200, 500, 200]  # Redis gets each script once
    answers = iter([*statuses, 200, 500, 500, 200, 200])
    api = blocking(store_of(proxy.url), lambda _: build(status=next(answers)))
    fails(api, 3)
    trips = []
    for _ in range(5):
        before = proxy.round_trips
        fails(api)
        trips.append(proxy.round_trips - before)
    assert trips == [2, 3, 3, 3, 2]


def test_an_open_circuit_is_looked_at_once_a_second_at_most(proxy: Proxy) -> None:
    api = blocking(store_of(proxy.url), down)
    fails(api, 6)
    before = proxy.round_trips
    began = time.monotonic()
    assert fails(api, 50) == ["CircuitOpen"] * 50
    assert proxy.round_trips - before <= 2 * (1 + time.monotonic() - began)


# --- Outages ------------------------------------------------------------------------------------------------------------


def test_redis_killed_and_restarted_in_the_middle_fails_no_call(
    own_server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    events: list[Any] = []
    store = store_of(own_server.url, retry_after=0.01)
    api = blocking(store, on_event=events.append)
    assert fails(api, 3) == ["ok"] * 3
    own_server.stop()
    with caplog.at_level(logging.INFO, logger="buildkite_ext"):
        assert fails(api, 5) == ["ok"] * 5
        own_server.start()

        def back() -> bool:
            assert fails(api) == ["ok"]
            return any(isinstance(event, StoreRecovered) for event in events)

        until(back)
    assert told(events) == [StoreUnavailable, StoreRecovered]
    assert {event.store for event in events if hasattr(event, "store")} == {own_server.url}
    assert [record.levelname for record in caplog.records if "Redis" in record.message or "unix" in record.message] == [
        "WARNING",
        "INFO",
    ]
    with own_server.client() as client:
        assert fails(api) == ["ok"]
        assert client.keys("*window*")


def test_without_redis_the_limits_of_this_process_hold_still() -> None:
    async def main() -> tuple[float, list[int]]:
        simulator = simulated(rate_limit=200, user_rate_limit=10)
        api, sent = client(simulator, store=RedisStore("unix:///nowhere/redis.sock"))
        began = trio.current_time()
        async with trio.open_nursery() as nursery:
            for _ in range(25):
                nursery.start_soon(api.builds.get, "web", 1)
        return trio.current_time() - began, sent.statuses

    taken, statuses = run(main)
    assert statuses == [200] * 25
    assert 120 <= taken <= 122


def test_without_redis_failed_calls_open_the_circuit_of_this_process() -> None:
    api = blocking(RedisStore("unix:///nowhere/redis.sock"), down)
    assert fails(api, 7) == ["ServerError"] * 5 + ["CircuitOpen"] * 2


def test_a_redis_that_does_not_answer_is_waited_for_once(proxy: Proxy) -> None:
    """The answers of Redis are held back. Only the first call waits for the timeout, and the background looks for Redis."""
    events: list[Any] = []
    api = blocking(RedisStore(proxy.url, timeout=0.2, retry_after=0.01), on_event=events.append)
    # On a busy machine even an answer that isn't held back may come too late.
    until(lambda: fails(api) == ["ok"] and told(events)[-1:] != [StoreUnavailable])
    events.clear()
    proxy.open.clear()
    assert fails(api, 20) == ["ok"] * 20
    assert told(events) == [StoreUnavailable]
    assert "imed out" in events[0].reason or "imeout" in events[0].reason
    proxy.open.set()

    def back() -> bool:
        assert fails(api) == ["ok"]
        return told(events)[-1] is StoreRecovered

    until(back)


def test_what_was_admitted_without_redis_is_not_taken_from_what_redis_counts(own_server: RedisServer) -> None:
    """A request begins while Redis is away, and ends after it has come back."""
    store = store_of(own_server.url, retry_after=0.01)
    inside, go_on = threading.Event(), threading.Event()

    def slow(_: httpx.Request) -> httpx.Response:
        inside.set()
        assert go_on.wait(60)
        return build()

    api, other = blocking(store, slow), blocking(store)
    other.builds.get("web", 1)
    own_server.stop()
    thread = threading.Thread(target=fails, args=(api,))
    thread.start()
    assert inside.wait(60)
    own_server.start()
    with own_server.client() as client:

        def counted() -> bool:
            other.builds.get("web", 1)
            return bool(client.keys("*window*"))

        until(counted)
        limits = other._requester._budget.limits("acme")
        flights = f"{{buildkite}}:flights:{limits.user}"
        client.lpush(flights, f"{time.time()}")  # a request of another process
        go_on.set()
        thread.join(60)
        assert client.llen(flights) == 1


# --- Settings -----------------------------------------------------------------------------------------------------------


def test_a_wrong_password_is_said_at_the_first_call() -> None:
    with a_server_with() as url:
        with redis.Redis.from_url(url) as client:
            client.config_set("requirepass", "right")
        api = blocking(store_of(url.replace("redis://", "redis://:wrong@")))
        for _ in range(2):
            with pytest.raises(
                ConfigurationError, match=r"can't be used as the store: .*Check its URL, its password"
            ) as refused:
                api.builds.get("web", 1)
            assert "wrong@" not in str(refused.value)
        right = blocking(store_of(url.replace("redis://", "redis://:right@")))
        assert fails(right) == ["ok"]


def test_a_password_that_is_refused_later_ends_no_call(own_server: RedisServer) -> None:
    """Its request may have been sent: the build would be created twice."""
    own_server.stop()
    api = blocking(store_of(own_server.url, retry_after=0.01))
    assert fails(api) == ["ok"]
    own_server.start()
    with own_server.client() as client:
        client.config_set("requirepass", "right")
        before = client.info("stats")["total_connections_received"]

        def refused_twice() -> bool:
            assert fails(api, 3) == ["ok"] * 3
            return client.info("stats")["total_connections_received"] >= before + 2

        until(refused_twice)
        assert fails(api, 3) == ["ok"] * 3


def test_a_certificate_that_cannot_be_verified_is_said_at_the_first_call() -> None:
    with (
        a_server_with_tls() as port,
        pytest.raises(ConfigurationError, match="CERTIFICATE_VERIFY_FAILED"),
    ):
        blocking(store_of(f"rediss://127.0.0.1:{port}")).builds.get("web", 1)


def test_valkey_is_an_alias() -> None:
    with a_server_with() as url:
        api = blocking(store_of(url.replace("redis://", "valkey://")), lambda _: build(remaining=3))
        api.builds.get("web", 1)
        with redis.Redis.from_url(url) as client:
            assert client.keys("*window*")


@pytest.mark.parametrize("url", ["hunter2", "http://:hunter2@host", "redis://host:hunter2/0"])
def test_an_invalid_url_is_refused_without_quoting_it(url: str) -> None:
    with pytest.raises(ConfigurationError, match="redis://") as refused:
        RedisStore(url)
    assert "hunter2" not in str(refused.value)


def test_an_async_client_is_refused() -> None:
    with pytest.raises(
        ConfigurationError, match=r"must be a URL, a redis\.Redis or a redis\.RedisCluster, not redis\.asyncio"
    ):
        RedisStore(redis.asyncio.Redis())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "wrong",
    [{"timeout": 0}, {"timeout": "1"}, {"retry_after": -1}, {"retry_after": True}, {"prefix": ""}, {"prefix": "{ci}"}],
    ids=str,
)
def test_arguments_that_cannot_be_used_are_refused(wrong: dict[str, Any]) -> None:
    (name,) = wrong
    with pytest.raises(ConfigurationError, match=f"^{name}="):
        RedisStore("redis://localhost", **wrong)


def test_without_the_extra_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'buildkite-ext\[redis\]'"):
        RedisStore("redis://localhost")


def test_importing_the_package_does_not_import_redis() -> None:
    program = "import sys, buildkite_ext; buildkite_ext.RedisStore; sys.exit('redis' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_client_of_the_users_that_decodes_serves(url: str) -> None:
    with redis.Redis.from_url(url, decode_responses=True) as client:
        api = blocking(RedisStore(client), lambda _: build(remaining=3))
        api.builds.get("web", 1)
        assert api.budget.user.remaining == 3


# --- Threads, tasks and processes ---------------------------------------------------------------------------------------


@pytest.mark.anyio
async def test_a_call_that_is_cancelled_while_it_is_admitted_leaves_nothing_in_redis(
    proxy: Proxy, shared_server: RedisServer
) -> None:
    sent: list[int] = []

    async def answer(_: httpx.Request) -> httpx.Response:
        sent.append(1)
        return build()

    api = AsyncBuildkiteClient(
        "acme", token="bkua_0123", transport=httpx.MockTransport(answer), store=store_of(proxy.url)
    )
    await api.builds.get("web", 1)
    proxy.open.clear()
    call = asyncio.create_task(api.builds.get("web", 1))
    with shared_server.client() as client:
        await asyncio.to_thread(until, lambda: bool(client.keys("*flights:user*")))
        call.cancel()
        await asyncio.sleep(0)
        proxy.open.set()
        with pytest.raises(asyncio.CancelledError):
            await call
        until(lambda: not client.keys("*flights*"))
    assert sent == [1]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_request_that_is_cancelled_on_its_way_is_taken_back(
    url: str, shared_server: RedisServer, backend: str
) -> None:
    import anyio

    async def main() -> None:
        async def never(_: httpx.Request) -> httpx.Response:
            scope.cancel()
            await anyio.sleep_forever()
            raise AssertionError

        api = AsyncBuildkiteClient("acme", token="bkua_0123", transport=httpx.MockTransport(never), store=store_of(url))
        with anyio.CancelScope() as scope:
            await api.builds.get("web", 1)
        assert scope.cancelled_caught

    anyio.run(main, backend=backend)
    with shared_server.client() as client:
        until(lambda: not client.keys("*flights*"))
        assert client.keys("*window*")


def test_threads_and_tasks_of_one_store_count_each_request_once(url: str, shared_server: RedisServer) -> None:
    store = store_of(url)

    def answer(_: httpx.Request) -> httpx.Response:
        time.sleep(0.001)
        return build(remaining=10_000, limit=20_000)

    async def quick(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0.001)
        return build(remaining=10_000, limit=20_000)

    async def tasks() -> None:
        api = AsyncBuildkiteClient("acme", token="bkua_0123", transport=httpx.MockTransport(quick), store=store)
        await asyncio.gather(*(api.builds.get("web", 1) for _ in range(50)))

    workers = [
        *(threading.Thread(target=fails, args=(blocking(store, answer), 20)) for _ in range(4)),
        threading.Thread(target=asyncio.run, args=(tasks(),)),
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    with shared_server.client() as client:
        assert not client.keys("*flights*")


@pytest.mark.skipif(sys.platform == "win32", reason="has no fork")
def test_a_forked_process_uses_the_store_of_its_parent(url: str, shared_server: RedisServer) -> None:
    program = f"""
import os, httpx
from buildkite_ext import BuildkiteClient, RedisStore
answer = lambda _: httpx.Response(200, json={{"id": "1", "number": 1}}, headers={{
    "RateLimit-User-Limit": "50", "RateLimit-User-Remaining": "9", "RateLimit-User-Reset": "60"}})
store = RedisStore({url!r}, timeout=20)
def use():
    api = BuildkiteClient("acme", token="bkua_0123", transport=httpx.MockTransport(answer), store=store)
    for _ in range(20):
        api.builds.get("web", 1)
    return api.budget.user.limit
assert use() == 50
children = []
for _ in range(2):
    child = os.fork()
    if not child:
        os._exit(use())
    children.append(child)
assert use() == 50
print(*(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False)
    assert (done.stdout, done.stderr) == ("50 50\n", "")
    with shared_server.client() as client:
        assert not client.keys("*flights*")


def test_a_connection_that_takes_longer_than_the_timeout_is_waited_for_no_longer(proxy: Proxy) -> None:
    """Not even the first call waits for longer, and Redis is used as soon as it answers."""
    events: list[Any] = []
    proxy.open.clear()
    api = blocking(RedisStore(proxy.url, timeout=0.1, retry_after=0.01), on_event=events.append)
    assert fails(api, 3) == ["ok"] * 3
    assert told(events) == [StoreUnavailable]
    proxy.open.set()

    def back() -> bool:
        assert fails(api) == ["ok"]
        return told(events)[-1] is StoreRecovered

    until(back)


# --- The clock of Redis ---------------------------------------------------------------------------------------------------


class SetBack:
    """Clock of Redis that is set back, beside that of a client."""

    def __init__(self) -> None:
        self.clients = FakeClock()
        self.behind = 0.0

    def __call__(self) -> float:
        return 1e9 + self.clients.monotonic() - self.behind


BEHIND = pytest.mark.parametrize("seconds", [2.0, 600.0, 86_400.0])


@BEHIND
def test_a_clock_of_redis_that_is_set_back_makes_no_wait_for_a_limit_longer(url: str, seconds: float) -> None:
    clock, left = SetBack(), [0, 40]
    api = blocking(store_of(url, clock=clock), lambda _: build(remaining=left.pop(0)), clock=clock.clients)
    api.builds.get("web", 1)
    clock.behind = seconds
    api.builds.get("web", 1)
    assert clock.clients.sleeps == [60.5]


@BEHIND
def test_a_clock_of_redis_that_is_set_back_keeps_no_circuit_open_longer(url: str, seconds: float) -> None:
    clock, statuses = SetBack(), [500] * 5 + [200]
    api = blocking(store_of(url, clock=clock), lambda _: build(status=statuses.pop(0)), clock=clock.clients)
    for _ in range(5):
        with pytest.raises(errors.ServerError):
            api.builds.get("web", 1)
    clock.behind = seconds
    clock.clients.advance(1.5)
    with pytest.raises(CircuitOpen):
        api.builds.get("web", 1)
    clock.clients.advance(30)
    assert api.builds.get("web", 1).number == 1


@BEHIND
def test_a_clock_of_redis_that_is_set_back_lets_another_probe_follow_in_time(url: str, seconds: float) -> None:
    clock = SetBack()
    store, runtime = store_of(url, clock=clock), BlockingRuntime(clock.clients)
    for _ in range(5):
        _run(
            store.report(
                "c", _run(store.permit("c", CircuitBreaker(), runtime)), CircuitBreaker(), runtime, failed=True
            )
        )
    clock.clients.advance(30)
    assert _run(store.permit("c", CircuitBreaker(), runtime)).probe  # type: ignore[union-attr]
    clock.behind = seconds
    clock.clients.advance(PROBE_LEASE + 1)
    _run(store.permit("c", CircuitBreaker(), runtime))
    clock.clients.advance(PROBE_LEASE + 1)
    assert _run(store.permit("c", CircuitBreaker(), runtime)).probe  # type: ignore[union-attr]


@BEHIND
def test_a_clock_of_redis_that_is_set_back_counts_what_died_on_its_way_no_longer(url: str, seconds: float) -> None:
    clock, limits = SetBack(), Limits("organization", "user")
    store, runtime = store_of(url, clock=clock), BlockingRuntime(clock.clients)
    reported = Reported(50, 40, 3600.0)
    assert _run(store.admit(limits, Budget(), "foreground", runtime)) is None
    now = runtime.now()
    _run(store.answered(limits, Observation(now, now, reported, reported), runtime))
    for _ in range(3):
        assert _run(store.admit(limits, Budget(), "foreground", runtime)) is None
    clock.behind = seconds
    assert _run(store.admit(limits, Budget(), "foreground", runtime)) is None
    clock.clients.advance(61)
    assert _run(store.admit(limits, Budget(), "foreground", runtime)) is None
    assert store.limit_status("user", runtime.now()).remaining == 39
