"""The async client does the same, on asyncio and on trio: one operation of each shape that the description has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from buildkite_ext import AsyncBuildkiteClient, BuildkiteClient, errors

from .answers import content, headers_of
from .calls import calls, least, module
from .checks import check_request, ready, replaced, same_request
from .description import OPERATIONS, Described, kind_of
from .values import Fill
from .wire import Buildkite


def _shape(operation: Described) -> tuple[Any, ...]:
    """What about an operation decides which code it runs through."""
    body = operation.body and (operation.body.media, operation.body.required)
    kinds = frozenset((each.place, kind_of(each.schema), each.style) for each in operation.parameters)
    answer = operation.answers_json and kind_of(operation.answer or {})
    return operation.method, body, kinds, operation.media, answer, operation.pagination, operation.success


def _sample() -> Iterator[Described]:
    seen = set()
    for operation in OPERATIONS.values():
        if _shape(operation) not in seen:
            seen.add(_shape(operation))
            yield operation


SAMPLE = list(_sample())
each_shape = pytest.mark.parametrize("operation", SAMPLE, ids=str)
pytestmark = pytest.mark.anyio


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_every_shape_is_in_the_sample() -> None:
    assert {_shape(each) for each in SAMPLE} == {_shape(each) for each in OPERATIONS.values()}
    assert {each.method for each in SAMPLE} == {each.method for each in OPERATIONS.values()}


@each_shape
@settings(max_examples=4)
@given(data=st.data())
async def test_a_request_says_what_was_given(
    operation: Described,
    data: st.DataObject,
    async_client: AsyncBuildkiteClient,
    client: BuildkiteClient,
    buildkite: Buildkite,
) -> None:
    call = data.draw(calls(operation, data.draw(st.sampled_from(Fill))))
    ready(buildkite, operation)
    await async_client.request(module(operation), *call.args, **call.kwargs)
    check_request(call, buildkite.taken())


@each_shape
async def test_call_and_the_generated_functions_send_the_same_as_the_blocking_client(
    operation: Described, async_client: AsyncBuildkiteClient, client: BuildkiteClient, buildkite: Buildkite
) -> None:
    call = least(operation)
    ready(buildkite, operation)
    first = client.call(module(operation), *call.args, **call.kwargs)
    second = await async_client.call(module(operation), *call.args, **call.kwargs)
    third = await module(operation).asyncio(*call.args, client=async_client.raw, **call.kwargs)
    assert first == second == third
    blocking, called, generated = buildkite.requests
    same_request(blocking, called)
    same_request(blocking, generated)
    assert called.headers == blocking.headers or called.headers["Content-Type"].startswith("multipart/")


@each_shape
@pytest.mark.parametrize("fill", [Fill.SOME, Fill.FULL])
async def test_an_answer_becomes_what_the_blocking_client_makes_of_it(
    operation: Described, fill: Fill, async_client: AsyncBuildkiteClient, client: BuildkiteClient, buildkite: Buildkite
) -> None:
    call = least(operation)
    buildkite.will_answer(operation.success, content(operation, fill, 1), **headers_of(operation))
    value = await async_client.call(module(operation), *call.args, **call.kwargs)
    assert value == client.call(module(operation), *call.args, **call.kwargs)
    assert type(value) is type(client.call(module(operation), *call.args, **call.kwargs))


@each_shape
@pytest.mark.parametrize("status", [401, 403, 404, 422, 429, 503, 520])
async def test_a_refusal_is_the_error_of_the_blocking_client(
    operation: Described, status: int, async_client: AsyncBuildkiteClient, client: BuildkiteClient, buildkite: Buildkite
) -> None:
    call = least(operation)
    body = (
        b"" if operation.method == "HEAD" else b'{"message": "No", "errors": [{"field": "branch", "code": "missing"}]}'
    )
    buildkite.will_answer(status, body, Content_Type="application/json")
    with pytest.raises(errors.ApiError) as caught:
        await async_client.call(module(operation), *call.args, **call.kwargs)
    with pytest.raises(errors.ApiError) as wanted:
        client.call(module(operation), *call.args, **call.kwargs)
    assert type(caught.value) is type(wanted.value)
    assert str(caught.value) == str(wanted.value)
    assert len(buildkite.requests) == 2


@each_shape
async def test_a_path_value_that_addresses_something_else_is_refused_before_anything_is_sent(
    operation: Described, async_client: AsyncBuildkiteClient, buildkite: Buildkite
) -> None:
    ready(buildkite, operation)
    call = least(operation)
    for index in range(len(call.args)):
        for value in ("", ".", ".."):
            with pytest.raises(ValueError, match="address another resource"):
                await async_client.request(module(operation), *replaced(call.args, index, value), **call.kwargs)
    assert buildkite.requests == []


@each_shape
async def test_the_token_goes_to_no_other_origin(
    operation: Described, async_client: AsyncBuildkiteClient, buildkite: Buildkite
) -> None:
    call = least(operation)
    ready(buildkite, operation)
    kwargs = module(operation)._get_kwargs(*call.args, **call.kwargs)
    url = "https://api.buildkite.com.evil.test" + kwargs["url"]
    await async_client.raw.get_async_httpx_client().request(**{**kwargs, "url": url})
    assert "Authorization" not in buildkite.taken().headers
