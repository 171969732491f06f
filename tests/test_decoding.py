"""The decoder: fast where a body fits its description, tolerant where it does not, and exact about which is which."""

from __future__ import annotations

import datetime as dt
import json
import math
import re
import subprocess
import sys
import threading
from contextlib import suppress
from typing import Any

import attrs
import httpx
import msgspec
import pytest
from buildkite_api.base import ReadModel
from buildkite_api.client import Client
from buildkite_api.decoding import DecodeError, Decoder, Drift, UnexpectedBody, build, decode_error, prepare
from buildkite_api.models import (
    Agent,
    Build,
    BuildState,
    Error,
    Job,
    JobLog,
    JobPage,
    JobStateCounts,
    Organization,
    Pipeline,
    TestWithMetrics,
    User,
)
from hypothesis import example, given
from hypothesis import strategies as st

BUILD: dict[str, Any] = {
    "id": "b1",
    "url": "https://api.test/builds/7",
    "web_url": "https://test/builds/7",
    "number": 7,
    "state": "passed",
    "created_at": "2026-01-02T03:04:05.678Z",
    "env": {"A": "1"},
    "jobs": [
        {
            "id": "j1",
            "type": "script",
            "state": "passed",
            "exit_status": 0,
            "agent": {"id": "a1", "url": "u", "name": "n"},
        },
        {"id": "j2", "type": "trigger", "state": "failed", "async": True},
    ],
}


def encoded(body: object) -> bytes:
    return json.dumps(body).encode()


def decoded(type_: Any, body: object, **options: Any) -> tuple[Any, list[Drift]]:
    drift: list[Drift] = []
    return Decoder(on_drift=drift.append, **options).decode(type_, encoded(body)), drift


# --- What fits --------------------------------------------------------------------------------------------------------


def test_a_build_that_fits() -> None:
    build, drift = decoded(Build, BUILD)
    assert build.number == 7
    assert build.state is BuildState.PASSED
    assert build.created_at == dt.datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=dt.UTC)
    assert [job.exit_status for job in build.jobs] == [0, None]
    assert [job.async_ for job in build.jobs] == [None, True]
    assert isinstance(build.jobs[0].agent, Agent)
    assert build.pipeline is None
    assert build.meta_data == {}
    assert drift == []


def test_an_empty_page() -> None:
    assert decoded(list[Build], []) == ([], [])
    page, drift = decoded(JobPage, {"items": [], "links": {}})
    assert (page.items, page.links.next, drift) == ([], None, [])


def test_what_is_no_model_is_decoded_too() -> None:
    assert decoded(dict[str, int], {"a": 1}) == ({"a": 1}, [])
    assert decoded(list[str], ["a"]) == (["a"], [])
    assert decoded(Any, {"a": [1]}) == ({"a": [1]}, [])


def test_all_ways_make_the_same_of_a_body_that_fits() -> None:
    fast = Decoder().decode(Build, encoded(BUILD))
    assert Decoder(strict=True).decode(Build, encoded(BUILD)) == fast
    assert Decoder(unknown="keep").decode(Build, encoded(BUILD)) == fast
    assert build(Build, BUILD) == Build.from_dict(BUILD) == fast


# --- What does not fit: one at a time, in one item of a page ----------------------------------------------------------

MISFITS: dict[str, tuple[dict[str, Any], str, Any, tuple[str, str, str] | None]] = {
    "number as text": ({"number": "7"}, "number", "7", ("Build", "number", "type")),
    "text as number": ({"message": 5}, "message", 5, ("Build", "message", "type")),
    "boolean as text": ({"blocked": "no"}, "blocked", "no", ("Build", "blocked", "type")),
    "number as boolean": ({"number": True}, "number", True, ("Build", "number", "type")),
    "fraction": ({"number": 7.5}, "number", 7.5, ("Build", "number", "type")),
    "list for an object": ({"creator": ["u1"]}, "creator", ["u1"], ("Build", "creator", "type")),
    "text for an object": ({"pipeline": "web"}, "pipeline", "web", ("Build", "pipeline", "type")),
    "object for a date": ({"created_at": {}}, "created_at", {}, ("Build", "created_at", "type")),
    "no date": ({"created_at": "yesterday"}, "created_at", "yesterday", ("Build", "created_at", "type")),
    "no such date": (
        {"created_at": "2026-02-30T00:00:00Z"},
        "created_at",
        "2026-02-30T00:00:00Z",
        ("Build", "created_at", "type"),
    ),
    "list for a map": ({"env": ["A=1"]}, "env", ["A=1"], ("Build", "env", "type")),
    "state as number": ({"state": 3}, "state", 3, ("Build", "state", "type")),
}


