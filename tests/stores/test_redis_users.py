"""What one process learns of the users of tokens, the others are told over Redis, by the round trips that they make anyway."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import redis

from buildkite_ext import BuildkiteClient, DeadlineExceeded, RedisStore, Retry
from tests.transport.test_users import EMAILS, Api
from tests.webhooks.redis.server import RedisServer

from .proxy import Proxy

ADA, ADA_TOO, GRACE = EMAILS


@pytest.fixture
def proxy(shared_server: RedisServer, url: str) -> Iterator[Proxy]:
    proxy = Proxy(shared_server.socket)
    yield proxy
    proxy.close()


def process(url: str, api: Any, *tokens: str, **options: Any) -> list[BuildkiteClient]:
    """Return clients of one process, which share a store of their own."""
    store = RedisStore(url, **{"timeout": 20.0, **options})
    transport = httpx.MockTransport(api)
    return [
        BuildkiteClient("acme", token=token, transport=transport, store=store, retry=Retry(attempts=1))
        for token in tokens
    ]


def get(*clients: BuildkiteClient) -> None:
    for client in clients:
        client.builds.get("web", 1)


def exhaust(api: Api, client: BuildkiteClient) -> None:
    """Let a client use up the limit of its user."""
    api.left["ada@acme.test"] = 1
    get(client)


def waits(api: Api, client: BuildkiteClient) -> bool:
    """Tell if a client knows that its limit is exhausted, so that it sends nothing."""
    sent = len(api.paths)
    try:
        get(client.with_options(timeout=0.01))
    except DeadlineExceeded:
        return len(api.paths) == sent
    return False


def test_what_a_process_has_learned_is_told_to_those_with_one_token(url: str) -> None:
    api = Api()
    (other,) = process(url, api, ADA)
    other.builds.get("web", 1)
    one, two, third = process(url, api, ADA, ADA_TOO, GRACE)
    get(one, two, third, one)
    asked = list(api.asked)
    get(other)  # is told with its admission
    exhaust(api, two)
    assert waits(api, other)
    assert waits(api, one)
    assert not waits(api, third)
    assert api.asked == asked


def test_processes_with_one_token_each_of_the_same_user_share_its_limit(url: str) -> None:
    """Each learns from Redis that there is another token, and asks for its user."""
    api = Api()
    processes = [process(url, api, token)[0] for token in (ADA, ADA_TOO, GRACE)]
    for _ in range(3):
        get(*processes)
    assert sorted(api.asked) == sorted(EMAILS)
    exhaust(api, processes[0])
    assert [waits(api, each) for each in processes] == [True, True, False]
    with redis.Redis.from_url(url) as client:
        windows = {key.split(b":", 2)[2].split()[1] for key in client.scan_iter("*window:user*")}
        (tokens,) = client.scan_iter("*tokens*")
        names = client.hgetall(tokens)
        assert len(set(names.values())) == 2
        assert set(names.values()) <= windows
        assert client.pttl(tokens) > 0
        assert not [name for name in (*names, *names.values()) if b"@" in name or b"bkua" in name]


def test_a_process_that_begins_later_asks_nothing_that_is_known(url: str) -> None:
    api = Api()
    for _ in range(2):
        one, two = process(url, api, ADA, ADA_TOO)
        get(one, two, one, two)
    assert sorted(api.asked) == [ADA, ADA_TOO]
    exhaust(api, one)
    assert waits(api, two)


def test_workers_with_one_token_ask_nothing(url: str) -> None:
    api = Api()
    get(*[process(url, api, ADA)[0] for _ in range(4)] * 2)
    assert api.asked == []


def test_what_redis_has_lost_it_is_told_again(url: str) -> None:
    api = Api()
    one, two = process(url, api, ADA, ADA_TOO)
    get(one, two, one, two)
    with redis.Redis.from_url(url) as client:
        client.flushall()
    get(one, two)
    (later,) = process(url, api, ADA_TOO)
    asked = list(api.asked)
    get(later)
    exhaust(api, one)
    assert waits(api, later)
    assert api.asked == asked


@pytest.mark.parametrize("lot", [1, 5])
def test_it_costs_no_round_trip(proxy: Proxy, url: str, lot: int) -> None:
    api = Api(remaining=40)
    (other,) = process(url, api, GRACE)
    one, two = process(proxy.url, api, ADA, ADA_TOO, lot=lot)
    get(other, one, two, one, two)
    before, asked = proxy.round_trips, len(api.asked)
    get(*(one, two) * 5)
    assert proxy.round_trips - before <= 20
    assert len(api.asked) == asked
