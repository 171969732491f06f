"""The async client does the same, on asyncio and on trio: one operation of each shape that the description has."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from functools import partial
from typing import Any

import anyio
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from buildkite_ext import AsyncBuildkiteClient, BuildkiteClient, errors

from ..batches import batched
from .answers import content, headers_of
from .calls import Call, calls, least, module
from .checks import check_request, ready, replaced, same_request
from .description import OPERATIONS, Described, kind_of
from .values import Fill
from .wire import Buildkite

Run = Callable[..., Any]


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
each_shape = batched("operation", SAMPLE)
every_operation = batched("operation", OPERATIONS.values())


@pytest.fixture(params=["asyncio", "trio"])
def run(request: pytest.FixtureRequest) -> Run:
    """Runs a coroutine function to its end. The tests stay plain functions, so that hypothesis draws outside of loops."""

    def in_a_loop(function: Callable[..., Coroutine[Any, Any, Any]], /, *args: Any, **kwargs: Any) -> Any:
        return anyio.run(partial(function, *args, **kwargs), backend=request.param)

    return in_a_loop


@each_shape
def test_a_request_says_what_was_given(
    operation: Described, run: Run, async_client: AsyncBuildkiteClient, buildkite: Buildkite
) -> None:
    @settings(max_examples=4)
    @given(st.sampled_from(Fill).flatmap(lambda fill: calls(operation, fill)))
    def check(call: Call) -> None:
        ready(buildkite, operation)
        run(async_client.request, module(operation), *call.args, **call.kwargs)
        check_request(call, buildkite.taken())

    check()


@every_operation
def test_the_generated_functions_send_the_same_as_the_blocking_client(
    operation: Described, async_client: AsyncBuildkiteClient, client: BuildkiteClient, buildkite: Buildkite
) -> None:
    @settings(max_examples=1)
    @given(calls(operation, Fill.FULL))
    def check(call: Call) -> None:
        ready(buildkite, operation)
        first = client.call(module(operation), *call.args, **call.kwargs)
        arguments = partial(module(operation).asyncio, *call.args, client=async_client.raw, **call.kwargs)
        assert anyio.run(arguments) == first
        same_request(*buildkite.requests)

    check()


@each_shape
def test_an_answer_becomes_what_the_blocking_client_makes_of_it(
    operation: Described, run: Run, async_client: AsyncBuildkiteClient, client: BuildkiteClient, buildkite: Buildkite
) -> None:
    call = least(operation)
    for fill in Fill:
        buildkite.will_answer(operation.success, content(operation, fill, 1), **headers_of(operation))
        value = run(async_client.call, module(operation), *call.args, **call.kwargs)
        wanted = client.call(module(operation), *call.args, **call.kwargs)
        assert type(value) is type(wanted)
        assert value == wanted
        one, two = buildkite.requests
        same_request(one, two)
        assert one.headers == two.headers or one.headers["Content-Type"].startswith("multipart/")


@each_shape
def test_a_refusal_is_the_error_of_the_blocking_client(
    operation: Described, run: Run, async_client: AsyncBuildkiteClient, client: BuildkiteClient, buildkite: Buildkite
) -> None:
    call = least(operation)
    body = (
        b"" if operation.method == "HEAD" else b'{"message": "No", "errors": [{"field": "branch", "code": "missing"}]}'
    )
    for status in (400, 401, 403, 404, 422, 429, 500, 503, 520):
        buildkite.will_answer(status, body, Content_Type="application/json")
        with pytest.raises(errors.ApiError) as caught:
            run(async_client.call, module(operation), *call.args, **call.kwargs)
        with pytest.raises(errors.ApiError) as wanted:
            client.call(module(operation), *call.args, **call.kwargs)
        assert type(caught.value) is type(wanted.value)
        assert str(caught.value) == str(wanted.value)
        assert len(buildkite.requests) == 2


@each_shape
def test_a_path_value_that_addresses_something_else_is_refused_before_anything_is_sent(
    operation: Described, run: Run, async_client: AsyncBuildkiteClient, buildkite: Buildkite
) -> None:
    ready(buildkite, operation)
    call = least(operation)
    for index in range(len(call.args)):
        for value in ("", ".", ".."):
            with pytest.raises(ValueError, match="address another resource"):
                run(async_client.request, module(operation), *replaced(call.args, index, value), **call.kwargs)
    assert buildkite.requests == []


@each_shape
def test_the_token_goes_to_no_other_origin(
    operation: Described, run: Run, async_client: AsyncBuildkiteClient, buildkite: Buildkite
) -> None:
    call = least(operation)
    ready(buildkite, operation)
    kwargs = module(operation)._get_kwargs(*call.args, **call.kwargs)
    url = "https://api.buildkite.com.evil.test" + kwargs["url"]
    response = run(async_client.raw.get_async_httpx_client().request, **{**kwargs, "url": url})
    assert isinstance(response, httpx.Response)
    assert "Authorization" not in buildkite.taken().headers