@pytest.mark.parametrize(("change", "attribute", "value", "drift"), MISFITS.values(), ids=MISFITS)
def test_a_misfit_stays_as_it_came_and_costs_only_its_item(
    change: dict[str, Any], attribute: str, value: Any, drift: tuple[str, str, str]
) -> None:
    odd = {**BUILD, **change, "id": "odd", "surprise": 1}
    found, drifts = decoded(list[Build], [BUILD, odd, BUILD])
    assert [each.id for each in found] == ["b1", "odd", "b1"]
    assert getattr(found[1], attribute) == value
    assert type(getattr(found[1], attribute)) is type(value)
    assert found[0] == found[2] == Decoder().decode(Build, encoded(BUILD))
    assert Drift(*drift) in drifts
    # The tolerant way keeps what it finds, and the fast way beside it still reads the rest of the item.
    assert found[1].additional_properties == {"surprise": 1}
    assert found[1].url == BUILD["url"]
    with pytest.raises(DecodeError, match=rf"{drift[0]}\.{drift[1]}.*list\[Build\]\[1\]\.{drift[1]}"):
        Decoder(strict=True).decode(list[Build], encoded([BUILD, odd, BUILD]))


@pytest.mark.parametrize("key", ["id", "number", "state"])
@pytest.mark.parametrize("kind", ["missing", "null"])
def test_a_required_key_that_is_not_there_is_none(key: str, kind: str) -> None:
    body = {**BUILD, key: None}
    if kind == "missing":
        del body[key]
    found, drift = decoded(list[Build], [body])
    assert getattr(found[0], key) is None
    assert drift == [Drift("Build", key, kind)]
    assert found[0] == Decoder(unknown="keep").decode(list[Build], encoded([body]))[0]
    with pytest.raises(DecodeError, match=rf"Build\.{key}: .*list\[Build\]\[0\]\.{key}"):
        Decoder(strict=True).decode(list[Build], encoded([body]))


def test_a_misfit_deep_inside_is_named_by_its_path() -> None:
    body = {
        **BUILD,
        "jobs": [
            BUILD["jobs"][1],
            {**BUILD["jobs"][0], "agent": {"id": "a1", "url": "u", "name": "n", "creator": {"id": 5}}},
        ],
    }
    found, drift = decoded(Build, body)
    assert found.jobs[1].agent.creator.id == 5
    assert found.jobs[0].async_ is True
    assert drift == [Drift("User", "id", "type")]
    with pytest.raises(DecodeError) as caught:
        Decoder(strict=True).decode(Build, encoded(body))
    assert str(caught.value) == "User.id: another type than described (at Build.jobs[1].agent.creator.id)"


@pytest.mark.parametrize(
    ("item", "got"), [(5, "a number"), (None, "null"), ([BUILD], "a list"), ("x", "a text"), (True, "a boolean")]
)
@pytest.mark.parametrize("options", [{}, {"strict": True}, {"unknown": "keep"}])
def test_an_item_that_is_no_object_is_refused_in_a_list_of_objects(
    item: Any, got: str, options: dict[str, Any]
) -> None:
    for type_, body, path in (
        (list[Build], [BUILD, item], "list[Build][1]"),
        (Build, {**BUILD, "jobs": [item]}, "Build.jobs[0]"),
        (list[Build], [BUILD, {**BUILD, "jobs": [BUILD["jobs"][0], item]}], ".jobs[1]"),
        (JobPage, {"items": [BUILD["jobs"][0], item], "links": {}}, "JobPage.items[1]"),
    ):
        with pytest.raises(UnexpectedBody, match=re.escape(f"{path}: expected a JSON object, got {got}")):
            Decoder(**options).decode(type_, encoded(body))


