"""Requests of administrators, each once: for the test that compares all answers with the description."""

from __future__ import annotations

from typing import Any

import httpx

from buildkite_ext.simulation import Simulator

from .helpers import ORG

Json = dict[str, Any]

CONFIGURATION = "env: {FOO: bar}\nsteps:\n- {label: Test, command: make test, key: test}\n"
TEAM = {
    "name": "Backend", "description": "d", "privacy": "secret", "is_default_team": False, "default_member_role": "member",
    "members_can_create_pipelines": True, "members_can_create_suites": True, "members_can_create_registries": True,
    "members_can_destroy_registries": False, "members_can_destroy_packages": False,
}  # fmt: skip


def administrate(simulator: Simulator, api: httpx.Client) -> None:
    simulator.add_token("bkua_other", user="Grace Hopper")
    templates(api)
    pipelines(api)
    schedules(simulator, api)
    people(api)
    settings(api)
    uploads(simulator, api)


def made(response: httpx.Response, status: int = 201) -> Any:
    assert response.status_code == status, response.text
    return response.json()


def templates(api: httpx.Client) -> None:
    path = f"{ORG}/pipeline-templates"
    template = made(api.post(path, json={"name": "Build", "configuration": CONFIGURATION, "available": True}))
    one = f"{path}/{template['uuid']}"
    assert api.get(path).json() == [api.get(one).json()]
    assert made(api.patch(one, json={"description": "d"}), 200)["description"] == "d"
    cluster = api.get(f"{ORG}/clusters").json()[0]["id"]
    body = {"name": "Shared", "cluster_id": cluster, "repository": "git@github.com:acme/x.git"}
    made(api.post(f"{ORG}/pipelines", json={**body, "pipeline_template_uuid": template["uuid"]}))
    assert api.delete(one).status_code == 422
    assert api.delete(f"{ORG}/pipelines/shared").status_code == 204
    assert api.delete(one).status_code == 204


def pipelines(api: httpx.Client) -> None:
    cluster = api.get(f"{ORG}/clusters").json()[0]["id"]
    step = {"type": "script", "name": "Test", "command": "make", "timeout_in_minutes": 2, "concurrency": 1}
    body = {
        "name": "My Pipeline X", "cluster_id": cluster, "repository": "git@github.com:acme-inc/my-pipeline.git",
        "default_command_step_timeout": 60, "tags": [":rocket:"], "emoji": ":rocket:", "color": "#fff",
    }  # fmt: skip
    made(api.post(f"{ORG}/pipelines", json={**body, "configuration": CONFIGURATION}))
    visual = {
        "name": "Visual",
        "steps": [step, {"type": "waiter"}, {"type": "manual", "label": "Ship?"}],
        "env": {"A": "b"},
    }
    made(api.post(f"{ORG}/pipelines", json={**body, **visual}))
    one = f"{ORG}/pipelines/my-pipeline-x"
    assert made(api.patch(one, json={"description": "d", "configuration": "- command: a"}), 200)["env"] == {}
    for verb in ("archive", "unarchive"):
        made(api.post(f"{one}/{verb}"), 200)
        assert api.post(f"{one}/{verb}").status_code == 422
    assert [api.post(f"{one}/webhook").status_code for _ in range(2)] == [201, 422]
    for method in ("GET", "DELETE", "PUT"):
        made(api.request(method, f"{one}/github-webhooks"), 200)
    rules = f"{ORG}/rules"
    value = {"source_pipeline": "my-pipeline-x", "target_pipeline": "visual"}
    rule = made(api.post(rules, json={"type": "pipeline.trigger_build.pipeline", "value": value}))
    assert api.get(rules).json() == [api.get(f"{rules}/{rule['uuid']}").json()]
    assert api.delete(f"{rules}/{rule['uuid']}").status_code == 204


def schedules(simulator: Simulator, api: httpx.Client) -> None:
    path = f"{ORG}/pipelines/my-pipeline-x/schedules"
    schedule = made(api.post(path, json={"cronline": "@hourly", "label": "l", "env": {"A": "b"}}))
    one = f"{path}/{schedule['id']}"
    assert api.get(path).json() == [api.get(one).json()]
    made(api.put(one, json={"cronline": "0 8 * * 1-5 Europe/Berlin", "enabled": False, "env": None}), 200)
    assert api.delete(one).status_code == 204
    made(api.post(path, json={"cronline": "@hourly"}))
    simulator.clock.sleep(3600)
    assert api.get(f"{ORG}/pipelines/my-pipeline-x/builds").json()[0]["source"] == "schedule"


