"""What the decoder searches for differences from the description, and how often it reads a body."""

from __future__ import annotations

import json
import re
import sys
import threading
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from buildkite_api.decoding import DecodeError, Decoder, Drift, UnexpectedBody, sample
from buildkite_api.models import AccessToken, Build, Job, JobPage, Pipeline
from hypothesis import given
from hypothesis import strategies as st

from .test_decoding import BUILD, decoded, encoded

_REFERENCE = Path("shared", "reference", "documented-samples.jsonl")
SAMPLES = next((each / _REFERENCE for each in Path(__file__).parents if (each / _REFERENCE).exists()), None)

# --- The sample -------------------------------------------------------------------------------------------------------


def found_in(decoder: Decoder, drift: list[Drift], bodies: Iterable[tuple[Any, Any]]) -> list[str]:
    """Decode bodies with a key of its own in each object, and return those keys that were reported."""
    for type_, body in bodies:
        decoder.decode(type_, encoded(body))
    return [each.key for each in drift]


def numbered(count: int, first: int = 1) -> list[dict[str, Any]]:
    """Objects of which each has a key of its own: `new_1`, `new_2`, …"""
    return [{**BUILD, f"new_{number}": number} for number in range(first, first + count)]


SEARCHED = [f"new_{number}" for number in (*range(1, 9), *range(64, 300, 64))]


@pytest.mark.parametrize("size", [1, 7, 30, 64, 100, 300])
def test_the_first_objects_of_a_type_are_searched_and_each_64th(size: int) -> None:
    drift: list[Drift] = []
    decoder = Decoder(on_drift=drift.append)
    objects = numbered(300)
    pages = ((list[Build], objects[begin : begin + size]) for begin in range(0, 300, size))
    assert found_in(decoder, drift, pages) == SEARCHED


def test_single_objects_and_the_items_of_lists_are_counted_together() -> None:
    drift: list[Drift] = []
    decoder = Decoder(on_drift=drift.append)
    objects = numbered(300)
    mixed = [(Build, each) for each in objects[:40]], [(list[Build], objects[40:299])], [(Build, objects[299])]
    assert found_in(decoder, drift, chain(*mixed)) == SEARCHED


def test_each_type_and_each_decoder_has_its_own_count() -> None:
    drift: list[Drift] = []
    decoder = Decoder(on_drift=drift.append)
    decoder.decode(list[Build], encoded([BUILD] * 20))
    job = {**BUILD["jobs"][0], "mood": "good"}
    decoder.decode(JobPage, encoded({"items": [job], "links": {}}))
    assert drift == [Drift("Job", "mood", "unknown")]
    decoder.decode(Build, encoded({**BUILD, "surprise": 1}))
    assert len(drift) == 1
    assert decoded(Build, {**BUILD, "surprise": 1})[1] == [Drift("Build", "surprise", "unknown")]


def test_a_page_is_searched_around_its_items_as_an_object_of_its_own() -> None:
    drift: list[Drift] = []
    decoder = Decoder(on_drift=drift.append)
    for number in range(1, 300):
        decoder.decode(JobPage, encoded({"items": [], "links": {}, f"new_{number}": 1}))
    assert [each.key for each in drift] == SEARCHED


def test_an_object_that_is_searched_is_searched_with_all_that_is_inside() -> None:
    jobs = [{**BUILD["jobs"][0], f"new_{number}": number} for number in range(200)]
    drift = decoded(list[Build], [{**BUILD, "jobs": jobs}])[1]
    assert [each.key for each in drift] == [f"new_{number}" for number in range(200)]


@pytest.mark.parametrize("kind", ["missing", "null"])
def test_missing_keys_and_nulls_are_searched_in_the_same_objects(kind: str) -> None:
    plain = {"id": "j1", "type": "script"}
    odd = {**plain, "id": None} if kind == "null" else {"type": "script"}
    assert decoded(list[Job], [plain] * 62 + [odd] + [plain] * 20)[1] == []
    assert decoded(list[Job], [plain] * 63 + [odd])[1] == [Drift("Job", "id", kind)]


def test_a_value_of_another_type_is_reported_wherever_it_stands() -> None:
    odd = {**BUILD, "number": "7", "surprise": 1}
    drift = decoded(list[Build], [*[BUILD] * 40, odd, BUILD])[1]
    assert set(drift) == {Drift("Build", "number", "type"), Drift("Build", "surprise", "unknown")}


@given(st.lists(st.integers(0, 150), max_size=12))
def test_of_any_64_objects_in_a_row_one_is_searched(counts: list[int]) -> None:
    before, searched = 0, []
    for count in counts:
        searched += [before + index for index in sample(before, count)]
        before += count
    assert searched == [number for number in range(before) if number < 8 or number % 64 == 63]


