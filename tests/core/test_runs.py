"""`builds.run` creates and waits, and a wait learns how long the builds of a branch take."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from buildkite_ext import errors
from buildkite_ext.services.builds import AsyncBuilds, Builds
from buildkite_ext.simulation import Simulator

from .fakes import FakeClock, Flavor, answer, build
from .timelines import Timeline


def client_of(flavor: Flavor, simulator: Simulator) -> Any:
    return simulator.client() if flavor.blocking else simulator.async_client()


async def test_a_run_is_a_build_and_its_outcome(flavor: Flavor) -> None:
    simulator = Simulator()
    simulator.pipeline("web").job("test", after=90, exit_status=1)
    result = await flavor.call(client_of(flavor, simulator).builds.run, "web", branch="dev", meta_data={"a": "b"})
    assert (result.outcome, [one.name for one in result.failed_jobs]) == ("failed", ["test"])
    assert (result.build.number, result.build.branch, result.build.meta_data["a"]) == (1, "dev", "b")
    calls = [request.call for request in simulator.requests]
    assert calls[0] == "builds.create"
    assert set(calls[1:]) == {"builds.get"}
    assert result.requests == len(calls) - 1


async def test_a_run_that_is_given_up_cancels_its_build(flavor: Flavor) -> None:
    simulator = Simulator()
    web = simulator.pipeline("web").job("test", after=900)
    with pytest.raises(errors.DeadlineExceeded):
        await flavor.call(
            client_of(flavor, simulator).builds.run, "web", branch="main", timeout=60, cancel_on="timeout"
        )
    assert web.builds[0].state in ("canceling", "canceled")


@pytest.mark.parametrize("method", [AsyncBuilds.run, Builds.run])
def test_a_run_takes_what_a_build_and_a_wait_take(method: Any) -> None:
    def of(method: Any) -> dict[str, tuple[Any, Any]]:
        found = inspect.signature(method).parameters.values()
        return {each.name: (each.annotation, each.default) for each in found if each.kind is each.KEYWORD_ONLY}

    create, wait = of(AsyncBuilds.create), of(AsyncBuilds.wait)
    assert of(method) == {**create, **wait}
    assert not create.keys() & wait.keys()


async def test_a_build_that_isnt_created_isnt_waited_for(flavor: Flavor) -> None:
    simulator = Simulator()
    with pytest.raises(errors.PipelineNotFound):
        await flavor.call(client_of(flavor, simulator).builds.run, "web", branch="main", timeout=60)
    assert [request.call for request in simulator.requests] == ["builds.create"]


def test_a_run_with_a_key_waits_for_the_build_that_has_it() -> None:
    simulator = Simulator()
    simulator.pipeline("web").job("test", after=90)
    with simulator.client() as buildkite:
        first = buildkite.builds.run("web", branch="main", once="release-1")
        again = buildkite.builds.run("web", branch="main", once="release-1")
    assert first.build.number == again.build.number == 1


# --- The usual duration ---------------------------------------------------------------------------------------------------


def learning(seconds: float, **options: Any) -> tuple[int, float]:
    """Return the requests of a wait for a build like ten before it, and how late it saw the end."""
    simulator = Simulator()
    web = simulator.pipeline("web").job("test", after=seconds)
    for _ in range(10):
        web.build()
    simulator.clock.sleep(seconds * 3)
    with simulator.client() as buildkite:
        result = buildkite.builds.run("web", branch="main", **options)
        assert result.passed
        assert result.build.finished_at is not None
        return result.requests, simulator.clock.time() - result.build.finished_at.timestamp()


@pytest.mark.parametrize("options", [{"learn": True}, {"expected_duration": 583.0}])
def test_a_wait_that_knows_how_long_builds_take_sees_the_end_at_once(options: dict[str, Any]) -> None:
    requests, late = learning(583.0, **options)
    assert late <= 5
    assert requests <= 55


def test_to_learn_takes_one_request(flavor: Flavor) -> None:
    assert learning(30.0, learn=True)[0] <= learning(30.0)[0] + 5


async def test_a_list_that_cant_be_read_is_done_without(flavor: Flavor, clock: FakeClock) -> None:
    def server(request: Any) -> Any:
        return answer({"message": "no"}, 403) if request.url.path.endswith("/builds") else timeline(request)

    timeline = Timeline(clock, [(0, {"state": "running", "branch": "main"}), (90, {"state": "passed"})])
    result = await flavor.call(flavor.client(server, clock=clock).builds.wait, "web", 7, learn=True)
    assert result.outcome == "passed"


@pytest.mark.parametrize("branch", ["main", None])
async def test_the_builds_of_the_branch_that_passed_are_read(
    flavor: Flavor, clock: FakeClock, branch: str | None
) -> None:
    def server(request: Any) -> Any:
        if request.url.path.endswith("/builds"):
            listed.append(dict(request.url.params))
            return answer(
                [build(3, state="passed", started_at="2026-01-05T12:00:00Z", finished_at="2026-01-05T12:10:00Z")]
            )
        return timeline(request)

    listed: list[dict[str, str]] = []
    shown = {"state": "running", "branch": branch, "started_at": "2026-01-05T12:00:00Z"}
    timeline = Timeline(clock, [(0, shown), (590, {"state": "passed"})])  # type: ignore[list-item]
    result = await flavor.call(flavor.client(server, clock=clock).builds.wait, "web", 7, learn=True)
    assert (result.outcome, timeline.now <= 595.01) == ("passed", True)
    assert result.requests == len(timeline.requests) + 1
    (query,) = listed
    assert (query.get("branch"), query["state"], query["exclude_jobs"]) == (branch, "passed", "true")


# --- What a wait costs ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [1193, 1200])
def test_a_build_of_twenty_minutes_costs_eighty_requests(seconds: int) -> None:
    simulator = Simulator(user_rate_limit=50)
    simulator.pipeline("web").job("test", after=seconds)
    with simulator.client() as buildkite:
        result = buildkite.builds.run("web", branch="main")
    assert result.requests <= 80
    assert result.build.finished_at is not None
    assert simulator.clock.time() - result.build.finished_at.timestamp() <= 15
    excluded = [dict(request.query) for request in simulator.requests if request.call == "builds.get"]
    assert excluded == [{"exclude_jobs": "true"}] * (result.requests - 1) + [{}]  # the last one reads the jobs