def test_something_else_than_a_list_of_objects_is_refused() -> None:
    for jobs in ("x", 5, {"items": []}):
        with pytest.raises(UnexpectedBody, match=r"Build\.jobs: expected a JSON list, got a"):
            decoded(Build, {**BUILD, "jobs": jobs})
    assert decoded(Build, {**BUILD, "jobs": None})[0].jobs == []


def test_items_that_are_no_objects_stay_where_none_are_described() -> None:
    found, drift = decoded(Pipeline, {"id": "p1", "tags": ["a", None, 5]})
    assert found.tags == ["a", None, 5]
    assert {"null", "type"} <= {each.kind for each in drift}


def test_an_unknown_state_survives() -> None:
    found, drift = decoded(Build, {**BUILD, "state": "frozen"})
    assert found.state == "frozen"
    assert found.state.known is False
    assert drift == []
    assert found.to_dict()["state"] == "frozen"


def test_a_union_takes_what_it_lists() -> None:
    assert decoded(Build, {**BUILD, "author": "a@test"})[0].author == "a@test"
    assert decoded(Build, {**BUILD, "author": {"name": "A"}})[0].author.name == "A"
    found, drift = decoded(Build, {**BUILD, "author": 5})
    assert (found.author, drift) == (5, [Drift("Build", "author", "type")])


def test_a_page_whose_links_are_wrong() -> None:
    page, drift = decoded(JobPage, {"items": BUILD["jobs"], "links": "none"})
    assert [job.id for job in page.items] == ["j1", "j2"]
    assert (page.links, drift) == ("none", [Drift("JobPage", "links", "type")])


def test_a_page_without_links_or_items() -> None:
    page, drift = decoded(JobPage, {})
    assert (page.items, page.links) == ([], None)
    assert set(drift) == {Drift("JobPage", "items", "missing"), Drift("JobPage", "links", "missing")}


def test_a_misfit_in_a_page_costs_only_its_item() -> None:
    page, drift = decoded(JobPage, {"items": [{"id": "j1", "type": 1}, BUILD["jobs"][1]], "links": {"next": "n"}})
    assert [job.type for job in page.items] == [1, "trigger"]
    assert page.links.next == "n"
    assert drift == [Drift("Job", "type", "type")]


# --- Keys that the description does not know --------------------------------------------------------------------------


def test_unknown_keys_are_ignored_and_reported_once() -> None:
    drift: list[Drift] = []
    decoder = Decoder(on_drift=drift.append)
    odd = {**BUILD, "surprise": 1, "creator": {"id": "u1", "shoe_size": 43}}
    odd["jobs"] = [{**job, "mood": "good"} for job in BUILD["jobs"]]
    for _ in range(3):
        assert decoder.decode(Build, encoded(odd)).additional_properties == {}
        assert decoder.decode(list[Build], encoded([odd, odd]))[1].creator.additional_properties == {}
    expected = {("Build", "surprise", "unknown"), ("User", "shoe_size", "unknown"), ("Job", "mood", "unknown")}
    assert len(drift) == 3
    assert set(drift) == expected


def test_of_a_page_the_items_and_the_page_itself_are_searched() -> None:
    body = {"items": [{"id": "j1", "type": "script", "mood": 1}], "links": {"last": "l"}, "total": 3}
    page, drift = decoded(JobPage, body)
    assert page.items[0].id == "j1"
    assert {each.key for each in drift} == {"mood", "last", "total"}


def test_unknown_keys_are_kept_on_demand() -> None:
    odd = {**BUILD, "surprise": {"deep": [1]}, "jobs": [{"id": "j1", "type": "script", "mood": "good"}]}
    found, drift = decoded(list[Build], [BUILD, odd], unknown="keep")
    assert found[0].additional_properties == {}
    assert found[1].additional_properties == {"surprise": {"deep": [1]}}
    assert found[1].jobs[0].additional_properties == {"mood": "good"}
    assert set(drift) == {Drift("Build", "surprise", "unknown"), Drift("Job", "mood", "unknown")}
    assert decoded(Build, found[1].to_dict(), unknown="keep")[0] == found[1]


