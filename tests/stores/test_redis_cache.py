"""Answers that the clients of several processes share over a real redis-server. Each store stands for a process of its own."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import anyio
import httpx
import pytest
import redis

from buildkite_ext import AsyncBuildkiteClient, BuildkiteClient, Cache, RedisStore, Retry
from buildkite_ext._sync import run
from buildkite_ext.runtime import BlockingRuntime
from buildkite_ext.stores.entries import Change, Entries, Entry
from buildkite_ext.webhooks import parse
from tests.core.fakes import FakeClock
from tests.webhooks.redis.server import RedisServer

from .proxy import Proxy
from .test_redis import store_of, until

DONE = {"id": "b1", "state": "passed", "finished_at": "2026-01-05T10:00:00Z"}


class Api:
    """API in which all builds have finished. It counts the requests for each path."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.before: Callable[[httpx.Request], object] = lambda _: None
        """Called before a request is answered."""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/v2/organizations/acme/")
        if path != "/v2/access-token":
            self.asked.append(f"{request.method} {path}")
        self.before(request)
        if "/builds/" in path:
            return httpx.Response(200, json={**DONE, "number": int(path.split("/")[3])})
        return httpx.Response(200, json={"id": "p", "slug": "web", "description": "s3cret plans"})


class Processes:
    """Clients of several processes with one Redis and one clock."""

    def __init__(self, url: str) -> None:
        self.api, self.clock = Api(), FakeClock()
        self._url = url

    def client(self, **options: Any) -> BuildkiteClient:
        store = store_of(self._url, clock=self.clock.monotonic, share_cache=True, retry_after=0.01)
        settings = {"token": "bkua_0123", "cache": Cache(), "retry": Retry(attempts=1), "store": store, **options}
        return BuildkiteClient("acme", transport=httpx.MockTransport(self.api), clock=self.clock, **settings)

    @property
    def asked(self) -> list[str]:
        """The requests since the last look."""
        asked, self.api.asked = self.api.asked, []
        return asked


@pytest.fixture
def processes(url: str) -> Processes:
    return Processes(url)


BUILD = "GET pipelines/web/builds/7"


def test_what_one_process_has_read_another_one_finds_for_the_time_of_its_kind(processes: Processes) -> None:
    one, other = processes.client(), processes.client()
    first = one.builds.get("web", 7)
    processes.clock.advance(1799.5)
    found = other.builds.get("web", 7)
    assert found == first
    assert processes.asked == [BUILD]
    assert (other.cache.stats.hits, other.cache.stats.misses, other.cache.stats.entries) == (1, 0, 1)
    processes.clock.advance(1)
    other.builds.get("web", 7)
    assert processes.asked == [BUILD]
    one.builds.get("web", 7)
    assert processes.asked == []


@pytest.mark.parametrize("behind", [600.0, 86_400.0])
def test_a_clock_of_redis_that_is_set_back_keeps_nothing_longer(url: str, behind: float) -> None:
    api, clock, ahead = Api(), FakeClock(), [1e9]
    store = store_of(url, clock=lambda: ahead[0] + clock.monotonic(), share_cache=True)
    transport = httpx.MockTransport(api)
    one = BuildkiteClient("acme", token="bkua_0123", transport=transport, clock=clock, cache=Cache(), store=store)
    one.pipelines.get("web")
    clock.advance(200)
    one.pipelines.get("web")
    ahead[0] -= behind
    clock.advance(101)
    one.pipelines.get("web")
    assert api.asked == ["GET pipelines/web"] * 2


def test_an_answer_older_than_the_policy_of_its_reader_is_not_given(processes: Processes) -> None:
    one, other = processes.client(), processes.client(cache=Cache(pipelines=10))
    one.pipelines.get("web")
    processes.clock.advance(9.5)
    other.pipelines.get("web")
    assert len(processes.asked) == 1
    processes.clock.advance(0.5)
    other.pipelines.get("web")
    assert len(processes.asked) == 1


