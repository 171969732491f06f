"""Hostile arguments and answers: each call of the table ends in a result, in an error of the tree, or in one that names the argument."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
import traceback
from typing import Any

import httpx
import pytest
from buildkite_api.types import File

from buildkite_ext import BuildkiteClient, BuildkiteError, ConfigurationError, Retry
from tests.batches import batched

from .table import ADDRESS, ROWS, Recorder, Row, call, call_blocking, clients, parameters, value

TOKEN = "bkua_0123456789abcdefghij"
DEEP = 100_000
EVERY = 4
"""Each argument and each operation is tried with a quarter of the values, so that all together are tried with all of them."""


def nested(depth: int) -> list[Any]:
    found: list[Any] = []
    for _ in range(depth):
        found = [found]
    return found


ARGUMENTS: dict[str, Any] = {
    "surrogate": "a\ud800b",
    "NUL": "a\0b",
    "CRLF": "a\r\nX: b",
    "huge number": 10**5000,
    "empty": "",
    "dots": "..",
    "None": None,
    "object": object(),
    "bytes": b"\xff",
    "timedelta": dt.timedelta(1),
    "date": dt.date(2026, 1, 1),
    "no zone": dt.datetime(2026, 1, 1),
    "NaN": float("nan"),
    "infinity": float("inf"),
    "nested": nested(DEEP),
    "surrogate in a list": ["\ud800"],
    "surrogate in a map": {"\ud800": "x"},
    "object in a list": [object()],
    "set in a map": {"a": {1}},
    "long": "x" * 200_000,
}


def arguments(row: Row, client: object) -> dict[str, Any]:
    """Return the required arguments of a call by name."""
    found: dict[str, Any] = {}
    for each in parameters(row.method(client)):
        if each.kind is each.POSITIONAL_OR_KEYWORD and each.name in ADDRESS:
            found[each.name] = ADDRESS[each.name]
        elif (each.kind is each.POSITIONAL_OR_KEYWORD and each.name != "default") or (
            each.default is each.empty and each.kind not in (each.VAR_KEYWORD, each.VAR_POSITIONAL)
        ):
            found[each.name] = value(each.annotation.split(" | ")[0])
    if str(row) == "builds.create":
        found["branch"] = "main"  # otherwise the pipeline is asked for it first
    if "file" in found:
        file = io.BytesIO(b"x")
        file.name = "x.bin"
        found["file"] = file if row.by_hand else File(file)
    return found


def send(row: Row, client: Any, given: dict[str, Any]) -> Any:
    positional = [each.name for each in parameters(row.method(client)) if each.kind is each.POSITIONAL_ONLY]
    named = {name: each for name, each in given.items() if name not in positional}
    made = [given[name] for name in positional if name in given]
    return call_blocking(row.method(client), *made, **named)


def frames(error: BaseException) -> list[str]:
    return [frame.filename for frame in traceback.extract_tb(error.__traceback__) if "buildkite_ext/" in frame.filename]


@pytest.mark.filterwarnings("ignore::buildkite_ext.UnknownNameWarning")
@batched("row", ROWS)
def test_an_argument_that_cannot_be_sent_is_named(row: Row) -> None:
    recorder = Recorder()
    recorder.operation = row.operation
    blocking, _ = clients(recorder)
    taken = [each for each in parameters(row.method(blocking)) if each.kind is not each.VAR_KEYWORD]
    for number, each in enumerate(taken, start=ROWS.index(row)):
        for kind, hostile in list(ARGUMENTS.items())[number % EVERY :: EVERY]:
            given = {**arguments(row, blocking), each.name: hostile}
            before = len(recorder.requests)
            failure: Exception | None = None
            try:
                send(row, blocking, given)
            except (BuildkiteError, OSError):
                continue
            except (TypeError, ValueError) as error:
                failure = error
            if failure is None:
                assert kind not in ("surrogate", "object", "nested", "surrogate in a list"), (each.name, kind)
                continue
            said = str(failure)
            assert not isinstance(failure, UnicodeError), (each.name, kind)
            assert re.search(rf"\b{each.name}\b", said), (each.name, kind, said)
            assert len(said) < 500, (each.name, kind)
            assert len(recorder.requests) == before, (each.name, kind)


@pytest.mark.parametrize(
    ("service", "method", "given", "said"),
    [
        ("builds", "list", {"created_from": dt.timedelta(1)}, "created_from is a timedelta: give a datetime with a time zone, or a text"),
        ("builds", "list", {"created_to": dt.date(2026, 1, 1)}, "created_to is a date: give a datetime with a time zone, or"),
        ("builds", "list", {"branch": 5}, "branch is an int: give a text (str) or a list of texts"),
        ("builds", "list", {"branch": ["a", {}]}, "branch[1] is a dict: give a text (str)"),
        ("builds", "get", {"pipeline": ["web"], "number": 1}, "pipeline is a list, and has to be a slug: write builds.get("),
        ("builds", "get", {"pipeline": "web", "number": {"number": 1}}, "number is a dict, and has to be an int: write builds.get("),
        ("builds", "create", {"pipeline": "web", "commit": "HEAD", "branch": "\udce9"}, "branch holds a lone surrogate"),
        ("builds", "create", {"pipeline": "web", "commit": "HEAD", "branch": "x", "env": {"A": "\ud800"}}, "env holds a lo"),
        ("agents", "list", {"limit": "5"}, "limit"),
        ("clusters", "create", {"name": "c", "description": dt.timedelta(1)}, "description is a timedelta: give a text (str)"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)  # fmt: skip
async def test_the_message_says_what_was_given(service: str, method: str, given: dict[str, Any], said: str) -> None:
    recorder = Recorder()
    for client in clients(recorder):
        with pytest.raises((TypeError, ValueError)) as caught:
            await call(getattr(getattr(client, service), method), **given)
        assert said in str(caught.value)
        assert recorder.requests == []


BODIES: dict[str, bytes] = {
    "nested": b"[" * DEEP,
    "nested and closed": b"[" * DEEP + b"]" * DEEP,
    "nested map": b'{"a":' * DEEP,
    "nested message": b'{"message":' + b"[" * 900 + b"]" * 900 + b',"errors":[' + b"[" * 900 + b"]" * 900 + b"]}",
    "nested id": b'{"id":' + b"[" * 900 + b"]" * 900 + b',"items":[[[]]]}',
    "digits": b'{"number":' + b"9" * 5000 + b',"id":1e999}',
    "items of another type": b'{"items":5,"links":5}',
    "no UTF-8": b'{"id":"\xff\xfe"}',
    "surrogate": b'[{"id":"\\ud800","message":"\\ud800"}]',
    "UTF-16": '{"a":1}'.encode("utf-16"),
    "nothing": b"",
    "null": b"null",
    "token": json.dumps({"message": f"Bearer {TOKEN}", "id": TOKEN, "errors": [TOKEN, {"field": TOKEN}]}).encode(),
    "page with the token": b"<html>Authorization: Bearer " + TOKEN.encode(),
    "control characters": b'{"message":"\\u001b[31mred\\r\\nX: y\\u202e","errors":["\\u001b]0;t\\u0007"]}',
}
HEADERS = {
    "Location": f"https://other.test/?access_token={TOKEN}",
    "X-Request-Id": f"\x1b[31m{TOKEN}",
    "Link": '<http://[::1>; rel="next"',
    "RateLimit-Reset": "9" * 5000,
    "Content-Type": "text/plain; charset=nope",
}


@pytest.mark.filterwarnings("ignore::buildkite_ext.UnknownNameWarning")
@batched("row", ROWS)
def test_no_answer_raises_another_error_or_shows_the_token(row: Row) -> None:
    now: dict[str, Any] = {}
    transport = httpx.MockTransport(
        lambda _: httpx.Response(now["status"], headers=now["headers"], stream=httpx.ByteStream(now["body"]))
    )
    client = BuildkiteClient("acme", token=TOKEN, transport=transport, retry=Retry(attempts=1))
    given = arguments(row, client)
    for status in (row.operation.success, 302, 422, 500):
        for kind, body in list(BODIES.items())[ROWS.index(row) % EVERY :: EVERY]:
            for headers in ({}, HEADERS):
                now.update(status=status, headers=headers, body=body)
                try:
                    send(row, client, given)
                except BuildkiteError as error:
                    assert_clean(error, f"{status} {kind}")


def assert_clean(error: BuildkiteError, what: str) -> None:
    """Check that an error shows neither the token nor a control character, and ends at the line that called."""
    assert all(char.isprintable() or char == "\n" for char in str(error)), what
    assert frames(error) == [], what
    chain: list[BaseException] = [error]
    while (cause := chain[-1].__cause__ or chain[-1].__context__) is not None:
        chain.append(cause)
    for each in chain:
        assert TOKEN not in f"{each} {each!r} {each.args!r} {vars(each)!r}", what
    response = getattr(error, "response", None)
    if response is not None:
        assert TOKEN not in f"{response.headers.raw} {response.content!r} {response.request.headers.raw}", what


@pytest.mark.parametrize(
    "prefix", ["bkua_", "bktx_", "bkaa_", "bkaj_", "bkar_", "bkct_", "bkpt_", "bkpat_", "bkps_", "bktr_"]
)
async def test_a_token_never_stands_in_the_place_of_a_slug(prefix: str) -> None:
    recorder = Recorder()
    pasted = f"{prefix}0123456789abcdef"
    with pytest.raises(ConfigurationError, match="organization= is an API token") as caught:
        BuildkiteClient(pasted, token=TOKEN)
    assert pasted not in str(caught.value)
    for client in clients(recorder):
        for made in (
            lambda client=client: client.with_options(organization=pasted),
            lambda client=client: client.organizations.get(pasted),
            lambda client=client: client.builds.get(pasted, 1),
            lambda client=client: client.agents.get(pasted),
        ):
            with pytest.raises(ConfigurationError) as caught:
                await call(made)
            assert pasted not in str(caught.value)
    assert recorder.requests == []
