"""Pipelines that requests create, change, archive and delete; their templates, rules, webhooks and uploads of steps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from buildkite_api.models import PipelineStepRequest

from buildkite_ext import BuildkiteClient
from buildkite_ext.errors import AccessDenied, InvalidRequest, NotFound
from buildkite_ext.simulation import PipelineChanged, ResourceChanged, Simulator

from .helpers import ORG, WEB, connect, create, refusal

YAML = "env: {REGION: eu}\nsteps:\n- {label: Test, key: test, command: make test}\n- wait\n- {label: Ship, command: ship}\n"
REPOSITORY = "git@github.com:acme/web.git"


@pytest.fixture
def client(simulator: Simulator) -> Iterator[BuildkiteClient]:
    with simulator.client() as client:
        yield client


@pytest.fixture
def cluster(simulator: Simulator) -> str:
    return simulator.state.clusters[0].id


def outcome(client: BuildkiteClient, pipeline: str, number: int) -> str:
    return client.builds.wait(pipeline, number).outcome


# Creation ----------------------------------------------------------------------------------------------------------


def test_a_pipeline_of_a_text_runs_it(simulator: Simulator, client: BuildkiteClient, cluster: str) -> None:
    made = client.pipelines.create(name="Web App", cluster_id=cluster, repository=REPOSITORY, configuration=YAML)
    assert (made.slug, made.configuration, made.env) == ("web-app", YAML, {"REGION": "eu"})
    assert [step.type for step in made.steps] == ["script", "waiter", "script"]
    assert made.steps[0].env == {}
    simulator.pipeline("web-app").script("test", exit_status=[1, 0])
    build = client.builds.create("web-app", commit="HEAD", branch="main")
    assert outcome(client, "web-app", build.number) == "failed"
    assert [job.state for job in simulator.pipeline("web-app").builds[0].jobs] == [
        "failed",
        "waiting_failed",
        "waiting_failed",
    ]
    assert client.pipelines.get("web-app").id == made.id


def test_a_pipeline_of_visual_steps_runs_them(simulator: Simulator, client: BuildkiteClient, cluster: str) -> None:
    simulator.pipeline("deploy").job("go")
    steps = [
        PipelineStepRequest(
            type="script", name="Test", command="make $X", agent_query_rules=["queue=gpu"], parallelism=2
        ),
        PipelineStepRequest(type="waiter"),
        PipelineStepRequest(type="trigger", label="Go", trigger_project_slug="deploy", trigger_branch="main"),
        PipelineStepRequest(type="manual", label="Ship?"),
    ]
    made = client.pipelines.create(
        name="web", cluster_id=cluster, repository=REPOSITORY, steps=steps, env={"A": "b"}, slug="front"
    )
    assert (made.slug, made.configuration, made.env) == ("front", None, {"A": "b"})
    assert [step.type for step in made.steps] == ["script", "waiter", "trigger", "manual"]
    build = client.builds.create("front", commit="HEAD", branch="main")
    assert outcome(client, "front", build.number) == "blocked"
    jobs = simulator.pipeline("front").builds[0].jobs
    assert [(job.type, job.state) for job in jobs] == [
        ("script", "passed"), ("script", "passed"), ("waiter", "passed"), ("trigger", "passed"), ("manual", "blocked"),
    ]  # fmt: skip
    assert client.jobs.env("front", build.number, jobs[0].id)["BUILDKITE_COMMAND"] == "make $X"
    assert simulator.pipeline("deploy").builds[0].source == "trigger_job"


def test_a_limit_of_a_visual_step_holds_for_all_builds(simulator: Simulator, api: httpx.Client, cluster: str) -> None:
    body = {"name": "web", "cluster_id": cluster, "repository": REPOSITORY}
    steps = [{"type": "script", "name": "Test", "command": "make", "concurrency": 1}]
    assert api.post(f"{ORG}/pipelines", json={**body, "steps": steps}).status_code == 201
    for _ in range(2):
        create(api)
    simulator.clock.sleep(3)
    assert [build.jobs[0].state for build in simulator.pipeline("web").builds] == ["running", "limited"]


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, ["name", "repository", "configuration"]),
        ({"name": " ", "repository": REPOSITORY, "steps": []}, ["name", "steps"]),
        ({"name": "x", "repository": REPOSITORY}, ["configuration"]),
        ({"name": "x", "repository": REPOSITORY, "configuration": ""}, ["configuration"]),
        ({"name": "x", "repository": REPOSITORY, "configuration": "steps: ["}, ["configuration"]),
        ({"name": "x", "repository": REPOSITORY, "configuration": "- {command: a, if: build.brnch == 1}"}, ["configuration"]),
        ({"name": "x", "repository": REPOSITORY, "steps": [{"type": "odd"}]}, ["steps"]),
        ({"name": "x", "repository": REPOSITORY, "steps": [{"type": "trigger"}]}, ["steps"]),
        ({"name": "x", "repository": REPOSITORY, "steps": [{"type": "script", "command": 1}]}, ["steps"]),
        ({"name": "web", "repository": REPOSITORY, "configuration": YAML}, ["name", "slug"]),
        ({"name": "x", "slug": "web", "repository": REPOSITORY, "configuration": YAML}, ["slug"]),
        ({"name": "x", "slug": "-x", "repository": REPOSITORY, "configuration": YAML}, ["slug"]),
        ({"name": "!", "repository": REPOSITORY, "configuration": YAML}, ["slug"]),
        ({"name": "x", "repository": REPOSITORY, "configuration": YAML, "cluster_id": "no"}, ["cluster_id"]),
        ({"name": "x", "repository": REPOSITORY, "configuration": YAML, "visibility": "odd"}, ["visibility"]),
        ({"name": "x", "repository": REPOSITORY, "configuration": YAML, "visibility": "public"}, ["visibility"]),
        ({"name": "x", "repository": REPOSITORY, "configuration": YAML, "teams": {"no": "read_only"}}, ["teams"]),
        ({"name": "x", "repository": REPOSITORY, "configuration": YAML, "pipeline_template_uuid": "no"},
         ["pipeline_template_uuid"]),
        ({"name": "x", "repository": REPOSITORY, "configuration": YAML, "allow_rebuilds": "maybe", "tags": "a",
          "default_command_step_timeout": 0, "provider_settings": []},
         ["allow_rebuilds", "default_command_step_timeout", "tags", "provider_settings"]),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_listed(
    simulator: Simulator, api: httpx.Client, body: dict[str, object], wrong: list[str]
) -> None:
    simulator.pipeline("web").job("test")
    answer = api.post(f"{ORG}/pipelines", json=body)
    assert refusal(answer) == (422, "Validation Failed")
    assert [error["field"] for error in answer.json()["errors"]] == wrong
    assert [pipeline["slug"] for pipeline in api.get(f"{ORG}/pipelines").json()] == ["web"]


def test_lenient_forms_are_taken(simulator: Simulator, api: httpx.Client) -> None:
    body = b'{"name":"Web","repository":"https://gitlab.com/acme/web.git","configuration":"- wait","allow_rebuilds":"false",'
    body += b'"default_command_step_timeout":"5"}'
    answer = api.post(f"{ORG}/pipelines/", content=body)  # neither a Content-Type nor a cluster
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert made["cluster_id"] == simulator.state.clusters[0].id
    assert (made["allow_rebuilds"], made["default_command_step_timeout"]) == (False, 5)
    assert (made["provider"]["id"], made["provider"]["settings"]["repository"]) == ("gitlab", "acme/web")


def test_the_scope_decides_who_may(simulator: Simulator) -> None:
    simulator.pipeline("web").job("test")
    simulator.add_token("bkua_reader", scopes={"read_pipelines"})
    with simulator.client(token="bkua_reader") as reader:
        assert reader.pipelines.get("web").provider is not None
        for act in (reader.pipelines.archive, reader.pipelines.delete, reader.pipelines.create_webhook):
            with pytest.raises(AccessDenied, match="write_pipelines"):
                act("web")
    with connect(simulator, "bkua_reader") as raw:
        assert raw.get(WEB).json()["provider"]["webhook_url"] == ""


def test_a_new_pipeline_has_the_defaults_of_the_organization(client: BuildkiteClient, cluster: str) -> None:
    client.pipeline_settings.update(default_branch="trunk", default_timeout_in_minutes=7)
    client.pipeline_settings.enable_public_pipeline_creation()
    made = client.pipelines.create(
        name="web", cluster_id=cluster, repository=REPOSITORY, configuration=YAML, visibility="public"
    )
    assert (made.default_branch, made.default_command_step_timeout, made.visibility) == ("trunk", 7, "public")


def test_in_an_organization_with_teams_a_member_names_some(
    simulator: Simulator, client: BuildkiteClient, cluster: str
) -> None:
    client.teams.enable()
    (everyone,) = client.teams.list()
    assert everyone.id is not None
    simulator.add_token("bkua_member", user="Grace Hopper")
    body: dict[str, Any] = {"cluster_id": cluster, "repository": REPOSITORY, "configuration": YAML}
    with simulator.client(token="bkua_member") as member:
        with pytest.raises(InvalidRequest, match="teams can't be blank"):
            member.pipelines.create(name="web", **body)
        member.pipelines.create(name="web", teams={everyone.id: "build_and_read"}, **body)
        member.pipelines.create(name="api", team_uuids=[everyone.id], **body)
    assert [item.access_level for item in client.teams.pipelines.list(everyone.id)] == [
        "build_and_read",
        "manage_build_and_read",
    ]
    client.pipelines.create(name="admin", **body)


# Changes -----------------------------------------------------------------------------------------------------------


def test_an_update_holds_for_later_builds(simulator: Simulator, client: BuildkiteClient, cluster: str) -> None:
    client.pipelines.create(
        name="web", cluster_id=cluster, repository=REPOSITORY, configuration="- {label: A, command: a}"
    )
    client.builds.create("web", commit="HEAD", branch="main")
    changed = client.pipelines.update("web", configuration="- {label: B, command: b}", description="d", tags=["x"])
    assert (changed.description, changed.tags, changed.name) == ("d", ["x"], "web")
    client.builds.create("web", commit="HEAD", branch="main")
    assert [build.jobs[0].step.label for build in simulator.pipeline("web").builds] == ["A", "B"]
    assert client.pipelines.update("web", branch_configuration="release/*").branch_configuration == "release/*"
    with pytest.raises(InvalidRequest, match="doesn't build the branch"):
        client.builds.create("web", commit="HEAD", branch="main")
    assert client.pipelines.update("web", branch_configuration=None).branch_configuration is None
    assert client.pipelines.get("web").description == "d"


def test_yaml_pipelines_take_no_visual_steps_and_no_env(api: httpx.Client, cluster: str) -> None:
    api.post(f"{ORG}/pipelines", json={"name": "web", "repository": REPOSITORY, "configuration": YAML})
    steps = [{"type": "script", "command": "x"}]
    answer = api.patch(WEB, json={"steps": steps})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "steps")
    changed = api.patch(WEB, json={"steps": steps, "configuration": "- command: y", "env": {"A": "b"}}).json()
    assert (changed["configuration"], changed["env"], len(changed["steps"])) == ("- command: y", {}, 1)


def test_visual_pipelines_can_become_yaml_ones(api: httpx.Client) -> None:
    body = {"name": "web", "repository": REPOSITORY, "steps": [{"type": "script", "command": "x"}]}
    assert api.post(f"{ORG}/pipelines", json=body).status_code == 201
    changed = api.patch(WEB, json={"steps": [{"type": "waiter"}], "env": {"A": "b"}}).json()
    assert ([step["type"] for step in changed["steps"]], changed["env"]) == (["waiter"], {"A": "b"})
    assert api.patch(WEB, json={"configuration": YAML}).json()["configuration"] == YAML


def test_a_new_name_moves_the_pipeline(simulator: Simulator, client: BuildkiteClient) -> None:
    simulator.pipeline("web").job("test")
    build = client.builds.create("web", commit="HEAD", branch="main")
    listed = [item.url for item in client.builds.list("web")]
    moved = client.pipelines.update("web", name="Front End")
    assert moved.slug == "front-end"
    with pytest.raises(NotFound):
        client.pipelines.get("web")
    (after,) = client.builds.list("front-end")
    assert [after.url] == [url.replace("/web/", "/front-end/") for url in listed]
    assert client.builds.get("front-end", build.number).url == after.url
    assert simulator.pipeline("front-end").builds[0].number == 1
    assert client.pipelines.update("front-end", name="Shop", slug="store").slug == "store"
    assert client.pipelines.update("store", name="Shop", description="same name").slug == "store"
    with pytest.raises(InvalidRequest, match="cluster_id"):
        client.pipelines.update("store", cluster_id=None)


def test_builds_that_name_a_moved_pipeline_name_its_new_place(simulator: Simulator, api: httpx.Client) -> None:
    simulator.pipeline("up").trigger("web")
    simulator.pipeline("web").job("test").trigger("down")
    simulator.pipeline("down").job("test")
    create(api, "up")
    simulator.clock.sleep(60)

    def named() -> str:
        return api.get("/v2/builds", params={"state": "passed"}).text

    assert named().count("/pipelines/web/builds/1") > 1
    assert api.patch(WEB, json={"slug": "front"}).status_code == 200
    assert "/pipelines/web" not in named()
    assert '"build_pipeline_slug":"front"' in named()


def test_an_archived_pipeline_builds_no_more(simulator: Simulator, client: BuildkiteClient) -> None:
    simulator.pipeline("web").job("test")
    simulator.pipeline("up").trigger("web")
    first = client.builds.create("web", commit="HEAD", branch="main")
    assert client.pipelines.archive("web").archived_at is not None
    assert outcome(client, "web", first.number) == "passed"
    with pytest.raises(InvalidRequest, match="archived"):
        client.builds.create("web", commit="HEAD", branch="main")
    with pytest.raises(InvalidRequest, match="archived"):
        client.builds.rebuild("web", first.number)
    with pytest.raises(InvalidRequest, match="archived"):
        client.pipelines.update("web", name="x")
    with pytest.raises(InvalidRequest, match=r"Pipeline could not be archived\."):
        client.pipelines.archive("web")
    parent = client.builds.create("up", commit="HEAD", branch="main")
    assert outcome(client, "up", parent.number) == "failed"
    assert client.pipelines.unarchive("web").archived_at is None
    with pytest.raises(InvalidRequest, match=r"Pipeline could not be unarchived\."):
        client.pipelines.unarchive("web")
    assert client.builds.create("web", commit="HEAD", branch="main").number == 2


def test_a_deleted_pipeline_is_gone_with_all_that_belongs_to_it(simulator: Simulator, api: httpx.Client) -> None:
    web = simulator.pipeline("web").job("test", after=60, artifacts={"a.txt": b"a"})
    simulator.pipeline("api").job("test").build()
    web.history(2)
    for _ in range(2):
        create(api)
    simulator.clock.sleep(10)
    listed = api.get(f"{WEB}/builds", params={"include_retried_jobs": "true"}).json()
    job = listed[0]["jobs"][0]["id"]
    agents = api.get(f"{ORG}/agents").json()
    value = {"source_pipeline": "web", "target_pipeline": "api"}
    rule = api.post(f"{ORG}/rules", json={"type": "pipeline.artifacts_read.pipeline", "value": value}).json()
    schedule = api.post(f"{WEB}/schedules", json={"cronline": "@hourly"}).json()
    assert api.delete(WEB).status_code == 204
    for path in (
        WEB, f"{WEB}/builds", f"{WEB}/builds/1", f"{ORG}/jobs/{job}", f"{ORG}/rules/{rule['uuid']}",
        f"{WEB}/schedules/{schedule['id']}",
    ):  # fmt: skip
        assert api.get(path).status_code == 404, path
    assert api.delete(WEB).status_code == 404
    assert {build["pipeline"]["slug"] for build in api.get("/v2/builds").json()} == {"api"}
    assert all(agent["job"] is None for agent in api.get(f"{ORG}/agents").json())
    simulator.clock.sleep(3600)
    assert {build["pipeline"]["slug"] for build in api.get("/v2/builds").json()} == {"api"}
    assert len(api.get(f"{ORG}/agents").json()) == len(agents)
    again = simulator.pipeline("web").job("test").build()
    assert (again.number, simulator.pipeline("web") is web) == (1, False)


def test_a_pipeline_is_deleted_before_its_build_begins(simulator: Simulator, api: httpx.Client) -> None:
    simulator.pipeline("up").trigger("web")
    simulator.pipeline("web").job("test", after=60)
    create(api, "up")
    simulator.clock.sleep(5)
    (waiting,) = simulator.pipeline("web").builds
    assert api.delete(WEB).status_code == 204
    simulator.clock.sleep(120)
    api.get("/v2/user")
    assert waiting.state == "canceled"
    assert api.get(f"{ORG}/pipelines/up/builds/1").json()["state"] == "failed"


# Webhooks ----------------------------------------------------------------------------------------------------------


def test_webhooks_are_for_github(simulator: Simulator, client: BuildkiteClient) -> None:
    simulator.pipeline("web").job("test")
    simulator.pipeline("lab", repository="https://gitlab.com/acme/lab.git").job("test")
    client.pipelines.create_webhook("web")
    with pytest.raises(InvalidRequest, match="already exists"):
        client.pipelines.create_webhook("web")
    with pytest.raises(InvalidRequest, match="GitHub App"):
        client.pipelines.create_webhook("lab")
    for act in (client.pipelines.get_github_webhooks, client.pipelines.enable_github_webhooks):
        with pytest.raises(NotFound):
            act("lab")


def test_who_switched_webhooks_off_first_stays_on_record(simulator: Simulator, client: BuildkiteClient) -> None:
    simulator.pipeline("web").job("test")
    first = client.pipelines.disable_github_webhooks("web")
    simulator.clock.sleep(60)
    simulator.add_token("bkua_other", user="Grace Hopper")
    with simulator.client(token="bkua_other") as other:
        second = other.pipelines.disable_github_webhooks("web")
    assert (first.enabled, first.disabled_by) == (False, "Ada Byron")
    assert (second.disabled_at, second.disabled_by) == (first.disabled_at, first.disabled_by)
    assert client.pipelines.enable_github_webhooks("web").disabled_at is None


# Templates and rules -----------------------------------------------------------------------------------------------


def test_pipelines_follow_their_template(simulator: Simulator, client: BuildkiteClient, cluster: str) -> None:
    template = client.pipeline_templates.create(name="Build", configuration="- {label: A, command: a}")
    body: dict[str, Any] = {"cluster_id": cluster, "repository": REPOSITORY, "pipeline_template_uuid": template.uuid}
    made = client.pipelines.create(name="web", **body)
    assert (made.pipeline_template_uuid, made.configuration) == (template.uuid, "- {label: A, command: a}")
    client.builds.create("web", commit="HEAD", branch="main")
    simulator.clock.sleep(60)
    changed = client.pipeline_templates.update(template.uuid, configuration="- {label: B, command: b}", available=True)
    assert changed.updated_at is not None
    assert changed.created_at is not None
    assert changed.updated_at > changed.created_at
    client.builds.create("web", commit="HEAD", branch="main")
    assert [build.jobs[0].step.label for build in simulator.pipeline("web").builds] == ["A", "B"]
    with pytest.raises(InvalidRequest, match="assigned"):
        client.pipeline_templates.delete(template.uuid)
    kept = client.pipelines.update("web", pipeline_template_uuid=None)
    assert (kept.pipeline_template_uuid, kept.configuration) == (None, "- {label: B, command: b}")
    client.pipeline_templates.delete(template.uuid)
    with pytest.raises(NotFound):
        client.pipeline_templates.get(template.uuid)


def test_members_see_and_use_templates_that_are_available(
    simulator: Simulator, client: BuildkiteClient, cluster: str
) -> None:
    hidden = client.pipeline_templates.create(name="Hidden", configuration="- command: a")
    shown = client.pipeline_templates.create(name="Shown", configuration="- command: a", available=True)
    simulator.add_token("bkua_member", user="Grace Hopper")
    with simulator.client(token="bkua_member") as member:
        assert [item.uuid for item in member.pipeline_templates.list()] == [shown.uuid]
        with pytest.raises(NotFound):
            member.pipeline_templates.get(hidden.uuid)
        body: dict[str, Any] = {"cluster_id": cluster, "repository": REPOSITORY}
        with pytest.raises(InvalidRequest, match="must be a template"):
            member.pipelines.create(name="a", pipeline_template_uuid=hidden.uuid, **body)
        member.pipelines.create(name="b", pipeline_template_uuid=shown.uuid, **body)
    assert len(list(client.pipeline_templates.list())) == 2


def test_templates_say_what_is_wrong_in_one_sentence(api: httpx.Client) -> None:
    path = f"{ORG}/pipeline-templates"
    assert refusal(api.post(path, json={})) == (
        422, "Validation failed: name can't be blank, configuration can't be blank",
    )  # fmt: skip
    status, message = refusal(api.post(path, json={"name": "x", "configuration": "steps: ["}))
    assert (status, message.startswith("Validation failed: configuration isn't valid: ")) == (422, True)
    assert refusal(api.get(f"{path}/no")) == (404, "No pipeline template found")


def test_rules_name_pipelines_by_id_or_slug(simulator: Simulator, client: BuildkiteClient) -> None:
    web, deploy = (simulator.pipeline(slug).job("x").state for slug in ("web", "deploy"))
    kind = "pipeline.trigger_build.pipeline"
    rule = client.rules.create(type=kind, value={"source_pipeline": web.id, "target_pipeline": "deploy"})
    assert (rule.source_uuid, rule.target_uuid, rule.action, rule.effect) == (
        web.id,
        deploy.id,
        "trigger_build",
        "allow",
    )
    read = client.rules.create(
        type="pipeline.artifacts_read.pipeline", value={"source_pipeline": "web", "target_pipeline": "deploy"}
    )
    assert read.action == "artifacts_read"
    assert [item.uuid for item in client.rules.list()] == [rule.uuid, read.uuid]
    for source, target, said in (
        ("web", "deploy", "already"),
        ("web", "web", "same"),
        ("web", "no", "target_pipeline"),
    ):
        with pytest.raises(InvalidRequest, match=said):
            client.rules.create(type=kind, value={"source_pipeline": source, "target_pipeline": target})
    client.rules.delete(rule.uuid)
    with pytest.raises(NotFound):
        client.rules.delete(rule.uuid)


# Uploads of steps --------------------------------------------------------------------------------------------------


def test_uploads_of_steps_are_listed_newest_first(simulator: Simulator, client: BuildkiteClient) -> None:
    web = simulator.pipeline("web").job("first", after=10).job("second", after=20)
    web.on_upload("first", "- command: a\n- command: b", after=1).on_upload("second", "- wait", after=2, replaces=True)
    web.on_upload("second", "- {command: c, depends_on: []}\n- {command: d, if: build.brnch == 1}", after=3)
    build = client.builds.create("web", commit="HEAD", branch="main")
    simulator.clock.sleep(60)
    refused, second, first = client.step_uploads.list("web", build.number)
    assert (first.state, first.created_jobs_count, first.replace_existing_steps) == ("applied", 2, False)
    assert (second.state, second.created_jobs_count, second.replace_existing_steps) == ("applied", 1, True)
    assert (refused.state, refused.created_jobs_count, refused.rejection_type) == ("rejected", None, "validation_error")
    of_second = client.step_uploads.list("web", build.number, filter_source_job_id=second.source_job_id)
    assert [item.uuid for item in of_second] == [refused.uuid, second.uuid]
    assert [item.uuid for item in client.step_uploads.list("web", build.number, per_page=1)] == [
        refused.uuid, second.uuid, first.uuid,
    ]  # fmt: skip
    assert first.definition_yaml is None
    one = client.step_uploads.get("web", build.number, first.uuid)
    assert (one.definition_yaml, one.definition_bytes) == ("- command: a\n- command: b", 25)
    with pytest.raises(NotFound):
        client.step_uploads.get("web", build.number, "no")


# Events ------------------------------------------------------------------------------------------------------------


def test_each_change_is_an_event(simulator: Simulator, client: BuildkiteClient, cluster: str) -> None:
    seen: list[tuple[object, ...]] = []

    def listen(change: object) -> None:
        match change:
            case PipelineChanged():
                seen.append(("pipeline", change.before, change.after))
            case ResourceChanged():
                seen.append((change.kind, change.action, change.before, change.after, change.user and change.user.name))

    simulator.on_change(listen)
    client.pipelines.create(name="web", cluster_id=cluster, repository=REPOSITORY, configuration=YAML)
    client.pipelines.update("web", name="Front")
    schedule = client.pipelines.schedules.create("front", cronline="@daily")
    client.pipelines.schedules.update("front", schedule.id, enabled=False)
    template = client.pipeline_templates.create(name="T", configuration=YAML)
    client.pipeline_templates.delete(template.uuid)
    client.pipelines.delete("front")
    ada = "Ada Byron"
    assert seen == [
        ("pipeline", None, "web"),
        ("pipeline", "web", "web"),
        ("pipeline", "web", "front"),
        ("schedule", "created", None, "@daily", ada),
        ("schedule", "disabled", "@daily", "@daily", ada),
        ("pipeline_template", "created", None, "T", ada),
        ("pipeline_template", "deleted", "T", None, ada),
        ("schedule", "deleted", "@daily", None, ada),
        ("pipeline", "front", None),
    ]