def test_each_token_has_its_own(processes: Processes) -> None:
    one, other = processes.client(), processes.client(token="bkua_other")
    for _ in range(2):
        one.pipelines.get("web")
        other.pipelines.get("web")
    assert processes.asked == ["GET pipelines/web"] * 2


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        (lambda api: api.builds.rebuild("web", 7), False),
        (lambda api: api.builds.cancel("web", 7), False),
        (lambda api: api.annotations.create("web", 7, "x"), False),
        (lambda api: api.cache.invalidate("web", 7), False),
        (lambda api: api.cache.invalidate("web"), False),
        (lambda api: api.cache.clear(), False),
        (
            lambda api: api.cache.handle(
                parse(
                    json.dumps(
                        {"event": "build.finished", "build": {"number": 7}, "pipeline": {"slug": "web"}}
                    ).encode()
                )
            ),
            False,
        ),
        (lambda api: api.builds.rebuild("web", 8), True),
        (lambda api: api.cache.invalidate("ios"), True),
    ],
    ids=[
        "rebuild",
        "cancel",
        "annotate",
        "invalidate",
        "pipeline",
        "clear",
        "event",
        "another build",
        "another pipeline",
    ],
)
def test_what_one_process_changes_is_dropped_for_all(processes: Processes, change: Any, kept: bool) -> None:
    one, other = processes.client(), processes.client(cache=None)
    one.builds.get("web", 7)
    change(other)
    assert processes.asked[0] == BUILD
    one.builds.get("web", 7)
    assert processes.asked == ([] if kept else [BUILD])


def test_what_a_change_reopens_is_kept_by_no_process_until_it_has_settled(processes: Processes) -> None:
    one, other = processes.client(), processes.client()
    one.builds.rebuild("web", 7)
    processes.clock.advance(29)
    for _ in range(2):
        other.builds.get("web", 7)
    assert processes.asked[1:] == [BUILD] * 2
    processes.clock.advance(2)
    for _ in range(2):
        other.builds.get("web", 7)
        one.builds.get("web", 7)
    assert processes.asked == [BUILD]


def test_an_answer_that_was_begun_before_a_change_of_another_process_is_not_kept(processes: Processes) -> None:
    one, other = processes.client(), processes.client()
    processes.api.before = lambda request: other.cache.invalidate("web", 7) if request.method == "GET" else None
    one.builds.get("web", 7)
    processes.api.before = lambda _: None
    one.builds.get("web", 7)
    other.builds.get("web", 7)
    assert processes.asked == [BUILD] * 2


def test_an_answer_that_was_begun_before_redis_lost_its_keys_is_not_kept(processes: Processes, url: str) -> None:
    one = processes.client()

    def lose(_: httpx.Request) -> None:
        one.cache.invalidate("web", 7)
        with redis.Redis.from_url(url) as client:
            client.flushall()

    processes.api.before = lose
    one.builds.get("web", 7)
    processes.api.before = lambda _: None
    one.builds.get("web", 7)
    assert processes.asked == [BUILD] * 2


@pytest.mark.parametrize("lost", ["versions", "entries", "recency"])
def test_a_key_that_redis_drops_for_want_of_memory_makes_no_answer_wrong(
    processes: Processes, url: str, lost: str
) -> None:
    one = processes.client()
    for number in (7, 8):
        one.builds.get("web", number)
    with redis.Redis.from_url(url) as client:
        assert client.delete(f"{{buildkite}}:cache:{lost}") == 1
        assert len(processes.asked) == 2
        for _ in range(2):
            one.builds.get("web", 7)
        assert processes.asked == [BUILD]
        assert one.cache.stats.entries == client.zcard("{buildkite}:cache:recency") == 1


