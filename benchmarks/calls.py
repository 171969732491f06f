"""One call through the whole pipeline, beside the same request by httpx: over loopback sockets and over a mock transport.

Ours decodes the answer into a model, httpx by `json.loads`. Both get the same answer from the same server or handler.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from typing import Any

import httpx
from buildkite_api.api.builds import get_build

from buildkite_ext import AsyncBuildkiteClient, BuildkiteClient

from . import bodies
from .rows import Goal, Row, Taken, at_most, compared, rounds_of
from .server import PATH, running

TITLE = "One call through the whole pipeline"

_SOCKETS, _MOCK = "loopback sockets", "a mock transport"
_OFTEN = {_SOCKETS: 300, _MOCK: 500}
"""Calls in a run of the work that has a goal."""
_ROUNDS = 9
_AUTH = {"Authorization": "Bearer bench-token"}
_CREATED: dict[str, Any] = {"commit": "HEAD", "branch": "main", "message": "Release"}


def measure() -> list[Row]:
    """Measure one call of each kind, over sockets and over a mock."""
    rows: list[Row] = []
    build = bodies.build(random.Random(1), 1, 0)
    body = json.dumps(build).encode()
    with running([build], 0) as base:
        rows += _rows(_SOCKETS, base, None, body)
    rows += _rows(_MOCK, "https://api.buildkite.com", httpx.MockTransport(_answering(body)), body)
    page = b"[" + body + b"]"
    other = "https://api.buildkite.com"
    rows += _siblings(other, httpx.MockTransport(_answering(body)), httpx.MockTransport(_answering(page)))
    return rows


def _rows(over: str, base: str, transport: httpx.MockTransport | None, body: bytes) -> list[Row]:
    sync_goal, async_goal = {_SOCKETS: (1.25, 1.25), _MOCK: (1.15, 1.5)}[over]
    url = f"{base}{PATH}/1"
    number = json.loads(body)["number"]
    often = _OFTEN[over]
    with ExitStack() as stack:
        ours = stack.enter_context(_client(base, transport))
        bare = stack.enter_context(httpx.Client(transport=transport))
        assert ours.builds.get("web", 1).number == number == json.loads(bare.get(url, headers=_AUTH).content)["number"]
        blocking = rounds_of(
            {
                "ours": lambda: ours.builds.get("web", 1),
                "httpx": lambda: json.loads(bare.get(url, headers=_AUTH).content),
            },
            _ROUNDS,
            often=often,
        )
    rows = [compared(f"builds.get over {over}, sync", blocking, "ours", "httpx", goal=at_most(sync_goal))]

    async def ours_async(buildkite: AsyncBuildkiteClient) -> object:
        return await buildkite.builds.get("web", 1)

    async def bare_async(client: httpx.AsyncClient) -> object:
        return json.loads((await client.get(url, headers=_AUTH)).content)

    rows.append(
        _async_row(
            f"builds.get over {over}, async",
            base,
            transport,
            ours_async,
            bare_async,
            often=often,
            goal=at_most(async_goal),
        )
    )
    return rows


def _async_row(
    work: str,
    base: str,
    transport: httpx.MockTransport | None,
    ours: Callable[[AsyncBuildkiteClient], Awaitable[object]],
    bare: Callable[[httpx.AsyncClient], Awaitable[object]],
    *,
    often: int,
    goal: Goal | None,
) -> Row:
    with asyncio.Runner() as runner:
        buildkite = AsyncBuildkiteClient("acme", token="bench-token", base_url=base, transport=transport)
        client = httpx.AsyncClient(transport=transport)

        async def many(way: Callable[[Any], Awaitable[object]], one: object) -> None:
            for _ in range(often):
                await way(one)

        taken = rounds_of(
            {"ours": lambda: runner.run(many(ours, buildkite)), "httpx": lambda: runner.run(many(bare, client))},
            _ROUNDS,
        )
        runner.run(buildkite.aclose())
        runner.run(client.aclose())
    taken = {name: [Taken(run.cpu / often, run.wall / often) for run in runs] for name, runs in taken.items()}
    return compared(work, taken, "ours", "httpx", goal=goal)


def _siblings(base: str, one: httpx.MockTransport, page: httpx.MockTransport) -> list[Row]:
    """Measure the other ways to send a request, over a mock."""
    url = f"{base}{PATH}"
    with (
        _client(base, one) as ours,
        _client(base, page) as lists,
        httpx.Client(transport=one) as bare,
        httpx.Client(transport=page) as bare_lists,
    ):
        pairs: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
            "client.call(get_build, …)": (
                lambda: ours.call(get_build, "acme", "web", 1),
                lambda: json.loads(bare.get(f"{url}/1", headers=_AUTH).content),
            ),
            'client.request("GET", …)': (
                lambda: ours.request("GET", "organizations/acme/pipelines/web/builds/1").json(),
                lambda: bare.get(f"{url}/1", headers=_AUTH).json(),
            ),
            "builds.list, first page of one build": (
                lambda: lists.builds.list("web", branch="main", state="passed").first(),
                lambda: json.loads(
                    bare_lists.get(
                        url, params={"branch": "main", "state": "passed", "per_page": 1}, headers=_AUTH
                    ).content
                ),
            ),
            "builds.create": (
                lambda: ours.builds.create("web", **_CREATED),
                lambda: json.loads(bare.post(url, json=_CREATED, headers=_AUTH).content),
            ),
        }
        return [
            compared(
                f"{name} over a mock transport", rounds_of({"ours": mine, "httpx": theirs}, often=200), "ours", "httpx"
            )
            for name, (mine, theirs) in pairs.items()
        ]


def _client(base: str, transport: httpx.MockTransport | None) -> BuildkiteClient:
    return BuildkiteClient("acme", token="bench-token", base_url=base, transport=transport)


def _answering(body: bytes) -> Callable[[httpx.Request], httpx.Response]:
    headers = {"Content-Type": "application/json"}
    return lambda _: httpx.Response(200, content=body, headers=headers)


if __name__ == "__main__":
    for row in measure():
        print(row)