def test_strict_refuses_unknown_keys() -> None:
    with pytest.raises(DecodeError) as caught:
        Decoder(strict=True).decode(list[Build], encoded([{**BUILD, "jobs": [{**BUILD["jobs"][0], "mood": 1}]}]))
    assert str(caught.value) == "Job.mood: the description does not know this key (at list[Build][0].jobs[0].mood)"


def test_no_key_reaches_what_is_not_the_descriptions() -> None:
    body = {**BUILD, "_additional": {"a": 1}, "additional_properties": {"a": 1}, "to_dict": 1, "__class__": "x"}
    found = Decoder().decode(Build, encoded(body))
    assert found == Decoder().decode(Build, encoded(BUILD))
    kept = Decoder(unknown="keep").decode(Build, encoded(body))
    assert kept.additional_properties == {key: body[key] for key in body.keys() - BUILD.keys()}


def test_an_attribute_that_is_no_key_is_not_filled() -> None:
    found, drift = decoded(Job, {"id": "j1", "type": "trigger", "async_": True})
    assert found.async_ is None
    assert drift == [Drift("Job", "async_", "unknown")]
    assert decoded(Job, {"id": "j1", "type": "trigger", "async": True})[0].to_dict()["async"] is True


# --- Timestamps in the older form -------------------------------------------------------------------------------------

OLD = "2018-03-25 03:58:14 UTC"
MOMENT = dt.datetime(2018, 3, 25, 3, 58, 14, tzinfo=dt.UTC)


@pytest.mark.parametrize("space", ["", " ", "\n   "])
def test_both_forms_of_timestamps(space: str) -> None:
    content = encoded([{**BUILD, "created_at": OLD, "pipeline": {"created_at": OLD}}, BUILD])
    drift: list[Drift] = []
    decoder = Decoder(on_drift=drift.append)
    found = decoder.decode(list[Build], content.replace(b": ", f"{space}:{space}".encode()))
    assert found[0].created_at == found[0].pipeline.created_at == MOMENT
    assert found[1].created_at.year == 2026
    assert {each.kind for each in drift} == {"missing"}


@pytest.mark.parametrize("options", [{}, {"unknown": "keep"}, {"strict": True}])
def test_text_that_only_looks_like_a_timestamp_is_untouched(options: dict[str, Any]) -> None:
    quoting = f'"created_at": "{OLD}'
    body = {
        **BUILD,
        "created_at": OLD,
        "message": quoting,
        "commit": OLD,
        "branch": f'{quoting}"',
        "env": {"created_at": OLD, "at": OLD, "quoted": quoting, "message": f"at {OLD}"},
        "meta_data": {"started_at": OLD, "deep": [{"created_at": OLD}, OLD], "marked": "2018-03-25t03:58:14.00z!"},
        "author": OLD,
        "jobs": [{"id": "j1", "type": "script", "matrix": {"created_at": OLD}, "command": quoting}],
    }
    content = encoded(body)
    found = Decoder(**options).decode(Build, content)
    assert found.created_at == MOMENT
    for key in ("message", "commit", "branch", "env", "meta_data", "author"):
        assert getattr(found, key) == body[key], key
    assert found.jobs[0].matrix == {"created_at": OLD}
    assert found.jobs[0].command == quoting
    assert content == encoded(body)


def test_a_log_is_untouched() -> None:
    log = {"url": "u", "content": f'"created_at": "{OLD}', "size": 3, "header_times": []}
    assert decoded(JobLog, log)[0].content == log["content"]


def test_a_misfit_keeps_its_texts_as_they_were() -> None:
    odd = {**BUILD, "created_at": OLD, "number": "7", "surprise": {"created_at": OLD}, "env": {"created_at": OLD}}
    found = Decoder().decode(list[Build], encoded([BUILD, odd]))[1]
    assert found.created_at == MOMENT
    assert found.additional_properties == {"surprise": {"created_at": OLD}}
    assert found.env == {"created_at": OLD}


@pytest.mark.parametrize("text", ["2018-03-25 03:58:14 UTCx", "2018-13-25 03:58:14 UTC", "03:58:14 UTC", " UTC", "UTC"])
def test_what_is_nearly_a_timestamp_stays(text: str) -> None:
    assert Decoder().decode(list[Build], encoded([{**BUILD, "created_at": text}]))[0].created_at == text