def test_those_that_were_not_used_for_the_longest_time_go_first(processes: Processes) -> None:
    one, other = processes.client(cache=Cache(entries=2)), processes.client(cache=Cache(entries=2))
    for number in (1, 2, 1, 3):
        one.builds.get("web", number)
    processes.asked  # noqa: B018
    for number in (3, 1, 2):
        other.builds.get("web", number)
    assert processes.asked == ["GET pipelines/web/builds/2"]
    assert other.cache.stats.entries == 2
    assert other.cache.stats.bytes > 0


def test_no_entry_is_larger_than_a_mebibyte(url: str) -> None:
    store, runtime, tags = store_of(url, share_cache=True), BlockingRuntime(), frozenset({"a"})
    for size, kept in ((1024 * 1024, False), (1024 * 1024 - 500, True)):
        found = run(store.cached("key", tags, runtime, seconds=60))
        entry = Entry((), bytes(size), runtime.now(), runtime.now() + 60)
        run(store.keep("key", tags, entry, runtime, version=found.version, policy=Cache()))
        again = run(store.cached("key", tags, runtime, seconds=60)).entry
        assert (again is not None and again.content == entry.content) is kept


@pytest.mark.parametrize(
    "content", ["", "x", "eJwDAAAAAAE=", "A" * 5000], ids=["none", "no base64", "nothing", "no zlib"]
)
def test_content_that_cannot_be_read_is_a_miss(processes: Processes, url: str, content: str) -> None:
    one = processes.client()
    one.builds.get("web", 7)
    with redis.Redis.from_url(url, decode_responses=True) as client:
        key = "{buildkite}:cache:entries"
        held: Any = client.hgetall(key)
        name, value = next((name, value) for name, value in held.items() if name)
        client.hset(key, name, " ".join([*value.split(" ")[:4], content]))
    for _ in range(2):
        assert one.builds.get("web", 7).number == 7
    assert processes.asked == [BUILD] * 2


def test_redis_gets_no_url_and_no_token_and_each_key_expires(processes: Processes, url: str) -> None:
    one = processes.client()
    one.pipelines.get("web")
    one.cache.invalidate("web", 7)
    with redis.Redis.from_url(url) as client:
        found: Any = client.keys("*cache*")
        keys: dict[str, Any] = {key.decode(): client.ttl(key) for key in found}
        assert set(keys) == {f"{{buildkite}}:cache:{name}" for name in ("versions", "entries", "recency")}
        assert all(0 < seconds <= 7200 for seconds in keys.values())
        held = repr([client.hgetall("{buildkite}:cache:entries"), client.zrange("{buildkite}:cache:recency", 0, -1)])
        assert "bkua" not in held
        assert "pipelines/web" not in held


def test_without_being_asked_for_no_answer_goes_to_redis(processes: Processes, url: str) -> None:
    one = processes.client(store=store_of(url, clock=processes.clock.monotonic))
    for _ in range(2):
        one.pipelines.get("web")
    assert len(processes.asked) == 1
    with redis.Redis.from_url(url) as client:
        assert client.keys("*cache*") == []
        assert client.keys("*window*")


def test_an_answer_from_redis_costs_one_round_trip_and_another_read_two_more(
    shared_server: RedisServer, url: str
) -> None:
    proxy = Proxy(shared_server.socket)
    processes = Processes(proxy.url)
    one = processes.client()
    one.pipelines.get("ios")  # connects, and loads the scripts
    one.pipelines.get("ios")
    costs = []
    for _ in range(2):
        before = proxy.round_trips
        one.pipelines.get("web")
        costs.append(proxy.round_trips - before)
    proxy.close()
    assert costs == [4, 1]


# --- Outages ------------------------------------------------------------------------------------------------------------


def test_without_redis_each_read_is_sent(url: str) -> None:
    processes = Processes("unix:///nowhere/redis.sock")
    one = processes.client(coalesce=True)
    for _ in range(3):
        assert one.builds.get("web", 7).number == 7
    one.builds.rebuild("web", 7)
    assert processes.asked == [BUILD] * 3 + ["PUT pipelines/web/builds/7/rebuild"]
    assert one.cache.stats.hits == 0


