"""What Buildkite answers becomes what an operation declares, and says the same when it is turned back into JSON."""

from __future__ import annotations

import json
from functools import reduce
from inspect import signature
from operator import or_
from typing import Any, get_args, get_origin

import httpx
import pytest
from buildkite_api import models
from buildkite_api.base import Model

from buildkite_ext import BuildkiteClient, events

from ..batches import batched
from .answers import Answers, content, differences, headers_of
from .calls import least, module
from .description import OPERATIONS, Described, Schema, kind_of, members, misfits, resolve
from .values import Fill, class_of
from .wire import Buildkite

every_operation = batched("operation", OPERATIONS.values())
with_json = [each for each in OPERATIONS.values() if each.answers_json and each.method != "HEAD"]
with_text = [each for each in OPERATIONS.values() if each.media and not each.answers_json and each.method != "HEAD"]
with_nothing = [each for each in OPERATIONS.values() if not each.media or each.method == "HEAD"]
SEEDS = {Fill.BARE: 1, Fill.SOME: 4, Fill.FULL: 2}


def declared(operation: Described) -> Any:
    """The type that an operation's function declares for its success."""
    text = str(signature(module(operation)._parse_response).return_annotation)
    assert text.startswith("Error | "), text
    return eval(text.removeprefix("Error | "), {"Any": Any, **{name: getattr(models, name) for name in models.__all__}})


def described(operation: Described) -> Any:
    """The type that the description leads to."""
    if operation in with_nothing:
        return None
    return _type_of(operation.answer or {}) if operation.answers_json else str


def _type_of(schema: Schema) -> Any:
    member, *others = members(schema)
    if others:
        return reduce(or_, map(_type_of, (member, *others)))
    found = resolve(member)
    if kind_of(found) == "array":
        return list[_type_of(found.get("items", {}))]  # type: ignore[misc]
    if kind_of(found) == "object" and not found.get("properties"):
        return dict[str, Any]
    plain = {"string": str, "integer": int, "number": float, "boolean": bool, None: Any}
    return class_of(member) or plain[kind_of(found)]


def fits(type_: Any, value: Any) -> bool:
    """Whether a value is of a type, with the items of a list."""
    if get_origin(type_) is list:
        return isinstance(value, list) and all(fits(get_args(type_)[0], item) for item in value)
    return type_ is Any or isinstance(value, get_origin(type_) or type_ or type(None))


def back(value: Any) -> Any:
    """The JSON of what was decoded."""
    if isinstance(value, list):
        return [back(item) for item in value]
    return value.to_dict() if isinstance(value, Model) else value


class Answered:
    """Calls an operation, and answers it with a body."""

    def __init__(self, client: BuildkiteClient, buildkite: Buildkite) -> None:
        self.drift: list[Any] = []
        self.tolerant = client
        self.strict = client.with_options(strict=True)
        self.keeping = client.with_options(unknown="keep")
        self._buildkite = buildkite

    def read(self, client: BuildkiteClient, operation: Described, body: bytes) -> Any:
        self._buildkite.will_answer(operation.success, body, **headers_of(operation))
        call = least(operation)
        return client.call(module(operation), *call.args, **call.kwargs)


@pytest.fixture
def answered(client: BuildkiteClient, buildkite: Buildkite) -> Answered:
    return Answered(client, buildkite)


@every_operation
def test_an_operation_declares_the_type_that_is_described(operation: Described) -> None:
    assert declared(operation) == described(operation)


@batched("operation", with_json)
@pytest.mark.parametrize("fill", Fill)
def test_an_answer_becomes_its_type_and_comes_back_as_it_was(
    operation: Described, fill: Fill, answered: Answered
) -> None:
    schema = operation.answer or {}
    for seed in range(SEEDS[fill]):
        given = Answers(fill, seed).make(schema)
        assert misfits(schema, given) == []
        body = json.dumps(given).encode()
        value = answered.read(answered.strict, operation, body)
        assert fits(declared(operation), value)
        assert differences(schema, given, back(value)) == []
        # The tolerant decoder takes another way to the same.
        assert answered.read(answered.tolerant, operation, body) == value
        assert answered.read(answered.keeping, operation, body) == value


@batched("operation", with_json)
def test_an_answer_of_tomorrow_comes_back_as_it_was(operation: Described, answered: Answered) -> None:
    schema = operation.answer or {}
    for seed in range(3):
        given = Answers(Fill.FULL, seed, beyond=True).make(schema)
        body = json.dumps(given, ensure_ascii=False).encode()
        for client in (answered.tolerant, answered.strict):
            value = answered.read(client, operation, body)
            assert fits(declared(operation), value)
            assert differences(schema, given, back(value)) == []


@batched("operation", with_json)
def test_an_answer_that_fits_is_no_drift(operation: Described, buildkite: Buildkite) -> None:
    seen: list[events.Event] = []
    with BuildkiteClient(token="x", transport=buildkite, on_event=seen.append) as client:
        for fill in Fill:
            buildkite.will_answer(operation.success, content(operation, fill), **headers_of(operation))
            client.call(module(operation), *least(operation).args, **least(operation).kwargs)
    assert [event for event in seen if isinstance(event, events.SchemaDrift)] == []


@batched("operation", with_text)
def test_a_text_is_a_string(operation: Described, answered: Answered) -> None:
    for text in ("", "two\nlines\r\n", "ünï 日本 🦀", '{"message": "not JSON to us"}', "\ufeff\x1b[31mred\x00"):
        assert answered.read(answered.tolerant, operation, text.encode()) == text


@batched("operation", with_nothing)
def test_no_content_is_none(operation: Described, answered: Answered) -> None:
    assert answered.read(answered.strict, operation, b"") is None
    if operation.success != 204 and operation.method != "HEAD":
        assert answered.read(answered.strict, operation, b'{"message": "done"}') is None


@every_operation
def test_request_gives_the_answer_as_it_came(
    operation: Described, client: BuildkiteClient, buildkite: Buildkite
) -> None:
    body = content(operation, Fill.FULL)
    buildkite.will_answer(operation.success, body, **headers_of(operation), X_Of_Its_Own="yes")
    response = client.request(module(operation), *least(operation).args, **least(operation).kwargs)
    assert isinstance(response, httpx.Response)
    assert (response.status_code, response.content, response.headers["X-Of-Its-Own"]) == (
        operation.success,
        body,
        "yes",
    )


@pytest.mark.parametrize("operation", [each for each in OPERATIONS.values() if 300 <= each.success < 400], ids=str)
def test_a_redirect_is_read_and_not_followed(operation: Described, answered: Answered, buildkite: Buildkite) -> None:
    value = answered.read(answered.strict, operation, b'{"url": "https://storage.test/file"}')
    assert value.url.reveal() == "https://storage.test/file"
    assert buildkite.taken().url.host == "api.buildkite.com"