def test_a_timestamp_without_a_zone_stays_without_one() -> None:
    found = Decoder().decode(Build, encoded({**BUILD, "created_at": "2026-01-02T03:04:05"}))
    assert found.created_at == dt.datetime(2026, 1, 2, 3, 4, 5)
    assert found.to_dict()["created_at"] == "2026-01-02T03:04:05.000"


@given(st.datetimes(timezones=st.sampled_from([dt.UTC, dt.timezone(dt.timedelta(hours=-7))])))
def test_moments_go_out_and_in_again(moment: dt.datetime) -> None:
    user = User(id="u1", created_at=moment)
    again = Decoder(strict=True).decode(User, encoded(user.to_dict()))
    assert again.created_at == moment
    assert again.to_dict() == user.to_dict()


# --- Bodies that are not the JSON they should be ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("type_", "content", "says"),
    [
        (Build, b"", "Build: expected JSON, got an empty body"),
        (Build, b" \n", "got an empty body"),
        (list[Build], b"<!DOCTYPE html>\n<html>Bad gateway", "expected JSON, got '<!DOCTYPE html>"),
        (Build, b"[]", r"Build: expected a JSON object, got '\[\]'"),
        (Build, b"null", "expected a JSON object, got 'null'"),
        (Build, b'"text"', "expected a JSON object"),
        (list[Build], b'{"message": "No"}', r"list\[Build\]: expected a JSON list, got '{\"message"),
        (list[Build], b"null", "expected a JSON list"),
        (JobPage, b"[]", "JobPage: expected a JSON object"),
        (dict[str, Any], b"[]", "expected a JSON object"),
        (Build, b'{"id": "b1"', "expected JSON"),
        (list[Build], b"[{}, {]", "expected JSON"),
        (list[Build], b"[{}] and more", "expected JSON"),
        (Build, b'{"number": NaN}', "expected JSON"),
        (Build, b'{"env": ' + b"[" * 100_000, "expected JSON"),
    ],
)
@pytest.mark.parametrize("options", [{}, {"strict": True}, {"unknown": "keep"}])
def test_an_unexpected_body_says_what_it_is(type_: Any, content: bytes, says: str, options: dict[str, Any]) -> None:
    with pytest.raises(UnexpectedBody, match=says):
        Decoder(**options).decode(type_, content)


def test_an_unexpected_body_is_shown_in_part() -> None:
    with pytest.raises(UnexpectedBody) as caught:
        Decoder().decode(Build, b"x" * 10_000)
    assert "x" * 200 in str(caught.value)
    assert "x" * 201 not in str(caught.value)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (b'"\\ud83d"', "\ufffd"),
        (b'"\\ude00\\ud83d"', "\ufffd\ufffd"),
        (b'"\\ud83d\\ude00 \\uD83D"', "\U0001f600 \ufffd"),
        (b'"\\\\ud83d \\ud83d"', "\\ud83d \ufffd"),
        (b'"\\\\\\ud83d\\n\\""', '\\\ufffd\n"'),
        (b'"caf\xe9"', "caf\ufffd"),
        (b'"\xed\xa0\xbd"', "\ufffd\ufffd\ufffd"),
        (b'"\\u0000"', "\0"),
    ],
)
def test_broken_text_is_mended(written: bytes, read: str) -> None:
    for type_, around in ((list[Build], b"[%b, %b]"), (JobPage, b'{"items": [], "links": {"next": %b}, "x": %b}')):
        one = written if type_ is JobPage else b'{"id": "b1", "message": %b}' % written
        found = Decoder().decode(type_, around % (one, one))
        assert (found.links.next if type_ is JobPage else found[1].message) == read
    # Where it is not even kept, it does no harm either.
    assert Decoder(on_drift=lambda drift: None).decode(User, b'{"id": "u1", "odd": %b}' % written).id == "u1"


@pytest.mark.parametrize("odd", [b"\\ud80\xff", b"\\ud8\xff\xff", b"\\ud83d\\ude0\xff", b"\\ud8zz", b"\\dud8\xff"])
def test_an_escape_that_is_none_is_not_mended(odd: bytes) -> None:
    with pytest.raises(UnexpectedBody):
        Decoder().decode(Build, b'{"id": "b1", "message": "%b"}' % odd)
    with pytest.raises(UnexpectedBody):
        Decoder().decode(Build, b'{"id": "b1", "odd": "%b"}' % odd)


