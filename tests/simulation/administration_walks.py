"""Requests to all operations of a group, for the test that compares each answer with the description."""

from __future__ import annotations

import httpx

from buildkite_ext.simulation import Simulator

from .helpers import ORG

__all__ = ["walk_administration"]

UNKNOWN = "00000000-0000-4000-a000-000000000000"


def walk_administration(simulator: Simulator, api: httpx.Client) -> None:
    """Send requests to all operations of administrators."""
    cluster = _clusters(api)
    _cluster_access(simulator, api, cluster)
    _hosted_agents(simulator, api, cluster)
    assert api.delete(cluster).status_code == 204
    _notification_services(api)
    _portals(api)
    _repository_connections(simulator, api)
    _audit_events(api)
    _registries(api)
    _suites(simulator, api)


def _clusters(api: httpx.Client) -> str:
    made = api.post(f"{ORG}/clusters", json={"name": "Mac", "description": "d", "emoji": ":mac:", "color": "#fff"})
    assert made.status_code == 201
    cluster = f"{ORG}/clusters/{made.json()['id']}"
    for body in (
        {"key": "own", "description": "d", "retry_agent_affinity": "prefer-different"},
        {"key": "linux", "hostedAgents": {"instanceShape": "LINUX_ARM64_4X16"}},
        {"key": "mac", "hostedAgents": {"instanceShape": "MACOS_ARM64_M4_6X28"}},
    ):
        queue = api.post(f"{cluster}/queues", json=body)
        assert queue.status_code == 201
        assert api.get(f"{cluster}/queues/{queue.json()['id']}").json() == queue.json()
    assert api.delete(f"{cluster}/queues/{queue.json()['id']}").status_code == 204
    assert api.put(cluster, json={"hosted_git_mirror_enabled": True}).status_code == 200
    assert api.post(f"{cluster}/queues", json={"key": "own"}).status_code == 422
    return cluster


def _cluster_access(simulator: Simulator, api: httpx.Client, cluster: str) -> None:
    user = next(iter(simulator.state.users))
    for name, body, change in (
        (
            "tokens",
            {"description": "Macs", "expires_at": "2030-01-01T00:00:00Z"},
            {"allowed_ip_addresses": "10.0.0.0/8"},
        ),
        ("maintainers", {"user": user}, None),
        ("secrets", {"key": "PASSWORD", "value": "hunter2", "policy": "- pipeline_slug: web"}, {"description": "d"}),
    ):
        made = api.post(f"{cluster}/{name}", json=body)
        assert made.status_code == 201, made.text
        path = f"{cluster}/{name}/{made.json()['id']}"
        assert api.get(path).status_code == 200
        assert len(api.get(f"{cluster}/{name}").json()) == 1
        assert change is None or api.put(path, json=change).status_code == 200
        if name == "secrets":
            assert api.put(f"{path}/value", json={"value": "swordfish"}).status_code == 200
        assert api.delete(path).status_code == 204
        assert api.delete(path).status_code == 404


def _hosted_agents(simulator: Simulator, api: httpx.Client, cluster: str) -> None:
    images = f"{cluster}/agent-images"
    made = api.post(images, json={"name": "curl", "dockerfile": "RUN apt-get install -y curl"})
    assert made.status_code == 201
    assert api.get(f"{images}/{made.json()['id']}").json()["status"] == "BUILDING"
    assert api.post(images, json={"name": "curl", "dockerfile": ""}).status_code == 409
    simulator.clock.sleep(60)
    assert [image["status"] for image in api.get(images).json()] == ["READY"]
    assert api.delete(f"{images}/{made.json()['id']}").status_code == 204
    assert api.get(f"{cluster}/network_ranges").json()
    simulator.cache_volume("web/node-modules", cluster="Mac")
    assert len(api.get(f"{cluster}/cache_volumes").json()) == 1
    for status in (204, 404):
        assert api.request("DELETE", f"{cluster}/cache_volumes", json={"tag": "web/node-modules"}).status_code == status
    job = next(iter(simulator.state.jobs))
    for kind in ("vnc", "ssh"):
        assert api.post(f"{ORG}/jobs/{job}/{kind}-session").status_code == 422


def _notification_services(api: httpx.Client) -> None:
    services = f"{ORG}/services"
    for body in (
        {
            "provider": "webhook",
            "description": "d",
            "branch_configuration": "main",
            "settings": {"url": "https://example.com", "token": "t", "events": ["build.finished"], "tls_verify": True},
            "build_states": {"build_failed": True},
        },
        {"provider": "datadog_pipeline_visibility", "settings": {"api_key": "0123456789abcdef"}},
    ):
        made = api.post(services, json=body)
        assert made.status_code == 201, made.text
    path = f"{services}/{made.json()['id']}"
    pipeline = api.get(f"{ORG}/pipelines").json()[0]["id"]
    change = {"scope": "some_projects", "scope_uuids": [pipeline], "settings": made.json()["settings"]}
    assert api.patch(path, json=change).status_code == 200
    assert [api.put(f"{path}/{verb}").json()["enabled"] for verb in ("disable", "enable")] == [False, True]
    page = api.get(services, params={"per_page": "1"}).json()
    assert len(api.get(page["links"]["next"]).json()["items"]) == 1
    assert api.delete(path).status_code == 204
    assert api.get(path).status_code == 404


