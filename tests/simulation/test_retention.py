"""Retention: a server that runs for days keeps the newest finished builds."""

from __future__ import annotations

import httpx
import pytest

from buildkite_ext.simulation import Simulator

from .helpers import ORG, WEB, connect, create


def ended(simulator: Simulator, count: int) -> None:
    web = simulator.pipeline("web")
    for _ in range(count):
        web.build()
        simulator.clock.sleep(60)


def test_the_newest_finished_builds_are_kept() -> None:
    simulator = Simulator(retain=3)
    simulator.pipeline("web").job("test", log="x\n", artifacts={"a.txt": b"a"})
    ended(simulator, 1)
    with connect(simulator) as api:
        first = api.get(f"{WEB}/builds/1").json()
        job = first["jobs"][0]["id"]
        link = api.get(f"{ORG}/jobs/{job}/artifacts").json()[0]["download_url"]
        stored = api.get(link).headers["location"]
        ended(simulator, 5)
        assert [build["number"] for build in api.get(f"{WEB}/builds").json()] == [6, 5, 4]
        for path in (
            f"{WEB}/builds/1",
            f"{WEB}/builds/{first['id']}",
            f"{ORG}/jobs/{job}",
            f"{ORG}/jobs/{job}/log",
            link,
        ):
            assert api.get(path).status_code == 404
        assert httpx.Client(transport=simulator.transport()).get(stored).status_code in (403, 404)
    assert len(simulator.state.jobs) == len(simulator.state.artifacts) == 3
    assert simulator.pipeline("web").build().number == 7


def test_unfinished_builds_are_kept() -> None:
    simulator = Simulator(retain=1)
    simulator.pipeline("web").job("test").block("Ship?").job("deploy", exit_status=1)
    ended(simulator, 3)
    with connect(simulator) as api:
        assert len(api.get(f"{WEB}/builds").json()) == 3
        for number in (1, 2, 3):
            jobs = api.get(f"{WEB}/builds/{number}").json()["jobs"]
            assert api.put(f"{WEB}/builds/{number}/jobs/{jobs[1]['id']}/unblock").status_code == 200
        simulator.clock.sleep(60)
        assert [build["number"] for build in api.get(f"{WEB}/builds").json()] == [3]


def test_a_build_that_runs_again_is_kept() -> None:
    simulator = Simulator(retain=1)
    simulator.pipeline("web").job("test", exit_status=[1, 0], after=30)
    with connect(simulator) as api:
        create(api)
        simulator.clock.sleep(60)
        job = api.get(f"{WEB}/builds/1").json()["jobs"][0]["id"]
        assert api.put(f"{ORG}/jobs/{job}/retry").status_code == 200
        create(api)
        assert api.put(f"{WEB}/builds/2/cancel").status_code == 200
        assert {build["number"] for build in api.get(f"{WEB}/builds").json()} == {1, 2}
        simulator.clock.sleep(120)
        assert [build["number"] for build in api.get(f"{WEB}/builds").json()] == [2]


def test_a_rebuild_keeps_what_it_says_of_a_dropped_build() -> None:
    simulator = Simulator(retain=1)
    simulator.pipeline("web").job("test")
    ended(simulator, 1)
    with connect(simulator) as api:
        for number in range(1, 5):
            assert api.put(f"{WEB}/builds/{number}/rebuild").status_code == 200
            simulator.clock.sleep(60)
        assert api.get(f"{WEB}/builds/5").json()["rebuilt_from"]["number"] == 4
    (build,) = simulator.state.builds
    assert build.rebuilt_from is not None
    assert build.rebuilt_from.rebuilt_from is None  # the chain isn't kept


def test_all_builds_are_kept_until_a_limit_is_set() -> None:
    simulator = Simulator()
    simulator.pipeline("web").job("test").history(30)
    assert simulator.retain is None
    assert len(simulator.state.builds) == 30
    simulator.retain = 10
    assert [build.number for build in simulator.state.builds] == list(range(21, 31))
    simulator.retain = None
    ended(simulator, 2)
    assert len(simulator.state.builds) == 12


@pytest.mark.parametrize("limit", [0, -1, "9"])
def test_a_wrong_limit_is_refused(limit: int) -> None:
    with pytest.raises((ValueError, TypeError), match="retain"):
        Simulator(retain=limit)