def people(api: httpx.Client) -> None:
    me, other = api.get(f"{ORG}/members").json()
    made(api.get(f"{ORG}/members/{me['id']}"), 200)
    made(api.patch(f"{ORG}/members/{other['id']}", json={"role": "admin", "sso_mode": "optional"}), 200)
    assert api.post(f"{ORG}/teams/enable").status_code == 204
    team = made(api.post(f"{ORG}/teams", json=TEAM))
    one = f"{ORG}/teams/{team['id']}"
    assert len(api.get(f"{ORG}/teams", params={"user_id": other["id"]}).json()) == 1
    made(api.get(one), 200)
    made(api.patch(one, json={**TEAM, "name": "Core"}), 200)
    pipeline = api.get(f"{ORG}/pipelines/visual").json()["id"]
    suites = "/v2/analytics/organizations/acme/suites"
    suite = made(api.post(suites, json={"name": "RSpec", "default_branch": "main"}))["id"]
    parts: tuple[tuple[str, str, str, str, Any, Any], ...] = (
        ("members", "user_id", other["id"], "role", "member", "maintainer"),
        ("pipelines", "pipeline_id", pipeline, "access_level", "read_only", "build_and_read"),
        ("suites", "suite_id", suite, "access_level", ["read"], ["read", "edit"]),
    )
    for part, key, value, field, first, then in parts:
        made(api.post(f"{one}/{part}", json={key: value, field: first}))
        made(api.get(f"{one}/{part}/{value}"), 200)
        assert len(api.get(f"{one}/{part}").json()) == 1
        assert made(api.patch(f"{one}/{part}/{value}", json={field: then}), 200)[field] == then
        assert api.delete(f"{one}/{part}/{value}").status_code == 204
    body = {"emails": ["new@acme.example"], "teams": [{"id": team["id"], "role": "member"}]}
    (invitation,) = made(api.post(f"{ORG}/invitations", json=body))
    assert api.get(f"{ORG}/invitations").json()["items"] == [invitation]
    assert api.get(f"{ORG}/invitations/{invitation['id']}").json() == invitation
    assert [api.delete(f"{ORG}/invitations/{invitation['id']}").status_code for _ in range(2)] == [204, 422]
    assert api.get(f"{ORG}/invitations/{invitation['id']}").json()["state"] == "revoked"
    assert api.delete(one).status_code == 204
    assert api.delete(f"{ORG}/members/{other['id']}").status_code == 204
    assert api.delete(f"{suites}/rspec").status_code == 204


def settings(api: httpx.Client) -> None:
    path = f"{ORG}/pipeline-settings"
    made(api.get(path), 200)
    made(api.patch(path, json={"default_branch": "main", "default_timeout_in_minutes": 60}), 200)
    for switch in ("hosted-agents-ssh", "public-pipelines", "advanced-queue-metrics"):
        made(api.put(f"{path}/{switch}"), 200)
    made(api.put(f"{path}/build-export", json={"location": "bucket", "strategy_id": "s3"}), 200)
    for switch in ("hosted-agents-ssh", "public-pipelines", "build-export"):
        made(api.delete(f"{path}/{switch}"), 200)
    body = {"allowed_ip_addresses": "192.0.2.0/24", "revoke_inactive_tokens_after_days": 90}
    made(api.patch(f"{ORG}/api-settings", json=body), 200)
    made(api.get(f"{ORG}/api-settings"), 200)


def uploads(simulator: Simulator, api: httpx.Client) -> None:
    web = simulator.pipeline("uploads").job("good", after=10).job("bad", after=10)
    web.on_upload("good", "- command: a").on_upload("bad", "- {command: b, key: k}\n- {command: c, key: k}")
    made(api.post(f"{ORG}/pipelines/uploads/builds", json={"commit": "HEAD", "branch": "main"}))
    simulator.clock.sleep(60)
    path = f"{ORG}/pipelines/uploads/builds/1/step-uploads"
    found = api.get(path).json()["items"]
    assert [item["state"] for item in found] == ["rejected", "applied"]
    assert api.get(path, params={"filter[source_job_id]": found[1]["source_job_id"]}).json()["items"] == found[1:]
    assert made(api.get(f"{path}/{found[1]['uuid']}"), 200)["definition_yaml"] == "- command: a"