def _portals(api: httpx.Client) -> None:
    made = api.post(f"{ORG}/portals", json={"name": "Trigger main", "query": "{ viewer { id } }"})
    assert made.status_code == 201
    assert made.json()["token"]
    path = f"{ORG}/portals/{made.json()['slug']}"
    assert api.put(path, json={"user_invokable": True}).json() == api.get(path).json()
    assert len(api.get(f"{ORG}/portals").json()) == 1
    assert api.delete(path).status_code == 204


def _repository_connections(simulator: Simulator, api: httpx.Client) -> None:
    simulator.repository_connection("GitHub (acme)", repositories=["acme/web", "acme/api"])
    (connection,) = api.get(f"{ORG}/repository_connections").json()
    path = f"{ORG}/repository_connections/{connection['id']}"
    assert api.get(path).status_code == 200
    assert len(api.get(f"{path}/repositories", params={"repository": "ACME/web"}).json()) == 1


def _audit_events(api: httpx.Client) -> None:
    page = api.get(f"{ORG}/audit_events", params={"per_page": "3"}).json()
    assert len(page["items"]) == 3
    for event in page["items"]:
        assert api.get(f"{ORG}/audit_events/{event['uuid']}").json() == event


def _registries(api: httpx.Client) -> None:
    root = "/v2/packages/organizations/acme/registries"
    for name in ("My gems", "Their gems"):
        made = api.post(root, json={"name": name, "ecosystem": "ruby", "oidc_policy": "- iss: x", "team_ids": ["t"]})
        assert made.status_code == 200
    path = f"{root}/my-gems"
    assert api.post(path, json={"description": "d"}).json() == api.get(path).json()
    assert len(api.get(root).json()) == 2
    token = api.post(f"{path}/tokens", json={"description": "Usher"}).json()
    assert api.post(f"{path}/tokens/{token['id']}", json={"description": "Eminem"}).status_code == 200
    assert api.get(f"{path}/tokens").json() == [api.get(f"{path}/tokens/{token['id']}").json()]
    package = api.post(f"{path}/packages", files={"file": ("banana-1.0.gem", b"gem")}).json()
    assert len(api.get(f"{path}/packages", params={"name": "banana"}).json()["items"]) == 1
    assert api.get(f"{path}/packages/{package['id']}").status_code == 200
    assert api.post(f"{path}/packages/{package['id']}/copy", params={"to": "their-gems"}).status_code == 200
    for part in (f"/packages/{package['id']}", f"/tokens/{token['id']}", ""):
        assert api.delete(f"{path}{part}").status_code == 200
        assert api.delete(f"{path}{part}").status_code == 404


def _suites(simulator: Simulator, api: httpx.Client) -> None:
    root = "/v2/analytics/organizations/acme/suites"
    made = api.post(root, json={"name": "Jest", "default_branch": "main", "show_api_token": True, "emoji": ":x:"})
    assert made.status_code == 201
    path = f"{root}/jest"
    assert api.patch(path, json={"application_name": "Shop"}).json() == api.get(path).json()
    assert all(suite["api_token"] for suite in api.get(root, params={"show_api_token": "true"}).json())
    build = next(iter(simulator.state.builds))
    run = simulator.suite("jest").run(build).passed("adds", location="./a_spec.rb:1", tags={"os": "linux"})
    run.failed("adds", backtrace=["a", "b"], details=["no"]).failed("divides", scope="Math").finish()
    (listed,) = api.get(f"{path}/runs", params={"build_id": build.id}).json()
    assert api.get(f"{path}/runs/{listed['id']}").json() == listed
    failed = f"{path}/runs/{listed['id']}/failed_executions"
    executions = api.get(failed, params={"include_failure_expanded": "true", "per_page": "1"}).json()
    assert len(executions) == 1
    assert len(api.get(failed).json()) == 2
    version = {"Buildkite-Version": "2026-08-01"}
    tests = api.get(f"{path}/tests", headers=version, params={"sort_by": "reliability", "order": "asc"}).json()
    assert len(tests) == 2
    assert len(api.get(f"{path}/tests").json()) == 2
    test = f"{path}/tests/{executions[0]['test_id']}"
    for headers in ({}, version):
        assert api.get(test, headers=headers).status_code == 200
    assert api.post(f"{path}/tests/find", json={"scope": "Math", "name": "divides"}).status_code == 200
    assert api.patch(f"{test}/labels", json={"operator": "add", "labels": ["slow"]}).json()["labels"] == ["slow"]
    for verb, method, name in (("mute", "GET", "muted"), ("skip", "PUT", "skipped")):
        assert api.put(f"{test}/{verb}").status_code == 200
        assert len(api.request(method, f"{path}/tests/{name}").json()) == 1
    assert api.put(f"{test}/enable").status_code == 200
    assert len(api.get(f"{path}/flaky-tests", params={"search": "add"}).json()) == 1
    tags = {"executions": [{"id": executions[0]["execution_id"], "tags": {"mut.owner": "ada"}}]}
    assert api.put(f"{path}/execution-tags", json=tags).status_code == 200
    simulator.clock.sleep(1)
    build_tests = api.get(f"/v2/analytics/organizations/acme/builds/{build.id}/tests")
    assert len(build_tests.json()) == 2
    shown = api.get(f"{ORG}/pipelines/{build.pipeline.slug}/builds/{build.number}?include_test_engine=true").json()
    assert shown["test_engine"]["runs"][0]["suite"]["slug"] == "jest"
    assert api.delete(path).status_code == 204
