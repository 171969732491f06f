"""What is given to an operation is what is sent, as the description tells, and nothing else is."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from buildkite_api.base import RequestModel
from buildkite_api.types import UNSET
from hypothesis import given, settings
from hypothesis import strategies as st

from buildkite_ext import BuildkiteClient

from ..batches import batched
from .calls import OMITTED, Call, calls, in_path, is_moment, least, module, python_names
from .checks import check_path, check_request, names_in_path, ready, replaced, same_request
from .description import API, OPERATIONS, Described
from .values import Fill
from .wire import TOKEN, Buildkite

every_operation = batched("operation", OPERATIONS.values())
with_a_path = [each for each in OPERATIONS.values() if each.within("path")]
with_a_moment = [each for each in OPERATIONS.values() if any(map(is_moment, each.parameters))]
with_a_body = [each for each in OPERATIONS.values() if each.body]
EXAMPLES = {Fill.BARE: 2, Fill.SOME: 6, Fill.FULL: 3}

ELSEWHERE = (
    "https://api.buildkite.com.evil.test",
    "https://evil.test/api.buildkite.com",
    "http://api.buildkite.com",
    "https://api.buildkite.com:8443",
    "https://buildkite.com",
)


@every_operation
@pytest.mark.parametrize("fill", Fill)
def test_a_request_says_what_was_given(
    operation: Described, fill: Fill, client: BuildkiteClient, buildkite: Buildkite
) -> None:
    @settings(max_examples=EXAMPLES[fill])
    @given(calls(operation, fill))
    def check(call: Call) -> None:
        ready(buildkite, operation)
        client.request(module(operation), *call.args, **call.kwargs)
        check_request(call, buildkite.taken())

    check()


@every_operation
def test_call_and_the_generated_functions_send_the_same(
    operation: Described, client: BuildkiteClient, buildkite: Buildkite
) -> None:
    @settings(max_examples=2)
    @given(calls(operation, Fill.FULL))
    def check(call: Call) -> None:
        ready(buildkite, operation)
        client.request(module(operation), *call.args, **call.kwargs)
        client.call(module(operation), *call.args, **call.kwargs)
        module(operation).sync(*call.args, client=client.raw, **call.kwargs)
        requested, called, generated = buildkite.requests
        same_request(requested, called)
        same_request(requested, generated)
        assert called.headers == requested.headers or called.headers["Content-Type"].startswith("multipart/")
        assert generated.headers.get("Authorization") == requested.headers.get("Authorization")

    check()


@batched("operation", with_a_path)
def test_a_path_value_that_addresses_something_else_is_refused_before_anything_is_sent(
    operation: Described, client: BuildkiteClient, buildkite: Buildkite
) -> None:
    ready(buildkite, operation)
    call = least(operation)
    for index, name in enumerate(names_in_path(operation)):
        for value in ("", ".", "..", "\ud800", None, True, 1.5, b"x", UNSET):
            with pytest.raises(ValueError, match=rf"\b{name}\b"):
                client.request(module(operation), *replaced(call.args, index, value), **call.kwargs)
    assert buildkite.requests == []


@batched("operation", with_a_path)
def test_any_path_value_is_one_segment(operation: Described, client: BuildkiteClient, buildkite: Buildkite) -> None:
    simplest = least(operation)

    @settings(max_examples=10)
    @given(st.fixed_dictionaries({each.name: in_path(each) for each in operation.within("path")}))
    def check(path: dict[str, Any]) -> None:
        call = replace(simplest, path=path)
        ready(buildkite, operation)
        client.request(module(operation), *call.args, **call.kwargs)
        check_path(call, buildkite.taken())

    check()


@batched("operation", with_a_moment)
def test_a_moment_without_a_zone_is_refused_before_anything_is_sent(
    operation: Described, client: BuildkiteClient, buildkite: Buildkite
) -> None:
    ready(buildkite, operation)
    call = least(operation)
    for parameter in filter(is_moment, operation.parameters):
        name = python_names(operation)[parameter.name]
        with pytest.raises(ValueError, match=rf"\b{name}\b.* timezone"):
            client.request(module(operation), *call.args, **{**call.kwargs, name: dt.datetime(2026, 1, 2)})
    assert buildkite.requests == []


@every_operation
def test_the_token_goes_to_no_other_origin(operation: Described, client: BuildkiteClient, buildkite: Buildkite) -> None:
    call = least(operation)
    ready(buildkite, operation)
    for origin in ELSEWHERE:
        kwargs = module(operation)._get_kwargs(*call.args, **call.kwargs)
        client.raw.get_httpx_client().request(**{**kwargs, "url": origin + kwargs["url"]})
    for sent in buildkite.requests:
        assert "Authorization" not in sent.headers
        assert TOKEN not in repr((sent.url, sent.headers.raw, sent.body))
    assert len(buildkite.requests) == len(ELSEWHERE)


@every_operation
def test_below_another_root_the_path_stays_the_same(operation: Described, buildkite: Buildkite) -> None:
    call = least(operation)
    ready(buildkite, operation)
    with BuildkiteClient(token=TOKEN, base_url="http://localhost:8080/a%20proxy/v2", transport=buildkite) as client:
        client.call(module(operation), *call.args, **call.kwargs)
    sent = buildkite.taken()
    assert sent.headers["Authorization"] == f"Bearer {TOKEN}"
    assert sent.url.netloc == b"localhost:8080"
    below = sent.url.copy_with(raw_path=sent.url.raw_path.removeprefix(b"/a%20proxy"))
    check_path(call, replace(sent, url=below))


@batched("operation", with_a_body)
def test_a_key_that_the_description_does_not_know_yet_is_sent(
    operation: Described, client: BuildkiteClient, buildkite: Buildkite
) -> None:
    assert operation.body
    call = replace(least(operation), body={}) if least(operation).body is OMITTED else least(operation)
    body = call.kwargs["body"]
    if not isinstance(body, RequestModel):
        pytest.skip("its body is no model")
    body.additional_properties["key_of_tomorrow"] = "yes"
    ready(buildkite, operation)
    client.request(module(operation), *call.args, **{**call.kwargs, "body": body})
    assert b"key_of_tomorrow" in buildkite.taken().body


def test_the_description_names_the_root_that_a_client_starts_from() -> None:
    with BuildkiteClient(token=TOKEN) as client:
        assert client.options.base_url == API