def test_a_byte_order_mark_does_not_matter() -> None:
    assert Decoder().decode(User, b'\xef\xbb\xbf{"id": "u1"}').id == "u1"


def test_numbers_beyond_all_measure() -> None:
    assert (
        Decoder().decode(Build, b'{"number": 123456789012345678901234567890}').number == 123456789012345678901234567890
    )
    # Where the description has no number, it is what JSON decodes it to.
    assert math.isinf(Decoder(unknown="keep").decode(Build, b'{"odd": 1e999}').additional_properties["odd"])
    assert math.isinf(Decoder().decode(Build, b'{"meta_data": {"odd": 1e999}}').meta_data["odd"])


@pytest.mark.parametrize("digits", ["1e999", "-1e999", "1E400", "9" * 4301, "-" + "9" * 100_000])
@pytest.mark.parametrize("options", [{}, {"unknown": "keep"}])
def test_a_number_beyond_all_measure_is_none_and_a_difference(digits: str, options: Any) -> None:
    for model, key, outer in (
        (Build, "number", b'{"number": %b}'),
        (Build, "retried_jobs_count", b'{"retried_jobs_count": %b}'),
        (TestWithMetrics, "reliability", b'{"reliability": %b}'),
    ):
        body = outer % digits.encode()
        drift: list[Drift] = []
        assert getattr(Decoder(on_drift=drift.append, **options).decode(model, body), key) is None
        assert getattr(Decoder(**options).decode(list[model], b"[%b]" % body)[0], key) is None
        assert Drift(model.__name__, key, "type") in drift
        with pytest.raises(DecodeError, match=rf"{model.__name__}\.{key}: another type"):
            Decoder(strict=True).decode(model, REQUIRED[model][:-1] + b", " + body[1:])
    counts = Decoder(**options).decode(JobStateCounts, b'{"total": 1, "states": {"passed": %b}}' % digits.encode())
    assert counts.states == {"passed": None}
    log = Decoder(**options).decode(JobLog, b'{"header_times": [1, %b]}' % digits.encode())
    assert log.header_times == [1, None]
    jobs = Decoder(**options).decode(
        Build, b'{"number": "7", "jobs": [{"id": "j", "exit_status": %b}]}' % digits.encode()
    )
    assert jobs.jobs[0].exit_status is None


REQUIRED: dict[Any, bytes] = {
    Build: b'{"id": "b", "url": "u", "web_url": "w", "number": 7, "state": "passed"}',
    TestWithMetrics: b'{"id": "t", "url": "u", "name": "n"}',
}


@pytest.mark.parametrize("text", ["7.0", "7e0", "7.5", "-0.0"])
@pytest.mark.parametrize("options", [{}, {"unknown": "keep"}])
def test_a_float_is_never_made_an_integer(text: str, options: Any) -> None:
    drift: list[Drift] = []
    number = Decoder(on_drift=drift.append, **options).decode(Build, b'{"number": %b}' % text.encode()).number
    assert type(number) is float
    assert number == float(text)
    assert Drift("Build", "number", "type") in drift


@pytest.mark.parametrize("options", [{}, {"unknown": "keep"}, {"strict": True}])
def test_an_integer_becomes_a_float_where_one_is_described(options: Any) -> None:
    body = b'{"id": "t", "url": "u", "name": "n", "reliability": 1, "duration_sum": 12345678901234567890123}'
    test = Decoder(**options).decode(TestWithMetrics, body)
    assert (test.reliability, test.duration_sum) == (1.0, 1.2345678901234568e22)
    assert type(test.reliability) is type(test.duration_sum) is float


@pytest.mark.parametrize("word", [b"NaN", b"Infinity", b"-Infinity"])
def test_words_that_are_no_json_are_refused(word: bytes) -> None:
    for options in ({}, {"unknown": "keep"}):
        with pytest.raises(UnexpectedBody):
            Decoder(**options).decode(Build, b'{"number": %b}' % word)


