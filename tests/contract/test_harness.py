"""The tests' own tools find what they are there to find."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from hypothesis import HealthCheck, find, given, settings
from hypothesis import strategies as st

from ..batches import batched
from .answers import Answers, differences
from .calls import Call, calls, module, sorted_pairs
from .checks import check_body, check_request
from .description import DOCUMENT, OPERATIONS, Body, best_match, misfits
from .values import Fill, Upload, plain, timestamp, values
from .wire import TOKEN, Buildkite, Part, multipart

JOB = {"$ref": "#/components/schemas/Job"}
BUILD = {"$ref": "#/components/schemas/Build"}


@batched("name", DOCUMENT["components"]["schemas"])
def test_what_is_drawn_for_a_schema_fits_it(name: str) -> None:
    schema = {"$ref": f"#/components/schemas/{name}"}
    for fill in Fill:
        for seed in range(2):
            assert misfits(schema, Answers(fill, seed).make(schema)) == []


def test_full_answers_hold_every_key() -> None:
    full = Answers(Fill.FULL, 0).make(JOB)
    assert set(full) == set(DOCUMENT["components"]["schemas"]["Job"]["properties"])
    assert not [key for key, value in full.items() if value is None or value in ([], {})]
    assert set(Answers(Fill.BARE, 0).make(JOB)) == set(DOCUMENT["components"]["schemas"]["Job"]["required"])


def test_a_difference_is_found() -> None:
    given = Answers(Fill.FULL, 0).make(BUILD)
    assert differences(BUILD, given, given) == []
    changes: list[dict[str, Any]] = [
        {"number": str(given["number"])},
        {"number": float(given["number"])},
        {"id": None},
        {"created_at": "2026-01-02T03:04:05.679Z"},
        {"created_at": "2026-01-02T03:04:05.678000Z"},
        {"new": 1},
        {"jobs": []},
        {"jobs": [{**given["jobs"][0], "async": 1}, *given["jobs"][1:]]},
        {"meta_data": {**given["meta_data"], "more": "x"}},
    ]
    for change in changes:
        assert differences(BUILD, given, {**given, **change}), change
    assert differences(BUILD, given, {key: value for key, value in given.items() if key != "id"})
    assert differences(BUILD, {"id": "b"}, {"id": "b", "jobs": [], "message": None, "env": {}}) == []
    assert differences(BUILD, {"id": "b"}, {"id": "b", "nothing_known": None})


def test_a_wrong_request_is_found() -> None:
    operation = OPERATIONS["list_pipeline_builds"]

    @settings(max_examples=5, suppress_health_check=list(HealthCheck))
    @given(calls(operation, Fill.FULL))
    def check(call: Call) -> None:
        url = "https://api.buildkite.com/v2/organizations/acme/pipelines/web/builds"
        request = httpx.Request("GET", url, params=urlencode(call.pairs))
        buildkite = Buildkite()
        buildkite.will_answer(200)
        with httpx.Client(transport=buildkite) as client:
            client.send(request)
        sound = replace(call, path={"org_slug": "acme", "pipeline_slug": "web"})
        sent = buildkite.taken()
        assert sorted_pairs(sent.query) == call.pairs
        headers = {"Host": "api.buildkite.com", "Accept": "application/json"}
        signed = replace(sent, headers=httpx.Headers({**headers, "Authorization": f"Bearer {TOKEN}"}))
        check_request(sound, signed)
        for wrong in (
            replace(signed, method="HEAD"),
            replace(signed, headers=httpx.Headers(headers)),
            replace(signed, headers=httpx.Headers({**signed.headers, "X-More": "1"})),
            replace(signed, body=b"{}"),
            replace(signed, url=signed.url.copy_merge_params({"page": "1", "more": "2"})),
            replace(signed, url=signed.url.copy_remove_param("page")),
            replace(signed, url=httpx.URL(str(signed.url).replace("/web/", "/web%2Fx/"))),
            replace(signed, url=httpx.URL(str(signed.url).replace("/builds", "/builds/"))),
        ):
            with pytest.raises(AssertionError):
                check_request(sound, wrong)

    check()


def test_the_parts_of_a_multipart_body_are_read() -> None:
    buildkite = Buildkite()
    buildkite.will_answer(200)
    binary = bytes(range(256)) + b"\r\n\r\n--x\n"
    with httpx.Client(transport=buildkite) as client:
        client.post("https://x.test", data={"name": "é\r\n"}, files={"file": ("a.tgz", binary), "empty": ("b", b"")})
    assert multipart(buildkite.taken()) == [
        Part("name", None, "é\r\n".encode()),
        Part("file", "a.tgz", binary),
        Part("empty", "b", b""),
    ]


def test_a_wrong_part_is_found() -> None:
    schema = {
        "type": "object",
        "properties": {"file": {"type": "string", "format": "binary"}, "draft": {"type": "boolean"}},
    }
    operation = replace(OPERATIONS["create_build"], body=Body(True, "multipart/form-data", schema))
    for body, right in (
        ({"file": Upload(b"\x00\r\n"), "draft": True}, True),
        ({"file": Upload(b"\x00\r\n")}, False),
        ({"file": Upload(b"\x00\n"), "draft": True}, False),
        ({"file": Upload(b"\x00\r\n"), "draft": False}, False),
    ):
        buildkite = Buildkite()
        buildkite.will_answer(200)
        with httpx.Client(transport=buildkite) as client:
            client.post("https://x.test", data={"draft": "true"}, files={"file": ("f", b"\x00\r\n")})
        call = Call(operation, {}, {}, {}, body, ())
        if right:
            check_body(call, buildkite.taken())
        else:
            with pytest.raises(AssertionError):
                check_body(call, buildkite.taken())


def test_files_are_drawn_where_a_schema_is_binary() -> None:
    for schema in ({"type": "string", "format": "binary"}, {"type": "string", "contentMediaType": "application/x-tar"}):
        assert isinstance(find(values(schema, Fill.FULL), lambda _: True), Upload)


@given(st.datetimes(dt.datetime(2, 1, 1), dt.datetime(9998, 12, 30)), st.integers(-1439, 1439))
def test_a_moment_is_written_the_same_from_every_zone(naive: dt.datetime, minutes: int) -> None:
    moment = naive.replace(tzinfo=dt.UTC)
    elsewhere = moment.astimezone(dt.timezone(dt.timedelta(minutes=minutes)))
    assert timestamp(elsewhere) == timestamp(moment) == plain(elsewhere)
    assert dt.datetime.fromisoformat(timestamp(moment)) == moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def test_fixed_segments_go_before_parameters() -> None:
    assert best_match("GET", "/v2/organizations/acme") == ("get_organization", {"org_slug": "acme"})
    assert best_match("GET", "/v2/organizations/acme/") is None
    assert best_match("PUT", "/v2/organizations/acme") is None


def test_every_module_can_be_had() -> None:
    assert len({module(operation) for operation in OPERATIONS.values()}) == len(OPERATIONS)
