"""Block steps."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from buildkite_ext.simulation import Simulator

from .helpers import ORG, WEB, build, connect, create, job_path, jobs, refusal


@pytest.fixture
def blocked(simulator: Simulator, api: httpx.Client) -> Any:
    """Return the block job of a blocked build."""
    simulator.pipeline("web").job("test").block("Ship?", ["version", {"key": "note", "required": False}]).job("ship")
    create(api)
    simulator.clock.sleep(60)
    return jobs(api)["Ship?"]


def test_a_blocked_build_says_passed_and_blocked(
    simulator: Simulator, api: httpx.Client, blocked: dict[str, Any]
) -> None:
    found = build(api)
    assert (found["state"], found["blocked"]) == ("passed", True)
    assert found["finished_at"] == "2026-01-05T09:00:06.000Z"
    assert (blocked["type"], blocked["state"], blocked["unblockable"]) == ("manual", "blocked", True)
    assert "name" not in blocked
    assert simulator.pipeline("web").builds[0].state == "blocked"
    assert [item["number"] for item in api.get(f"{WEB}/builds", params={"state": "blocked"}).json()] == [1]


@pytest.mark.parametrize("state", ["passed", "failed", "running"])
def test_the_block_step_says_which_state_is_kept(state: str) -> None:
    simulator = Simulator()
    simulator.pipeline("web").job("test").block("Ship?", blocked_state=state)
    with connect(simulator) as api:
        create(api)
        simulator.clock.sleep(60)
        assert (build(api)["state"], build(api)["blocked"]) == (state, True)


def test_a_first_block_step_blocks_at_once(simulator: Simulator, api: httpx.Client) -> None:
    simulator.pipeline("web").block("Go?").job("test")
    made = create(api)
    assert (made["blocked"], made["started_at"]) == (True, None)


@pytest.mark.parametrize("twin", ["build", "organization"])
def test_an_unblocked_build_continues(
    simulator: Simulator, api: httpx.Client, blocked: dict[str, Any], twin: str
) -> None:
    path = job_path(blocked) if twin == "build" else f"{ORG}/jobs/{blocked['id']}"
    response = api.put(f"{path}/unblock", json={"fields": {"version": "1.2", "note": ["a", "b"]}})
    job = response.json()
    assert (response.status_code, job["state"], job["unblockable"]) == (200, "unblocked", False)
    assert job["unblocked_by"]["name"] == "Ada Byron"
    now = build(api)
    assert (now["state"], now["blocked"], now["finished_at"]) == ("running", False, None)
    assert now["meta_data"] == {"version": "1.2", "note": "a\nb"}
    simulator.clock.sleep(60)
    assert build(api)["state"] == "passed"


def test_required_fields_have_to_be_there(api: httpx.Client, blocked: dict[str, Any]) -> None:
    status, message = refusal(api.put(f"{job_path(blocked)}/unblock", json={"fields": {"version": ""}}))
    assert (status, "version" in message) == (422, True)
    assert api.put(f"{job_path(blocked)}/unblock", json={"fields": ["version"]}).status_code == 422


def test_another_user_can_be_named_as_the_unblocker(
    simulator: Simulator, api: httpx.Client, blocked: dict[str, Any]
) -> None:
    simulator.add_token("bkua_grace", user="Grace Hopper")
    with connect(simulator, "bkua_grace") as hers:
        grace = hers.get("/v2/user").json()
    body = {"fields": {"version": "1"}}
    assert api.put(f"{job_path(blocked)}/unblock", json={**body, "unblocker": "nobody"}).status_code == 422
    job = api.put(f"{job_path(blocked)}/unblock", json={**body, "unblocker": grace["id"]}).json()
    assert job["unblocked_by"]["name"] == "Grace Hopper"


def test_only_an_open_block_can_be_unblocked(simulator: Simulator, api: httpx.Client, blocked: dict[str, Any]) -> None:
    test = jobs(api)["test"]
    assert refusal(api.put(f"{job_path(test)}/unblock")) == (400, "This job type cannot be unblocked")
    api.put(f"{job_path(blocked)}/unblock", json={"fields": {"version": "1"}})
    assert api.put(f"{job_path(blocked)}/unblock", json={"fields": {"version": "1"}}).status_code == 422
    create(api)
    later = jobs(api, 2)["Ship?"]
    assert (later["state"], later["unblockable"]) == ("waiting", False)
    assert api.put(f"{job_path(later, 2)}/unblock", json={"fields": {"version": "1"}}).status_code == 422


def test_a_blocked_build_can_be_canceled_and_then_not_unblocked(api: httpx.Client, blocked: dict[str, Any]) -> None:
    assert api.put(f"{WEB}/builds/1/cancel").json()["state"] == "canceled"
    assert api.put(f"{job_path(blocked)}/unblock", json={"fields": {"version": "1"}}).status_code == 422


def test_a_failure_before_it_closes_the_block_until_a_retry(simulator: Simulator, api: httpx.Client) -> None:
    simulator.pipeline("web").job("test", exit_status=[1, 0]).block("Ship?").job("ship")
    create(api)
    simulator.clock.sleep(60)
    found = jobs(api)
    assert (build(api)["state"], found["Ship?"]["state"]) == ("failed", "blocked_failed")
    api.put(f"{job_path(found['test'])}/retry")
    simulator.clock.sleep(60)
    assert (build(api)["blocked"], jobs(api)["Ship?"]["state"]) == (True, "blocked")


def test_an_open_block_stays_open_while_a_job_before_it_is_retried(simulator: Simulator, api: httpx.Client) -> None:
    simulator.pipeline("web").job("soft", exit_status=1, soft_fail=True, after=30).block("Ship?").job("ship")
    create(api)
    simulator.clock.sleep(60)
    found = jobs(api)
    assert api.put(f"{job_path(found['soft'])}/retry").status_code == 200
    assert (build(api)["state"], build(api)["blocked"], build(api)["finished_at"]) == ("running", False, None)
    assert jobs(api)["Ship?"]["unblockable"] is True
    assert api.put(f"{job_path(found['Ship?'])}/unblock").status_code == 200
    assert jobs(api)["ship"]["state"] == "scheduled"
    simulator.clock.sleep(60)
    assert (build(api)["state"], build(api)["blocked"]) == ("passed", False)


def test_a_block_without_anything_behind_it_ends_the_build(simulator: Simulator, api: httpx.Client) -> None:
    simulator.pipeline("web").block("Fine?")
    create(api)
    job = jobs(api)["Fine?"]
    assert api.put(f"{job_path(job)}/unblock").status_code == 200
    assert (build(api)["state"], build(api)["blocked"]) == ("passed", False)


def test_a_field_needs_a_key(simulator: Simulator) -> None:
    with pytest.raises(ValueError, match="key"):
        simulator.pipeline("web").block("Ship?", [{"text": "Version"}])
    with pytest.raises(ValueError, match="blocked_state"):
        simulator.pipeline("web").block("Ship?", blocked_state="odd")