def test_a_misfit_costs_neither_its_page_nor_the_objects_around_it() -> None:
    jobs = [{"id": f"j{number}", "type": "script", "surprise": 1} for number in range(50)]
    jobs[3]["retries_count"] = "two"
    body = {**BUILD, "jobs": jobs, "surprise": 1}
    drift: list[Drift] = []
    build = Decoder(on_drift=drift.append).decode(Build, encoded(body))
    # Only the slow way keeps unknown keys.
    assert build.additional_properties == {"surprise": 1}
    assert [job.id for job in build.jobs if job.additional_properties] == ["j3"]
    assert build.jobs[3].retries_count == "two"
    assert {Drift("Job", "retries_count", "type"), Drift("Job", "surprise", "unknown")} <= set(drift)
    kept = Decoder(unknown="keep").decode(Build, encoded(body))
    assert all(job.additional_properties == {"surprise": 1} for job in kept.jobs)
    for job in kept.jobs:
        job.additional_properties.clear()
    build.jobs[3].additional_properties.clear()
    assert build == kept


@pytest.mark.parametrize("rest", [b"", b', "id"', b', "id": NaN}', b', "id": "\\q"}', b', "id": "b1"}}'])
def test_what_follows_a_number_beyond_all_measure_is_json_or_the_body_is_unexpected(rest: bytes) -> None:
    for options in ({}, {"unknown": "keep"}, {"on_drift": lambda drift: None}):
        with pytest.raises(UnexpectedBody):
            Decoder(**options).decode(Build, b'{"number": 1e999' + rest)


def test_broken_text_after_a_number_beyond_all_measure_is_mended() -> None:
    for odd in (b"\xff", rb"\ud800"):
        assert Decoder().decode(Build, b'{"number": 1e999, "message": "a%b"}' % odd).message == "a\ufffd"


def test_options_are_checked() -> None:
    with pytest.raises(ValueError, match="unknown"):
        Decoder(unknown="drop")  # type: ignore[arg-type]
    assert repr(Decoder(strict=True)) == "Decoder(strict=True, unknown='ignore')"


def test_from_dict_wants_a_mapping() -> None:
    with pytest.raises(UnexpectedBody, match="Build: expected a mapping, got list"):
        build(Build, [])  # type: ignore[arg-type]


# --- Any body at all --------------------------------------------------------------------------------------------------

