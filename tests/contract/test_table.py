"""operations.py says of each operation what the description says, and finds it again by its path."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any
from urllib.parse import quote

from buildkite_api.operations import OPERATIONS as TABLE
from buildkite_api.operations import find, match
from hypothesis import given, settings
from hypothesis import strategies as st

from ..batches import batched
from .calls import in_path
from .description import FIXED_SEGMENTS, OPERATIONS, Described, best_match
from .values import text_of

every_operation = batched("operation", OPERATIONS.values())
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "get", "")
RESOURCES = {"org_slug": "organization", "build_number": "build", "queue_id": "cluster_queue"}


def test_the_table_holds_the_described_operations_and_no_others() -> None:
    assert list(TABLE) == list(OPERATIONS)
    assert max(Counter((each.method, each.path) for each in TABLE.values()).values()) == 1


@every_operation
def test_a_row_says_what_the_description_says(operation: Described) -> None:
    row = TABLE[operation.id]
    for name in (
        "id",
        "method",
        "path",
        "group",
        "success",
        "scope",
        "pagination",
        "repeatable",
        "row",
        "summary",
        "doc",
    ):
        assert getattr(row, name) == getattr(operation, name), name


@every_operation
def test_a_row_names_what_the_path_identifies_last(operation: Described) -> None:
    parameters = operation.within("path")
    last = parameters[-1].name if parameters else ""
    resource = TABLE[operation.id].resource
    assert bool(resource) is bool(parameters)
    if last in RESOURCES:
        assert resource == RESOURCES[last]
    elif last in ("pipeline_slug", "job_id", "artifact_id", "annotation_uuid", "agent_id", "cluster_id"):
        assert resource == re.sub(r"_[a-z]+$", "", last)


@every_operation
def test_an_operation_is_found_by_its_path(operation: Described) -> None:
    @settings(max_examples=8)
    @given(concrete(operation))
    def check(drawn: tuple[str, dict[str, str]]) -> None:
        path, wanted = drawn
        slash = "" if path == "/" else "/"
        for form in (path, path + slash, path + "?page=2", path + slash + "?a=/v2/builds"):
            found = match(operation.method, form)
            assert found is not None, form
            assert (found[0], found[1]) == (TABLE[operation.id], wanted)
            assert find(operation.method, form) is TABLE[operation.id]

    check()


@every_operation
def test_near_misses_are_what_the_description_makes_of_them_or_nothing(operation: Described) -> None:
    @settings(max_examples=4)
    @given(concrete(operation), st.sampled_from(sorted(FIXED_SEGMENTS - {""})), st.data())
    def check(drawn: tuple[str, dict[str, str]], other: str, data: st.DataObject) -> None:
        path = drawn[0]
        segments = path.split("/")
        index = data.draw(st.integers(1, len(segments) - 1))
        misses = [
            path[1:] or "x",
            "/" + path,
            path + "//",
            path + "/more",
            path + "/" + other,
            path.rpartition("/")[0] or "/",
            path.upper(),
            path.replace("/v2/", "/v3/"),
            "https://api.buildkite.com" + path,
            "/".join([*segments[:index], *segments[index + 1 :]]),
            "/".join([*segments[:index], "", *segments[index:]]),
            "/".join([*segments[:index], other, *segments[index:]]),
            "/".join([*segments[:index], other, *segments[index + 1 :]]),
            "/".join([*segments[:index], segments[index] + "x", *segments[index + 1 :]]),
        ]
        for method in METHODS:
            agree(method, path)
        for miss in misses:
            agree(operation.method, miss)

    check()


@settings(max_examples=300)
@given(
    st.sampled_from(METHODS),
    st.lists(
        st.one_of(st.sampled_from(sorted(FIXED_SEGMENTS)), st.just("acme"), st.text("a/.%?é", max_size=3)), max_size=9
    ),
)
def test_any_path_is_what_the_description_makes_of_it_or_nothing(method: str, segments: list[str]) -> None:
    agree(method, "/" + "/".join(segments))
    agree(method, "/v2/organizations/" + "/".join(segments))


def agree(method: str, path: str) -> None:
    """That `match` finds what trying every path of the description finds."""
    plain = path.partition("?")[0]
    found = match(method, path)
    best = best_match(method, plain.removesuffix("/") if plain != "/" else plain)
    assert (found[0].id if found else None) == (best[0] if best else None), (method, path)


@st.composite
def concrete(draw: Any, operation: Described) -> tuple[str, dict[str, str]]:
    """A path of an operation, with the values in it."""
    values = {each.name: text_of(draw(in_path(each))) for each in operation.within("path")}
    # Whoever writes a path may encode more than is needed, or less.
    safe = draw(st.sampled_from(["", ":@!$&'()*+,;="]))
    path = operation.path
    for name, value in values.items():
        path = path.replace(f"{{{name}}}", quote(value, safe=safe))
    return path, values
