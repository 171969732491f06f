"""Jobs: listed by cursor, fetched by either route, retried, reprioritized, and their environment."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from buildkite_ext.simulation import Simulator

from .helpers import ORG, WEB, build, connect, create, job_path, jobs, refusal

LIST = f"{WEB}/builds/1/jobs"


@pytest.fixture
def seven(simulator: Simulator, api: httpx.Client) -> list[str]:
    """Return the ids of seven jobs."""
    simulator.pipeline("web").job("test", parallelism=7, key="test", group="checks")
    return [job["id"] for job in create(api)["jobs"]]


def test_the_list_is_paged_by_cursor_in_both_directions(api: httpx.Client, seven: list[str]) -> None:
    first = api.get(LIST, params={"per_page": 3}).json()
    assert [job["id"] for job in first["items"]] == seven[:3]
    assert set(first["links"]) == {"self", "next"}
    second = api.get(first["links"]["next"]).json()
    assert [job["id"] for job in second["items"]] == seven[3:6]
    assert set(second["links"]) == {"self", "next", "prev", "first"}
    third = api.get(second["links"]["next"]).json()
    assert [job["id"] for job in third["items"]] == seven[6:]
    assert set(third["links"]) == {"self", "prev", "first"}
    assert api.get(third["links"]["prev"]).json()["items"] == second["items"]
    assert api.get(second["links"]["first"]).json()["items"] == first["items"]
    assert api.get(second["links"]["self"]).json() == second


def test_a_cursor_holds_while_jobs_change_their_state(
    simulator: Simulator, api: httpx.Client, seven: list[str]
) -> None:
    first = api.get(LIST, params={"per_page": 3, "state[]": "scheduled"}).json()
    simulator.clock.sleep(2)
    assert api.get(first["links"]["next"]).json()["items"] == []
    running = api.get(first["links"]["next"].replace("scheduled", "running")).json()
    assert [job["id"] for job in running["items"]] == seven[3:6]


def test_jobs_have_no_agent_and_parallel_ones_are_numbered(
    simulator: Simulator, api: httpx.Client, seven: list[str]
) -> None:
    simulator.clock.sleep(2)
    items = api.get(LIST).json()["items"]
    assert len(items) == len(seven)
    assert [(job["parallel_group_index"], job["parallel_group_total"]) for job in items] == [(n, 7) for n in range(7)]
    assert all(job["agent"] is None and "group_key" not in job for job in items)
    assert build(api)["jobs"][0]["group_key"] == "checks"


@pytest.mark.parametrize(
    "query",
    [
        {"state[]": "finished"},
        {"state": "odd"},
        {"per_page": "0"},
        {"per_page": "101"},
        {"per_page": "x"},
        {"after": "x"},
        {"before": "eA"},
        {"after": "é"},
        {"after": "x", "before": "y"},
    ],
)
def test_bad_cursors_sizes_and_states_are_refused(api: httpx.Client, seven: list[str], query: dict[str, str]) -> None:
    assert len(seven) == 7
    assert api.get(LIST, params=query).status_code == 400


def test_the_list_is_filtered(simulator: Simulator, api: httpx.Client) -> None:
    web = simulator.pipeline("web").job("lint", key="lint").job("test", key="test", group="checks", exit_status=[1, 0])
    web.wait().block("Ship?", key="ship")
    create(api)
    simulator.clock.sleep(60)
    retried = jobs(api)["test"]
    new = api.put(f"{job_path(retried)}/retry").json()

    def ids(**query: Any) -> list[str]:
        return [job["id"] for job in api.get(LIST, params=query).json()["items"]]

    assert ids(step_key="test") == [retried["id"], new["id"]]
    assert ids(step_key="test", include_retried_jobs="false") == [new["id"]]
    assert ids(group_key="checks") == [retried["id"], new["id"]]
    assert ids(**{"state[]": ["failed", "scheduled"]}) == [retried["id"], new["id"]]
    assert ids(state="limited") == []
    assert len(ids()) == 5


@pytest.mark.parametrize("twin", ["build", "organization"])
def test_a_job_is_fetched_by_either_route(simulator: Simulator, api: httpx.Client, twin: str) -> None:
    simulator.pipeline("web").job("test", key="k", command="pytest", priority=3)
    job = create(api)["jobs"][0]
    found = api.get(job_path(job) if twin == "build" else f"{ORG}/jobs/{job['id']}").json()
    assert (found["name"], found["step_key"], found["command"], found["priority"]) == (
        "test",
        "k",
        "pytest",
        {"number": 3},
    )
    assert found["raw_log_url"] == found["log_url"] + ".txt"
    assert found["build_url"] == build(api)["url"]
    create(api)
    assert refusal(api.get(f"{WEB}/builds/2/jobs/{job['id']}")) == (404, "No job found")


@pytest.mark.parametrize("twin", ["build", "organization"])
def test_a_failed_job_is_retried_once(simulator: Simulator, api: httpx.Client, twin: str) -> None:
    simulator.pipeline("web").job("test", exit_status=[1, 0])
    create(api)
    simulator.clock.sleep(60)
    old = jobs(api)["test"]
    path = job_path(old) if twin == "build" else f"{ORG}/jobs/{old['id']}"
    new = api.put(f"{path}/retry").json()
    assert (new["state"], new["retries_count"], new["artifacts_url"]) == ("scheduled", 1, "")
    assert new["build_url"] == build(api)["web_url"]
    gone = api.get(path).json()
    assert (gone["retried"], gone["retried_in_job_id"], gone["retry_type"]) == (True, new["id"], "manual")
    assert gone["retried_by"]["name"] == "Ada Byron"
    assert jobs(api)["test"]["retry_source"] == {"job_id": old["id"], "retry_type": "manual"}
    assert api.put(f"{path}/retry").status_code == 422
    simulator.clock.sleep(60)
    assert build(api)["state"] == "passed"


def test_only_failures_can_be_retried(simulator: Simulator, api: httpx.Client) -> None:
    simulator.pipeline("web").job("test", after=60).block("Ship?")
    create(api)
    found = jobs(api)
    expected = (400, "Only failed, timed out or canceled jobs can be retried")
    assert refusal(api.put(f"{job_path(found['test'])}/retry")) == expected
    assert refusal(api.put(f"{job_path(found['Ship?'])}/retry")) == expected
    api.put(f"{WEB}/builds/1/cancel")
    assert api.put(f"{job_path(found['test'])}/retry").status_code == 422
    assert api.put(f"{WEB}/builds/1/retry_failed_jobs").status_code == 422


@pytest.mark.parametrize("twin", ["build", "organization"])
def test_priorities_decide_who_is_taken_first(twin: str) -> None:
    simulator = Simulator(agents=1)
    simulator.pipeline("web").job("one", after=10).job("two", after=10).job("three", after=10)
    with connect(simulator) as api:
        create(api)
        simulator.clock.sleep(2)
        third = jobs(api)["three"]
        path = job_path(third) if twin == "build" else f"{ORG}/jobs/{third['id']}"
        response = api.put(f"{path}/reprioritize", json={"priority": 5})
        assert (response.status_code, response.json()["priority"]) == (200, {"number": 5})
        simulator.clock.sleep(10)
        assert {name: job["state"] for name, job in jobs(api).items()} == {
            "one": "passed",
            "two": "scheduled",
            "three": "running",
        }


@pytest.mark.parametrize("body", [{}, {"priority": "5"}, {"priority": 1.5}, {"priority": True}, {"priority": None}])
def test_a_priority_is_a_whole_number(simulator: Simulator, api: httpx.Client, body: object) -> None:
    simulator.pipeline("web").job("test")
    job = create(api)["jobs"][0]
    assert refusal(api.put(f"{job_path(job)}/reprioritize", json=body)) == (400, "Priority must be an integer")


@pytest.mark.parametrize("twin", ["build", "organization"])
def test_the_environment_of_a_job(simulator: Simulator, api: httpx.Client, twin: str) -> None:
    simulator.pipeline("web", env={"A": "pipeline", "B": "pipeline", "C": "pipeline"}).job("test", env={"C": "step"})
    job = create(api, env={"B": "build"})["jobs"][0]
    path = job_path(job) if twin == "build" else f"{ORG}/jobs/{job['id']}"
    env = api.get(f"{path}/env").json()["env"]
    assert (env["A"], env["B"], env["C"]) == ("pipeline", "build", "step")
    assert (env["BUILDKITE_BUILD_NUMBER"], env["BUILDKITE_JOB_ID"]) == ("1", job["id"])
    for text in (api.get(f"{path}/env.txt"), api.get(f"{path}/env", headers={"Accept": "text/plain"})):
        assert text.headers["Content-Type"].startswith("text/plain")
        assert "B=build\n" in text.text


def test_only_commands_have_a_priority(simulator: Simulator, api: httpx.Client) -> None:
    simulator.pipeline("web").block("Ship?")
    job = create(api)["jobs"][0]
    assert api.put(f"{job_path(job)}/reprioritize", json={"priority": 1}).status_code == 400


def test_invalid_arguments_of_a_step_are_refused(simulator: Simulator) -> None:
    web = simulator.pipeline("web")
    wrong: list[dict[str, Any]] = [{"after": -1}, {"parallelism": 0}, {"automatic_retries": -1}, {"exit_status": []}]
    for options in wrong:
        with pytest.raises(ValueError, match=r"least|needs"):
            web.job("test", **options)