TEXTS = st.text(max_size=8) | st.sampled_from([OLD, "2026-01-02T03:04:05Z", "passed", "script", "\ud83d"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


def objects(*models: type[ReadModel]) -> st.SearchStrategy[Any]:
    """Objects with keys that models have, but for lists of objects, and values that may fit them or not."""
    keys = sorted(
        {
            model._keys.get(each.name, each.name)
            for model in models
            for each in attrs.fields(model)
            if each.init and not re.match(r"list\[[A-Z]", str(each.type))
        }
    )
    return st.dictionaries(st.sampled_from(keys), JSON, max_size=12)


BODIES = st.recursive(
    objects(Build, Job, Agent, Pipeline),
    lambda inner: st.builds(
        lambda around, jobs, single: {**around, "jobs": jobs, "agent": single, "pipeline": single},
        objects(Build, Job),
        st.lists(inner, max_size=3),
        inner | JSON,
    ),
    max_leaves=6,
)


def plain(value: Any) -> Any:
    """JSON as it is read back: without halves of surrogate pairs."""
    if isinstance(value, str):
        return value.replace("\ud83d", "\ufffd")
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {plain(key): plain(each) for key, each in value.items()}
    return value


@given(st.lists(BODIES, max_size=4))
def test_any_list_can_be_read(body: list[Any]) -> None:
    drift: list[Drift] = []
    fast = Decoder(on_drift=drift.append).decode(list[Build], encoded(body))
    assert len(fast) == len(body)
    assert len(drift) == len(set(drift))
    kept = Decoder(unknown="keep").decode(list[Build], encoded(body))
    assert [type(each) for each in fast] == [type(each) for each in kept]
    for one, other, came in zip(fast, kept, body, strict=True):
        if not isinstance(one, Build):
            assert one == plain(came)
            continue
        assert other == build(Build, plain(came))
        # Apart from unknown keys, which are only sometimes kept, both ways read the same.
        assert without_unknown(one) == without_unknown(other)


def without_unknown(value: Any) -> Any:
    if isinstance(value, ReadModel):
        fields = [each.name for each in attrs.fields(type(value)) if each.init]
        return type(value), {name: without_unknown(getattr(value, name)) for name in fields}
    if isinstance(value, list):
        return [without_unknown(each) for each in value]
    return value


@given(BODIES)
@example({"env": {"created_at": OLD}, "created_at": OLD})
def test_nothing_is_lost_on_the_way_in_and_out(body: dict[str, Any]) -> None:
    kept = Decoder(unknown="keep").decode(Build, encoded(body))
    out = kept.to_dict()
    again = Decoder(unknown="keep").decode(Build, encoded(out))
    assert again == kept
    assert again.to_dict() == out
    for key, value in plain(body).items():
        if not isinstance(value, (dict, list, str)) and value is not None:
            assert out[key] == value


@given(st.binary(max_size=60))
@example(b"[" * 2000)
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    for type_ in (Build, list[Build], JobPage, Any, list[str]):
        with suppress(UnexpectedBody):
            Decoder(on_drift=lambda drift: None).decode(type_, content)


@given(BODIES)
def test_strict_accepts_only_what_causes_no_drift(body: dict[str, Any]) -> None:
    drift: list[Drift] = []
    Decoder(unknown="keep", on_drift=drift.append).decode(Build, encoded(body))
    try:
        Decoder(strict=True).decode(Build, encoded(body))
    except DecodeError:
        assert drift
    else:
        assert drift == []


def test_an_error_whose_list_holds_no_objects_keeps_its_message() -> None:
    for errors in (["x"], [None], "x", {"a": 1}):
        response = httpx.Response(422, json={"message": "Validation failed", "errors": errors})
        assert decode_error(client=Client(base_url="https://test"), response=response).message == "Validation failed"


# --- Around it --------------------------------------------------------------------------------------------------------


def test_it_is_built_once_by_whoever_comes_first() -> None:
    code = """
import threading
from buildkite_api import Decoder
from buildkite_api.models import Build, Job, Agent, Pipeline, JobPage
types = [list[Build], Build, Job, list[Job], Agent, JobPage, Pipeline, list[Agent]] * 4
bodies = {list: b'[{"id": "1", "jobs": [{"id": "2", "type": "x", "agent": {"id": "3"}}]}]'}
results, start = [], threading.Barrier(len(types))
def work(type_):
    start.wait()
    value = Decoder().decode(type_, bodies.get(getattr(type_, "__origin__", None), b'{"id": "1"}'))
    results.append(value)
threads = [threading.Thread(target=work, args=(each,)) for each in types]
[each.start() for each in threads], [each.join() for each in threads]
assert len(results) == len(types), len(results)
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_drift_is_reported_once_by_many_threads() -> None:
    drift: list[Drift] = []
    decoder = Decoder(on_drift=drift.append)
    content = encoded({**BUILD, **{f"new_{index}": 1 for index in range(50)}})
    threads = [threading.Thread(target=decoder.decode, args=(Build, content)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(drift) == len(set(drift)) == 50


def test_preparing_ahead() -> None:
    prepare(Organization, list[Error])
    assert Decoder().decode(Organization, b'{"id": "o1"}').id == "o1"


def test_models_share_nothing() -> None:
    one, other = Decoder().decode(list[Build], b"[{}, {}]")
    assert one == other
    one.jobs.append(Job(id="j1", type="script"))  # type: ignore[arg-type]
    one.env["A"] = 1
    one.additional_properties["b"] = 2
    assert (other.jobs, other.env, other.additional_properties) == ([], {}, {})


def test_msgspec_is_first_imported_when_something_is_decoded() -> None:
    code = (
        "import sys; from buildkite_api.decoding import Decoder; decoder = Decoder(strict=True); "
        "assert 'msgspec' not in sys.modules and 'attrs' not in sys.modules; "
        "decoder.decode(list[int], b'[1]'); assert 'msgspec' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_body_itself_is_not_held() -> None:
    content = encoded([BUILD])
    before = sys.getrefcount(content)
    found = Decoder(on_drift=lambda drift: None).decode(list[Build], content)
    assert sys.getrefcount(content) == before
    assert not any(isinstance(value, msgspec.Raw) for value in attrs.astuple(found[0], recurse=False))
