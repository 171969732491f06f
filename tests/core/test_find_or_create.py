"""A build of a commit: one that there is, or a new one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buildkite_ext import errors
from buildkite_ext.models import Build
from buildkite_ext.simulation import Simulator
from buildkite_ext.states import outcome_of
from buildkite_ext.watching.reuse import known_builds

from .fakes import App, Flavor, answer, body_of, build

SHA = "5e4f1c2b7a905e4f1c2b7a905e4f1c2b7a905e4f"
OTHER = "0" * 40
ROUTE = "/v2/organizations/acme/pipelines/web/builds"
ENDED_AT = "2026-01-05T12:00:00.000Z"


def of_commit(number: int, state: str, **changes: Any) -> dict[str, Any]:
    return build(number, **{"state": state, "commit": SHA, "branch": "main", **changes})


@pytest.mark.parametrize(
    ("listed", "found"),
    [
        ([of_commit(3, "passed")], 3),
        ([of_commit(3, "running"), of_commit(2, "passed")], 3),
        ([of_commit(3, "failed"), of_commit(2, "passed")], 2),
        ([of_commit(3, "canceled"), of_commit(2, "failing")], 2),
        ([of_commit(3, "scheduled")], 3),
        ([of_commit(3, "creating")], 3),
        ([of_commit(3, "passed", blocked=True, finished_at=ENDED_AT)], 3),
        ([of_commit(3, "a state of tomorrow")], 3),
        ([of_commit(3, "passed", commit=SHA.upper())], 3),
    ],
)
async def test_a_build_that_passed_or_continues_is_returned(flavor: Flavor, listed: list[Any], found: int) -> None:
    app = App(answer(listed))
    result = await flavor.call(flavor.client(app).builds.find_or_create, "web", commit=SHA, branch="main")
    assert result.number == found
    assert [each.method for each in app.requests] == ["GET"]
    params = app.requests[0].url.params
    assert (params["commit"], params["branch"], params["exclude_jobs"]) == (SHA, "main", "true")


NOT_REUSED = [
    [],
    [of_commit(3, "failed")],
    [of_commit(3, "canceled")],
    [of_commit(3, "canceling")],
    [of_commit(3, "skipped")],
    [of_commit(3, "not_run")],
    [of_commit(3, "failed", blocked=True, finished_at=ENDED_AT)],
    [of_commit(3, "a state of tomorrow", finished_at=ENDED_AT)],
    # What a filter that Buildkite ignores would let through.
    [of_commit(3, "passed", commit=OTHER)],
    [of_commit(3, "passed", commit="HEAD")],
    [of_commit(3, "passed", branch="mainline")],
]


@pytest.mark.parametrize("listed", NOT_REUSED)
async def test_otherwise_a_build_is_created(flavor: Flavor, listed: list[Any]) -> None:
    app = App(answer(listed), answer(of_commit(4, "scheduled"), 201))
    find = flavor.client(app).builds.find_or_create
    result = await flavor.call(find, "web", commit=SHA.upper(), branch="main", message="Test", env={"A": "1"})
    assert (result.number, app.requests[1].method, app.requests[1].url.path) == (4, "POST", ROUTE)
    assert body_of(app.requests[1]) == {"commit": SHA, "branch": "main", "message": "Test", "env": {"A": "1"}}


@pytest.mark.parametrize(
    ("listed", "route"),
    [
        ([of_commit(3, "canceled"), of_commit(2, "failed"), of_commit(1, "failed")], f"{ROUTE}/2/rebuild"),
        ([of_commit(3, "failed", blocked=True, finished_at=ENDED_AT)], f"{ROUTE}/3/rebuild"),
        ([of_commit(3, "canceled")], ROUTE),
        ([of_commit(3, "failed", branch="other")], ROUTE),
    ],
)
async def test_a_failed_build_is_repeated_where_that_is_asked_for(
    flavor: Flavor, listed: list[Any], route: str
) -> None:
    app = App(answer(listed), answer(of_commit(4, "scheduled")))
    find = flavor.client(app).builds.find_or_create
    assert (await flavor.call(find, "web", commit=SHA, branch="main", rebuild="failed")).number == 4
    assert app.requests[1].url.path == route


@pytest.mark.parametrize(
    ("commit", "said"),
    [
        ("HEAD", r"commit='HEAD' is no SHA, and builds are found by a full SHA alone.*git rev-parse HEAD"),
        ("main", "is no SHA"),
        ("v1.2", "is no SHA.*git rev-parse HEAD"),
        (SHA[:12], f"the beginning of a SHA.*git rev-parse {SHA[:12]}"),
        (SHA + "0", "the beginning of a SHA"),
        ("", "is no SHA"),
    ],
)
async def test_what_cannot_be_looked_up_is_refused(flavor: Flavor, commit: str, said: str) -> None:
    app = App(answer([]))
    with pytest.raises(ValueError, match=said):
        await flavor.call(flavor.client(app).builds.find_or_create, "web", commit=commit)
    with pytest.raises(ValueError, match="rebuild='all'"):
        await flavor.call(flavor.client(app).builds.find_or_create, "web", commit=SHA, rebuild="all")
    assert app.requests == []


async def test_a_pipeline_that_does_not_exist_is_said(flavor: Flavor) -> None:
    app = App(answer({"message": "No pipeline found"}, 404))
    with pytest.raises(errors.PipelineNotFound):
        await flavor.call(flavor.client(app).builds.find_or_create, "web", commit=SHA)


def test_two_callers_with_one_key_get_one_build() -> None:
    simulator = Simulator()
    simulator.pipeline("web").job("test")
    with simulator.client() as one, simulator.client() as other:
        made = one.builds.find_or_create("web", commit=SHA, branch="main", once="test-1")
        assert other.builds.find_or_create("web", commit=SHA, branch="main", once="test-1").number == made.number
        assert one.builds.find_or_create("web", commit=SHA).number == made.number
        assert one.builds.wait(made).passed
        assert one.builds.find_or_create("web", commit=SHA, branch="main").number == made.number
        assert one.builds.find_or_create("web", commit=SHA, branch="other").number != made.number


STATES = st.sampled_from(["scheduled", "running", "failing", "passed", "failed", "canceling", "canceled", "skipped"])


@given(st.lists(st.tuples(STATES, st.booleans()), max_size=6))
def test_the_newest_that_fits_is_taken_and_no_other_commit_s(described: list[tuple[str, bool]]) -> None:
    builds = [
        Build.from_dict(of_commit(len(described) - index, state, commit=SHA if fits else OTHER))
        for index, (state, fits) in enumerate(described)
    ]
    known = known_builds(builds, commit=SHA, branch=None)
    fitting = [each for each in builds if each.commit == SHA]
    reusable = [each.number for each in fitting if outcome_of(each) in ("passed", None) and each.state != "canceling"]
    failed = [each.number for each in fitting if outcome_of(each) == "failed"]
    assert (known.reusable and known.reusable.number) == max(reusable, default=None)
    assert (known.failed and known.failed.number) == max(failed, default=None)
