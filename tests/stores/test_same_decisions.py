"""The scripts in Redis decide as the classes in Python do, for any sequence of requests and calls."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import pytest
import redis
from hypothesis import given, settings
from hypothesis import strategies as st

from buildkite_ext import Budget, Cache, CircuitBreaker, MemoryStore, RedisStore
from buildkite_ext._sync import run
from buildkite_ext.runtime import BlockingRuntime
from buildkite_ext.stores.circuits import Permit
from buildkite_ext.stores.entries import Change, Entry, Found, change_of, tags_of
from buildkite_ext.stores.limits import Limits, Observation, Reported

LIMITS = (Limits("acme", "ada"), Limits("acme", "grace"), Limits("other", "ada"))


class Hand:
    """Clock that a test moves, by eighths of a second, so that sums of its times are exact."""

    def __init__(self) -> None:
        self.at = 1024.0

    def monotonic(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        raise AssertionError(seconds)

    async def asleep(self, seconds: float) -> None:
        raise AssertionError(seconds)


reports = st.none() | st.builds(
    Reported,
    limit=st.sampled_from([0, 1, 5, 5, 50]),
    remaining=st.sampled_from([-3, 0, 1, 2, 3, 8]),
    reset=st.sampled_from([0.0, 0.5, 3.0, 8.0, 8.0, 9.0, 16.0]),
    scope=st.sampled_from(["", "rest", "rest_user", "sœurs"]),
)


@dataclass
class Ask:
    """Request for admission."""

    limits: int
    reserve: int
    priority: Any
    probe: bool


@dataclass
class Answer:
    """Answer to a request on its way, the one at `which` of them, whose head arrived a moment ago."""

    which: int
    organization: Reported | None
    user: Reported | None
    ago: float


@dataclass
class Lose:
    which: int
    counted: bool


@dataclass
class Pass:
    seconds: float


steps = st.one_of(
    st.builds(
        Ask,
        limits=st.sampled_from([0, 0, 0, 0, 1, 2]),
        reserve=st.integers(0, 6),
        priority=st.sampled_from(["foreground", "background"]),
        probe=st.integers(0, 5).map(lambda each: each == 0),
    ),
    *[st.builds(Answer, which=st.integers(0, 9), organization=reports, user=reports, ago=st.sampled_from([0.0, 0.125]))]
    * 2,
    st.builds(Lose, which=st.integers(0, 9), counted=st.booleans()),
    st.builds(Pass, st.sampled_from([0.0, 0.125, 0.5, 1.0, 1.0, 4.0, 8.5])),
)


@settings(max_examples=100)
@given(st.lists(steps, min_size=5, max_size=25))
def test_limits(url: str, sequence: list[Any]) -> None:
    """No request is on its way for a minute: then Redis alone drops it, since its process may have died."""
    hand = Hand()
    runtime = BlockingRuntime(hand)
    with redis.Redis.from_url(url) as client:
        client.flushall()
        here, there = MemoryStore(), RedisStore(client, clock=hand.monotonic)
        on_their_way: list[tuple[Limits, float]] = []
        for step in sequence:
            limits = None
            match step:
                case Ask():
                    limits = LIMITS[step.limits]
                    arguments = (limits, Budget(reserve=step.reserve), step.priority, runtime)
                    waits = [run(store.admit(*arguments, probe=step.probe)) for store in (here, there)]
                    if waits[0] is None:
                        assert waits[1] is None
                        on_their_way.append((limits, hand.at))
                    else:
                        assert waits[1] is not None
                        assert waits[1].for_answer is waits[0].for_answer
                        # Whoever waits for an answer asks Redis again soon: another process may get it.
                        soon = min(waits[0].until, hand.at + 0.15) if waits[0].for_answer else waits[0].until
                        assert waits[1].until == pytest.approx(soon, abs=1e-12)
                case Answer() if on_their_way:
                    limits, sent = on_their_way.pop(step.which % len(on_their_way))
                    told = Observation(sent, max(sent, hand.at - step.ago), step.organization, step.user)
                    for store in (here, there):
                        run(store.answered(limits, told, runtime))
                case Lose() if on_their_way:
                    limits, sent = on_their_way.pop(step.which % len(on_their_way))
                    for store in (here, there):
                        store.lost(limits, runtime, sent=sent, counted=step.counted)
                case Pass():
                    hand.at += step.seconds
                    on_their_way = answered_in_time(on_their_way, (here, there), runtime, hand.at)
            if isinstance(step, Ask | Answer) and limits is not None:
                for name in (limits.organization, limits.user):
                    assert there.limit_status(name, hand.at) == here.limit_status(name, hand.at)
        for name in ("acme", "other", "ada", "grace"):
            window = here._windows.get(name)
            if window is not None:
                assert client.llen(f"{{buildkite}}:flights:{name}") == window.in_flight


def answered_in_time(
    on_their_way: list[tuple[Limits, float]], stores: tuple[Any, ...], runtime: BlockingRuntime, now: float
) -> list[tuple[Limits, float]]:
    """Let the requests of which nothing came for half a minute be lost."""
    late = [each for each in on_their_way if now - each[1] > 30]
    for limits, sent in late:
        for store in stores:
            store.lost(limits, runtime, sent=sent, counted=True)
    return [each for each in on_their_way if each not in late]


@dataclass
class End:
    which: int
    how: str


@dataclass
class Send:
    """Request of one of the processes, if it may go."""

    process: int
    reserve: int


@settings(max_examples=40)
@given(
    st.lists(
        st.one_of(
            *[st.builds(Send, st.integers(0, 2), st.sampled_from([0, 0, 3]))] * 3,
            st.builds(Pass, st.sampled_from([0.0, 0.125, 1.0, 4.0])),
            *[st.builds(End, which=st.integers(0, 9), how=st.just("answered"))] * 3,
        ),
        min_size=40,
        max_size=80,
    ),
    st.sampled_from([12, 60]),
)
def test_processes_never_send_more_than_the_limit_whatever_is_admitted_ahead(
    url: str, sequence: list[Any], limit: int
) -> None:
    """Three processes over one Redis, of which two have requests admitted ahead. Windows of 16 s begin at their first request."""
    hand = Hand()
    runtime, limits = BlockingRuntime(hand), LIMITS[0]
    with redis.Redis.from_url(url) as client:
        client.flushall()
        stores = [RedisStore(client, clock=hand.monotonic, lot=lot) for lot in (1, 3, 20)]
        on_their_way: list[tuple[RedisStore, float, Reported]] = []
        used, ends = 0, 0.0
        for step in sequence:
            match step:
                case Send():
                    store, budget = stores[step.process], Budget(reserve=step.reserve)
                    if run(store.admit(limits, budget, "foreground", runtime)) is None:
                        if hand.at >= ends:
                            used, ends = 0, hand.at + 16
                        used += 1
                        assert used <= limit - step.reserve
                        told = Reported(limit, limit - used, math.ceil(ends - hand.at))
                        on_their_way.append((store, hand.at, told))
                case End() if on_their_way:
                    store, sent, told = on_their_way.pop(step.which % len(on_their_way))
                    run(store.answered(limits, Observation(sent, hand.at, told, told), runtime))
                case Pass():
                    hand.at += step.seconds


@dataclass
class Begin:
    admission: bool


calls = st.one_of(
    st.just(Begin(False)),
    st.just(Begin(False)),
    st.builds(End, which=st.integers(0, 9), how=st.sampled_from(["failed", "failed", "succeeded", "released"])),
    st.builds(Pass, st.sampled_from([0.0, 0.125, 0.5, 1.0, 1.0, 4.0, 8.5])),
)


@settings(max_examples=100)
@given(st.lists(calls, min_size=5, max_size=40), st.integers(1, 3), st.sampled_from([1.0, 4.0]))
def test_circuits(url: str, sequence: list[Any], failures: int, open_for: float) -> None:
    """Calls without a budget, so that the store looks at the circuit itself. They begin a second after the last look or later."""
    hand = Hand()
    runtime, policy = BlockingRuntime(hand), CircuitBreaker(failures=failures, open_for=open_for)
    with redis.Redis.from_url(url) as client:
        client.flushall()
        here, there = MemoryStore(), RedisStore(client, clock=hand.monotonic)
        running: list[tuple[Permit, Permit]] = []
        for step in sequence:
            match step:
                case Begin():
                    hand.at += 1
                    one, other = (run(store.permit("acme", policy, runtime)) for store in (here, there))
                    if isinstance(one, float):
                        assert other == one
                    else:
                        assert isinstance(other, Permit)
                        assert other.probe is one.probe
                        running.append((one, other))
                case End() if running:
                    pair = running.pop(step.which % len(running))
                    if step.how == "released":
                        for store, permit in zip((here, there), pair, strict=True):
                            store.release("acme", permit, runtime)
                    else:
                        changes = [
                            run(store.report("acme", permit, policy, runtime, failed=step.how == "failed"))
                            for store, permit in zip((here, there), pair, strict=True)
                        ]
                        assert changes[0] == changes[1]
                case Pass():
                    hand.at += step.seconds
            one, other = here.circuit("acme"), there.circuit("acme")
            if isinstance(step, Begin):
                assert other == one


PATHS = (
    "/v2/organizations/acme/pipelines/web",
    "/v2/organizations/acme/pipelines/web/builds/1",
    "/v2/organizations/acme/pipelines/web/builds/2",
    "/v2/organizations/acme/pipelines",
    "/v2/organizations/other/agents/sœurs",
)


@dataclass
class Look:
    """Read of a path by one of two processes. Without an answer its request is on its way from then on."""

    process: int
    path: int
    seconds: float


@dataclass
class Keep:
    """Answer to the request at `which` of those on their way, which one of the processes keeps."""

    process: int
    which: int
    size: int


@dataclass
class Alter:
    """Change by one of the processes: of what a write to a path may change, or of everything."""

    process: int
    path: int
    settling: float


looks = st.builds(Look, st.integers(0, 1), st.integers(0, 4), st.sampled_from([0.0, 4.0, 60.0, 60.0]))
keeps = st.builds(Keep, st.integers(0, 1), st.integers(0, 9), st.sampled_from([0, 10, 900]))
passes = st.builds(Pass, st.sampled_from([0.125, 1.0, 4.0, 20.0]))
changes = st.builds(Alter, st.integers(0, 1), st.integers(-1, 4), st.sampled_from([0.0, 0.0, 3.0]))


@settings(max_examples=100)
@given(
    st.one_of(
        # What a change drops takes its place in Redis until it is found or the oldest, so bounds are shown without changes.
        st.tuples(st.lists(st.one_of(looks, looks, keeps, keeps, passes), min_size=10, max_size=40), st.just(True)),
        st.tuples(
            st.lists(st.one_of(looks, looks, keeps, keeps, changes, passes), min_size=10, max_size=40), st.just(False)
        ),
    )
)
def test_entries(url: str, drawn: tuple[list[Any], bool]) -> None:
    """Two processes over one Redis find and keep what the clients of one process do."""
    sequence, is_bounded = drawn
    policy = Cache(entries=3, bytes=2600) if is_bounded else Cache()
    hand = Hand()
    runtime = BlockingRuntime(hand)
    with redis.Redis.from_url(url) as client:
        client.flushall()
        here = MemoryStore()
        there = [RedisStore(client, clock=hand.monotonic, share_cache=True) for _ in range(2)]
        on_their_way: list[tuple[int, float, tuple[Found, Found]]] = []
        for number, step in enumerate(sequence):
            match step:
                case Look():
                    asked = PATHS[step.path], frozenset(tags_of("", PATHS[step.path])), runtime
                    one, other = (
                        run(store.cached(*asked, seconds=step.seconds)) for store in (here, there[step.process])
                    )
                    assert other.entry == one.entry
                    if one.entry is None:
                        on_their_way.append((step.path, hand.at, (one, other)))
                case Keep() if on_their_way:
                    path, sent, found = on_their_way.pop(step.which % len(on_their_way))
                    entry = Entry(
                        ((b"X-Number", str(number).encode()),), bytes(range(250)) * (step.size // 250), sent, sent + 30
                    )
                    for store, each in zip((here, there[step.process]), found, strict=True):
                        tags = frozenset(tags_of("", PATHS[path]))
                        run(store.keep(PATHS[path], tags, entry, runtime, version=each.version, policy=policy))
                    if is_bounded:
                        counts = here.cache_stats()
                        told = there[step.process].cache_stats()
                        assert (told.entries, told.bytes) == (counts.entries, counts.bytes)
                case Alter():
                    change = change_of("", "PATCH", PATHS[step.path]) if step.path >= 0 else Change(frozenset({""}))
                    for store in (here, there[step.process]):
                        run(store.change(Change(change.tags, step.settling), runtime))
                case Pass():
                    hand.at += step.seconds
