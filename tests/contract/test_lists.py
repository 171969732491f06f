"""`client.iterate` walks through every list that the description pages, whichever way it is paged."""

from __future__ import annotations

import json
from typing import Any

import anyio
import httpx

from buildkite_ext import AsyncBuildkiteClient, BuildkiteClient

from ..batches import batched
from .answers import Answers
from .calls import least, module
from .description import OPERATIONS, Described, resolve
from .values import Fill
from .wire import Buildkite, Sent

PAGED = [each for each in OPERATIONS.values() if each.pagination]


def item_of(operation: Described) -> Any:
    answer = resolve(operation.answer or {})
    return (answer["properties"]["items"] if operation.pagination == "cursor" else answer)["items"]


def two_pages(buildkite: Buildkite, operation: Described) -> list[Any]:
    """Let a list have two pages, and give its items."""
    items = [Answers(Fill.FULL, seed).make(item_of(operation)) for seed in range(3)]
    for number, item in enumerate(items):
        key = next(name for name, value in item.items() if isinstance(value, str) and not name.endswith("_at"))
        item[key] = f"item-{number}"

    def answer(sent: Sent) -> httpx.Response:
        second = any(value == "2" for name, value in sent.query if name in ("page", "after"))
        page = items[2:] if second else items[:2]
        if operation.pagination == "cursor":
            following = None if second else str(sent.url.copy_set_param("after", "2"))
            return httpx.Response(200, json={"items": page, "links": {"self": str(sent.url), "next": following}})
        link = {} if second else {"Link": f'<{sent.url.copy_set_param("page", "2")}>; rel="next"'}
        return httpx.Response(200, json=page, headers=link)

    buildkite.requests.clear()
    buildkite.answer = answer
    return items


def names(items: list[Any]) -> list[str]:
    shown = [json.dumps(item if isinstance(item, dict) else item.to_dict(), default=str) for item in items]
    return [str(number) for text in shown for number in range(3) if f"item-{number}" in text]


def test_lists_are_paged_in_both_ways() -> None:
    assert {each.pagination for each in PAGED} == {"link", "cursor"}


@batched("operation", PAGED)
def test_both_pages_of_a_list_are_given_out_in_both_flavors(
    operation: Described, client: BuildkiteClient, async_client: AsyncBuildkiteClient, buildkite: Buildkite
) -> None:
    call = least(operation)
    items = two_pages(buildkite, operation)
    blocking = list(client.iterate(module(operation), *call.args, **call.kwargs))

    async def collect() -> list[Any]:
        return [item async for item in async_client.iterate(module(operation), *call.args, **call.kwargs)]

    shared = anyio.run(collect)
    assert names(blocking) == names(items) == ["0", "1", "2"]
    assert shared == blocking
    assert [sent.raw_path for sent in buildkite.requests] == [buildkite.requests[0].raw_path] * 4