def test_a_change_while_redis_does_not_answer_is_told_before_the_next_read(
    shared_server: RedisServer, url: str
) -> None:
    """Redis itself lives on, with the answer that the change makes wrong."""
    proxy = Proxy(shared_server.socket)
    processes = Processes(proxy.url)
    one, other = processes.client(), processes.client()
    slow = RedisStore(proxy.url, timeout=0.2, retry_after=0.01, clock=processes.clock.monotonic, share_cache=True)
    cut = processes.client(store=slow)
    until(lambda: bool(cut.builds.get("web", 8)) and cut.cache.stats.hits > 0)
    one.builds.get("web", 7)
    processes.asked  # noqa: B018
    proxy.open.clear()
    cut.builds.rebuild("web", 7)
    cut.builds.get("web", 7)
    assert processes.asked == ["PUT pipelines/web/builds/7/rebuild", BUILD]
    proxy.open.set()
    processes.clock.advance(31)
    hits = cut.cache.stats.hits
    until(lambda: bool(cut.builds.get("web", 8)) and cut.cache.stats.hits > hits)
    processes.asked  # noqa: B018
    other.builds.get("web", 7)
    proxy.close()
    assert processes.asked == [BUILD]


def test_more_changes_than_are_remembered_drop_everything(processes: Processes, own_server: RedisServer) -> None:
    """They are made while Redis is away. What another process has kept is wrong as far as anyone knows."""
    store, runtime = store_of(own_server.url, share_cache=True, retry_after=0.01), BlockingRuntime()
    other = store_of(own_server.url, share_cache=True)
    keep(store, runtime, "kept")
    assert find(other, runtime, "kept")
    proxied = Proxy(own_server.socket)
    cut = RedisStore(proxied.url, timeout=0.2, retry_after=0.01, share_cache=True)
    until(lambda: find(cut, runtime, "kept"))
    proxied.open.clear()
    run(cut.change(Change(frozenset(str(number) for number in range(10_001))), runtime))
    proxied.open.set()
    until(lambda: not find(cut, runtime, "kept") and not find(other, runtime, "kept"))
    proxied.close()


def keep(store: RedisStore, runtime: BlockingRuntime, key: str) -> None:
    tags = frozenset({key})
    version = run(store.cached(key, tags, runtime, seconds=60)).version
    entry = Entry((), b"{}", runtime.now(), runtime.now() + 600)
    run(store.keep(key, tags, entry, runtime, version=version, policy=Cache()))


def find(store: RedisStore, runtime: BlockingRuntime, key: str) -> bool:
    return run(store.cached(key, frozenset({key}), runtime, seconds=600)).entry is not None


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_write_that_is_cancelled_drops_for_all(url: str, backend: str) -> None:
    async def main() -> None:
        async def answer(request: httpx.Request) -> httpx.Response:
            if request.method == "PUT":
                scope.cancel()
                await anyio.sleep_forever()
            return httpx.Response(200, json={**DONE, "number": 7})

        store = store_of(url, share_cache=True)
        api = AsyncBuildkiteClient("acme", token="bkua_0123", transport=httpx.MockTransport(answer), store=store)
        await api.pipelines.get("web")
        with anyio.CancelScope() as scope:
            await api.builds.rebuild("web", 7)
        assert scope.cancelled_caught

    store, runtime = store_of(url, share_cache=True), BlockingRuntime()
    build = "https://api.buildkite.com/acme/pipelines/web/builds/7"
    keep(store, runtime, build)
    keep(store, runtime, "another")
    anyio.run(main, backend=backend)
    until(lambda: not find(store, runtime, build))
    assert find(store, runtime, "another")


# --- Threads, tasks and processes ---------------------------------------------------------------------------------------


