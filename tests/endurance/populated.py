"""Organization that has one of everything, and the ids of it all by the names of the description's path parameters."""

from __future__ import annotations

from collections.abc import Mapping

import httpx

from buildkite_ext.simulation import Simulator

__all__ = ["populated"]

ORG = "/v2/organizations/acme"


def populated() -> tuple[Simulator, Mapping[str, str]]:
    """Return an organization, and values of path parameters that lead to something in it."""
    simulator = Simulator("acme", agents=3, retain=100)
    web = simulator.pipeline("web").job(
        "test", exit_status=1, artifacts={"a/b.txt": b"hi"}, log="--- x\nok\n", key="test"
    )
    web.on_upload("test", "[{label: more, command: make more, key: more}]").block("Ship it?", ["version"], key="ship")
    build = web.build()
    simulator.clock.sleep(60)
    web.build()
    headers = {"Authorization": f"Bearer {simulator.token}"}
    with httpx.Client(transport=simulator.transport(), base_url=simulator.base_url, headers=headers) as api:
        return simulator, _ids(simulator, api, build.number)


def _ids(simulator: Simulator, api: httpx.Client, number: int) -> Mapping[str, str]:
    state = simulator.state
    cluster, web = state.clusters[0], state.pipelines["web"]
    simulator.pipeline("api").job("lint")
    build = f"{ORG}/pipelines/web/builds/{number}"
    of_cluster = f"{ORG}/clusters/{cluster.id}"
    job = next(iter(state.jobs.values()))
    user = next(iter(state.users))
    _made(api, f"{of_cluster}/queues", key="linux", hostedAgents={"instanceShape": "LINUX_ARM64_4X16"})
    _made(api, f"{of_cluster}/agent-images", name="curl", dockerfile="RUN true")
    simulator.cache_volume("web/node-modules", cluster=cluster.name)
    simulator.repository_connection("GitHub (acme)", repositories=["acme/web"])
    simulator.registry("gems", ecosystem="ruby")
    assert api.post(f"{ORG}/teams/enable").status_code == 204
    team = _made(
        api,
        f"{ORG}/teams",
        name="Web",
        description="",
        privacy="visible",
        is_default_team=False,
        default_member_role="member",
        **{
            f"members_can_{each}": False
            for each in (
                "create_pipelines",
                "create_suites",
                "create_registries",
                "destroy_registries",
                "destroy_packages",
            )
        },
    )
    suite = simulator.suite("rspec")
    tested = next(iter(state.builds))
    suite.run(tested).passed("adds", location="./a.rb:1").failed("divides", reason="it is nil").finish()
    found = next(iter(state.suites.values()))
    _made(api, f"{ORG}/teams/{team}/pipelines", pipeline_id=web.id, access_level="read_only")
    _made(api, f"{ORG}/teams/{team}/suites", suite_id=found.id, access_level=["read"])
    registry = "/v2/packages/organizations/acme/registries/gems"
    package = api.post(f"{registry}/packages", files={"file": ("banana-1.0.gem", b"gem")}).json()["id"]
    return {
        "org_slug": "acme",
        "pipeline_slug": "web",
        "pipeline_uuid": web.id,
        "build_number": str(number),
        "build_id": tested.id,
        "job_id": job.id,
        "artifact_id": next(iter(state.artifacts)),
        "annotation_uuid": _made(api, f"{build}/annotations", body="hello", context="c"),
        "step_upload_uuid": api.get(f"{build}/step-uploads").json()["items"][0]["uuid"],
        "agent_id": state.agents[0].id,
        "cluster_id": cluster.id,
        "image_id": next(iter(cluster.agent_images)),
        "queue_id": cluster.queues[0].id,
        "token_id": _made(api, f"{of_cluster}/tokens", description="t"),
        "maintainer_id": next(iter(cluster.maintainers)),
        "secret_id": _made(
            api, f"{of_cluster}/secrets", key="PASSWORD", value="hunter2", policy="- pipeline_slug: web"
        ),
        "service_uuid": _made(api, f"{ORG}/services", provider="webhook", settings={"url": "https://hooks.test/"}),
        "invitation_uuid": api.post(f"{ORG}/invitations", json={"emails": ["a@b.test"]}).json()[0]["id"],
        "audit_event_uuid": api.get(f"{ORG}/audit_events").json()["items"][0]["uuid"],
        "user_uuid": user,
        "team_uuid": team,
        "suite_uuid": found.id,
        "suite_slug": "rspec",
        "run_id": next(iter(found.runs)),
        "test_id": next(iter(found.tests)),
        "registry_slug": "gems",
        "package_id": package,
        "registry_token_id": _made(api, f"{registry}/tokens", description="d"),
        "schedule_id": _made(api, f"{ORG}/pipelines/web/schedules", cronline="@daily", label="n", branch="main"),
        "template_uuid": _made(api, f"{ORG}/pipeline-templates", name="T", configuration="steps: [{command: x}]"),
        "portal_slug": _made(api, f"{ORG}/portals", name="Trigger", query="{ viewer { id } }", slug="trigger")
        and "trigger",
        "rule_uuid": _made(
            api,
            f"{ORG}/rules",
            type="pipeline.trigger_build.pipeline",
            value={"source_pipeline": "web", "target_pipeline": "api"},
        ),
        "repository_connection_id": next(iter(state.repository_connections)),
    }


def _made(api: httpx.Client, path: str, **body: object) -> str:
    """Create something, and return its id."""
    answer = api.post(path, json=body)
    assert answer.status_code in (200, 201), f"{path}: {answer.text}"
    found = answer.json()
    return str(next(found[key] for key in ("id", "uuid", "pipeline_id", "suite_id") if key in found))
