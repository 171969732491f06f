"""What a request that was sent has to be."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import unquote

from buildkite_api.operations import match

from .answers import content, headers_of
from .calls import OMITTED, Call, python_names, sorted_pairs
from .description import Described, is_json, misfits
from .values import Upload, text_of
from .wire import TOKEN, Buildkite, Sent, multipart

ENCODED = re.compile(r"(?:[A-Za-z0-9._~-]|%[0-9A-F]{2})+")
OURS = {"host", "accept", "accept-encoding", "connection", "user-agent", "authorization", "content-length"}
"""The headers of every request."""


def ready(buildkite: Buildkite, operation: Described) -> None:
    """Let Buildkite answer an operation with the least that it may."""
    buildkite.will_answer(operation.success, content(operation), **headers_of(operation))


def check_request(call: Call, sent: Sent) -> None:
    """That a request says what its call does, as the description tells it to."""
    assert sent.method == call.operation.method
    check_path(call, sent)
    assert sorted_pairs(sent.query) == call.pairs
    check_headers(call, sent)
    check_body(call, sent)


def check_path(call: Call, sent: Sent) -> None:
    """That each parameter is one segment of the path, and that the path is this operation's."""
    operation = call.operation
    template, path = operation.path.split("/"), sent.raw_path.split("/")
    assert len(path) == len(template), (operation.path, sent.raw_path)
    for wanted, segment in zip(template, path, strict=True):
        if wanted.startswith("{"):
            assert ENCODED.fullmatch(segment), segment
            assert unquote(segment, errors="strict") == call.values_in_path[wanted[1:-1]]
        else:
            assert segment == wanted
    found = match(sent.method, sent.raw_path)
    assert found is not None
    assert (found[0].id, found[1]) == (operation.id, call.values_in_path)


def check_headers(call: Call, sent: Sent) -> None:
    """That the headers are the client's own and the described ones."""
    operation = call.operation
    for name, value in call.headers_sent.items():
        assert sent.headers.get(name) == value
    allowed = (
        OURS | {name.lower() for name in call.headers_sent} | ({"content-type"} if call.body is not OMITTED else set())
    )
    assert set(sent.headers) <= allowed | {"transfer-encoding"}
    if operation.signed:
        assert sent.headers.get("Authorization") == f"Bearer {TOKEN}"
    assert sent.headers.get("Host") == sent.url.host
    accepted = sent.headers.get("Accept")
    assert accepted == operation.media if operation.media else accepted in ("application/json", "*/*")


def check_body(call: Call, sent: Sent) -> None:
    """That the body is what was given, key by key, and what the description allows."""
    body = call.operation.body
    if body is None or call.body is OMITTED:
        assert sent.body == b""
        assert "content-type" not in sent.headers
        return
    media = sent.headers.get("Content-Type", "").partition(";")[0]
    assert media == body.media
    if "content-length" in sent.headers:
        assert sent.headers["Content-Length"] == str(len(sent.body))
    if is_json(body.media):
        arrived = json.loads(sent.body)
        # Not `==`, for which 1 and true are one.
        assert json.dumps(arrived, sort_keys=True) == json.dumps(call.json, sort_keys=True)
        assert misfits(body.schema, arrived) == []
    elif media == "multipart/form-data":
        check_parts(call, sent)
    else:
        wanted = call.body.content if isinstance(call.body, Upload) else text_of(call.body).encode()
        assert sent.body == wanted


def check_parts(call: Call, sent: Sent) -> None:
    """That a multipart body has a part for each field that was given, the bytes of files as they are."""
    wanted = []
    for name, value in call.body.items():
        for each in value if isinstance(value, (list, tuple)) else [value]:
            is_file = isinstance(each, Upload)
            wanted.append((name, is_file, each.content if is_file else text_of(each).encode()))
    parts = [(part.name, part.filename is not None, part.content) for part in multipart(sent)]
    assert sorted(parts) == sorted(wanted)


def same_request(one: Sent, two: Sent) -> None:
    """That two requests are one, whatever chose their boundary and their media type."""
    if one.headers.get("Content-Type", "").startswith("multipart/"):
        assert (one.method, one.url) == (two.method, two.url)
        assert sorted(map(repr, multipart(one))) == sorted(map(repr, multipart(two)))
    else:
        assert one.what == two.what
        assert one.headers.get("Content-Type") == two.headers.get("Content-Type")


def names_in_path(operation: Described) -> list[str]:
    """The arguments that stand in an operation's path."""
    return [python_names(operation)[parameter.name] for parameter in operation.within("path")]


def replaced(args: list[Any], index: int, value: Any) -> list[Any]:
    """The arguments with another one in a place."""
    return [*args[:index], value, *args[index + 1 :]]