def test_keeping_and_strict_decoders_see_every_object() -> None:
    drift = decoded(list[Build], numbered(300), unknown="keep")[1]
    assert [each.key for each in drift] == [f"new_{number}" for number in range(1, 301)]
    page = [*[BUILD] * 40, {**BUILD, "surprise": 1}, BUILD]
    with pytest.raises(DecodeError, match=r"list\[Build\]\[40\]\.surprise"):
        Decoder(strict=True).decode(list[Build], encoded(page))
    strict = Decoder(strict=True)
    for _ in range(40):
        strict.decode(Build, encoded(BUILD))
    with pytest.raises(DecodeError, match="surprise"):
        strict.decode(Build, encoded(page[40]))


def test_threads_share_the_count() -> None:
    drift: list[Drift] = []
    decoder = Decoder(on_drift=drift.append)
    contents = [encoded(each) for each in numbered(256)]
    places = [contents[begin::8] for begin in range(8)]
    threads = [
        threading.Thread(target=lambda own: [decoder.decode(Build, each) for each in own], args=(own,))
        for own in places
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # 8 of the first, and those with the numbers 64, 128, 192 and 256.
    assert len(drift) == 12


def test_users_are_told_when_the_body_has_been_decoded() -> None:
    told: list[str] = []
    decoder = Decoder(on_drift=lambda drift: told.append(drift.key))
    with pytest.raises(UnexpectedBody):
        decoder.decode(list[Build], encoded([{**BUILD, "number": "7"}])[:-1])
    assert told == []


def test_what_a_failing_user_was_not_told_comes_next_time() -> None:
    told: list[str] = []

    def on_drift(drift: Drift) -> None:
        told.append(drift.key)
        if drift.key == "one":
            raise RuntimeError("no")

    decoder = Decoder(on_drift=on_drift, unknown="keep")
    content = encoded({**BUILD, "one": 1, "two": 2})
    with pytest.raises(RuntimeError, match="no"):
        decoder.decode(Build, content)
    assert told == ["one"]
    decoder.decode(Build, content)
    assert told == ["one", "two"]


# --- How often a body is read -----------------------------------------------------------------------------------------


def passes(decoder: Decoder, type_: Any, content: bytes) -> list[str]:
    """Decode a body, and return the calls that read JSON, into models or plain values."""
    found: list[str] = []

    def note(frame: Any, event: str, argument: Any) -> None:
        if event == "c_call" and argument.__qualname__ == "Decoder.decode":
            found.append("models")
        elif event == "call" and frame.f_code.co_name == "untyped":
            found.append("untyped")

    decoder.decode(type_, content)  # builds the decoders of the type
    before = sys.getprofile()
    sys.setprofile(note)
    try:
        decoder.decode(type_, content)
    finally:
        sys.setprofile(before)
    return found


WITH_PIPELINE = {
    **BUILD,
    "pipeline": {"id": "p", "url": "u", "name": "n", "slug": "s", "created_at": "2013-09-03 13:24:38 UTC"},
}


def worn(drift: list[Drift] | None = None) -> Decoder:
    """A decoder that has seen the first objects of a type."""
    decoder = Decoder(on_drift=None if drift is None else drift.append)
    for type_, body in ((Build, WITH_PIPELINE), (Job, BUILD["jobs"][0]), (JobPage, {"items": [], "links": {}})):
        for _ in range(8):
            decoder.decode(type_, encoded(body))
    return decoder


def test_a_build_is_read_once() -> None:
    drift: list[Drift] = []
    assert passes(worn(drift), Build, encoded(WITH_PIPELINE)) == ["models"]
    assert passes(worn(), Build, encoded(BUILD)) == ["models"]
    assert drift == []


def test_a_page_is_split_and_each_item_read_once() -> None:
    assert passes(worn([]), list[Build], encoded([WITH_PIPELINE] * 20)) == ["models"] * 21
    assert passes(worn([]), JobPage, encoded({"items": BUILD["jobs"] * 10, "links": {}})) == ["models"] * 21


def test_of_a_page_of_100_items_one_or_two_are_read_again() -> None:
    assert (
        passes(worn([]), list[Build], encoded([WITH_PIPELINE] * 100)).count("untyped") == 2
    )  # the 128th and the 192nd
    assert passes(worn(), list[Build], encoded([WITH_PIPELINE] * 100)).count("untyped") == 0


def test_an_item_that_does_not_fit_is_read_again_alone() -> None:
    found = passes(worn([]), list[Build], encoded([*[BUILD] * 10, {**BUILD, "number": "7"}]))
    assert found.count("models") == 12
    assert found.count("untyped") == 1


@pytest.mark.skipif(SAMPLES is None, reason="the documented samples are not at hand")
def test_no_documented_timestamp_costs_a_second_pass() -> None:
    assert SAMPLES
    lines = SAMPLES.read_text().splitlines()
    bodies = [json.loads(line)["body"] for line in lines if re.search(r"\d{2}:\d{2}:\d{2} UTC", line)]
    assert bodies
    for body in bodies:
        first = body[0] if isinstance(body, list) else body
        type_ = AccessToken if "scopes" in first else Build if "number" in first else Pipeline
        assert passes(Decoder(), type_, encoded(first)) == ["models"], type_
