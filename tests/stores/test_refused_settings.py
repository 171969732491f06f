"""Settings that a store can't be made with, or that Redis refuses: what the errors and what is left over show."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from buildkite_ext import BuildkiteClient, ConfigurationError, RedisStore
from buildkite_ext.webhooks import AllowedIPs, MemoryQueue
from buildkite_ext.webhooks.redis import RedisDeduplicationStore, RedisStreamSink, RedisStreamSource
from tests.webhooks.redis.server import RedisServer

PASSWORD = "canary-of-redis"


@pytest.mark.parametrize("user", ["", "someone"])
def test_a_refused_password_stands_in_no_frame_of_the_error(own_server: RedisServer, user: str) -> None:
    with own_server.client() as redis:
        redis.config_set("requirepass", "another one")
    url = own_server.url.replace("unix://", f"unix://{user}:{PASSWORD}@")
    client = BuildkiteClient(
        "acme", token="t", store=RedisStore(url), transport=httpx.MockTransport(lambda _: httpx.Response(200, json={}))
    )
    with pytest.raises(
        ConfigurationError, match=r"can't be used as the store: .*Check its URL, its password"
    ) as raised:
        client.organizations.get()
    shown = traceback.TracebackException.from_exception(raised.value, capture_locals=True)
    own = [frame for frame in shown.stack if frame.filename != __file__]
    assert raised.value.__cause__ is None
    assert PASSWORD not in "".join(f"{frame} {frame.locals}" for frame in own)
    assert PASSWORD not in str(raised.value)


@pytest.mark.parametrize(
    ("kind", "make"),
    [
        (RedisStore, lambda: RedisStore("redis://:pw@127.0.0.1:notaport/0")),
        (RedisStore, lambda: RedisStore("redis://127.0.0.1", lot=0)),
        (RedisStreamSink, lambda: RedisStreamSink("redis://:pw@127.0.0.1:notaport/0")),
        (RedisStreamSource, lambda: RedisStreamSource("redis://:pw@127.0.0.1:notaport/0", None)),  # type: ignore[arg-type, call-arg]
        (RedisDeduplicationStore, lambda: RedisDeduplicationStore("redis://:pw@127.0.0.1:notaport/0")),
        (MemoryQueue, lambda: MemoryQueue(limit=0)),
        (AllowedIPs, lambda: AllowedIPs(refresh=-1)),  # type: ignore[call-arg]
        (BuildkiteClient, lambda: BuildkiteClient("acme", token="a b")),
    ],
)
def test_what_could_not_be_made_can_be_shown(kind: type[Any], make: Callable[[], object]) -> None:
    with pytest.raises(Exception) as raised:  # noqa: PT011  # some of them are TypeErrors of Python
        make()
    half_made = [
        frame.f_locals["self"]
        for frame, _ in traceback.walk_tb(raised.value.__traceback__)
        if type(frame.f_locals.get("self")) is kind
    ]
    for each in [*half_made, object.__new__(kind)]:
        assert "pw" not in repr(each)
        assert kind.__name__ in repr(each)