def test_identical_reads_share_a_request_over_one_store(url: str) -> None:
    """Until the answer is there, the others wait for it; those that come later find it in Redis."""
    api = Api()

    async def answer(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0.05)
        return api(request)

    async def main() -> int:
        store = store_of(url, share_cache=True)
        client = AsyncBuildkiteClient(
            "acme", token="bkua_0123", transport=httpx.MockTransport(answer), store=store, cache=Cache(), coalesce=True
        )
        await asyncio.gather(*(client.pipelines.get("web") for _ in range(20)))
        return client.cache.stats.shared + client.cache.stats.hits

    assert asyncio.run(main()) == 19
    assert api.asked == ["GET pipelines/web"]


def test_threads_that_read_and_change_never_find_what_was_wrong_when_they_began(url: str) -> None:
    """A value is changed and then declared to be changed. Whoever reads after that finds no older one."""
    stores = [store_of(url, share_cache=True) for _ in range(2)]
    runtime, tags = BlockingRuntime(), frozenset({"a"})
    current = declared = 0
    wrong: list[tuple[int, int]] = []

    def read(store: RedisStore) -> None:
        for _ in range(60):
            least = declared
            found = run(store.cached("a", tags, runtime, seconds=60))
            if found.entry is not None:
                if int(found.entry.content) < least:
                    wrong.append((int(found.entry.content), least))
            else:
                entry = Entry((), str(current).encode(), runtime.now(), runtime.now() + 60)
                run(store.keep("a", tags, entry, runtime, version=found.version, policy=Cache()))

    threads = [threading.Thread(target=read, args=(store,)) for store in stores * 2]
    for thread in threads:
        thread.start()
    for number in range(1, 40):
        current = number
        run(stores[0].change(Change(tags), runtime))
        declared = number
    for thread in threads:
        thread.join(60)
    assert wrong == []


@pytest.mark.skipif(sys.platform == "win32", reason="has no fork")
def test_a_forked_process_finds_what_its_parent_has_kept(url: str) -> None:
    program = f"""
import os, httpx
from buildkite_ext import BuildkiteClient, Cache, RedisStore
asked = []
def answer(request):
    asked.append(request.method)
    return httpx.Response(200, json={{"id": "p", "slug": "web"}})
store = RedisStore({url!r}, timeout=20, share_cache=True)
api = BuildkiteClient("acme", token="bkua_0123", transport=httpx.MockTransport(answer), store=store, cache=Cache())
api.pipelines.get("web")
child = os.fork()
if not child:
    api.pipelines.get("web")
    found = len(asked) == 1
    api.pipelines.update("web", description="x")
    os._exit(0 if found else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
api.pipelines.get("web")
print(asked)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False)
    assert (done.stdout, done.stderr) == ("0\n['GET', 'GET']\n", "")


def test_a_client_of_the_users_that_decodes_serves(url: str) -> None:
    with redis.Redis.from_url(url, decode_responses=True) as client:
        api = Api()
        for _ in range(2):
            store = RedisStore(client, share_cache=True)
            one = BuildkiteClient(
                "acme", token="bkua_0123", transport=httpx.MockTransport(api), store=store, cache=Cache()
            )
            assert one.pipelines.get("web").slug == "web"
    assert api.asked == ["GET pipelines/web"]


def test_a_handler_of_a_signal_may_drop_answers_that_are_being_dropped() -> None:
    entries, everything = Entries(), Change(frozenset({"acme"}))

    class Interrupted:
        sent, expires = 0.0, 600.0

        @property
        def size(self) -> int:
            entries.change(everything, 1.0)  # as a signal that comes while its entry is removed
            return 1

    policy = Cache()
    plain = Entry((), b"x", 0.0, 600.0)
    for key, entry in (("a", plain), ("b", plain)):
        entries.keep(key, everything.tags, entry, 0, policy)
    entries._entries["a"] = Interrupted(), everything.tags  # type: ignore[assignment]
    entries.change(everything, 1.0)
    assert entries.stats.entries == 0
    entries.keep(
        "c",
        everything.tags,
        Entry((), b"x", 2.0, 600.0),
        entries.find("c", everything.tags, 2.0, seconds=0).version,
        policy,
    )
    assert entries.stats.entries == 1
