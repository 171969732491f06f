"""What the type checkers make of the services, printed and by hand. Checked by `make check`."""

from __future__ import annotations

import builtins
from datetime import timedelta
from typing import assert_type

from buildkite_api.models import (
    Annotation,
    ApiSettings,
    Artifact,
    AuditEvent,
    Build,
    Cluster,
    ClusterSecret,
    ClusterToken,
    Job,
    Package,
    Pipeline,
    PipelineSchedule,
    SshSession,
    StepUpload,
    TeamMember,
    Test,
    TestWithMetrics,
    User,
)

from buildkite_ext import UNSET, AsyncBuildkiteClient, BuildkiteClient, DownloadedFiles, LogLine, Secret, WaitResult
from buildkite_ext.pagination.items import AsyncItems, Items
from buildkite_ext.services.pipelines import AsyncPipelines, Pipelines


def blocking(client: BuildkiteClient) -> None:
    assert_type(client.pipelines, Pipelines)
    assert_type(client.pipelines.list(), Items[Pipeline])
    assert_type(client.pipelines.get("web"), Pipeline)
    assert_type(client.pipelines.archive("web"), Pipeline)
    assert_type(client.audit_events.list(limit=3), Items[AuditEvent])
    assert_type(client.clusters.create(name="Linux", description="All of it"), Cluster)
    assert_type(client.jobs.retry_by_id("j1"), Job)
    assert_type(client.jobs.create_ssh_session("j1"), SshSession)
    assert_type(client.jobs.log_size_by_id("j1"), int)
    assert_type(client.jobs.delete_log("web", 1, "j1"), None)
    assert_type(client.teams.members.list("t1"), Items[TeamMember])
    assert_type(client.test_engine.tests.list("rspec", buildkite_version="2026-08-01"), Items[TestWithMetrics])
    assert_type(client.test_engine.tests.list("rspec", labels=["flaky"], owners="payments"), Items[TestWithMetrics])
    assert_type(client.jobs.unblock("web", 1, "j1", fields={"force": True, "regions": ["eu"], "percent": 25}), Job)
    assert_type(client.jobs.unblock_by_id("j1", fields={"version": "1.4"}), Job)
    scalars: dict[str, str | bool | int] = {"canary": True, "shard": 3, "release": "1.4"}
    assert_type(client.builds.create("web", commit="HEAD", branch="main", meta_data=scalars), Build)
    assert_type(client.builds.list("web", meta_data={"canary": True}), Items[Build])
    assert_type(client.test_engine.tests.find("rspec", scope="A", name="b"), Test)
    assert_type(client.packages.publish("wheels", "dist/a.whl"), Package)
    assert_type(client.user.get(), User)
    assert_type(client.api_settings.update(allowed_ip_addresses=None), ApiSettings)
    assert_type(client.pipelines.update("web", cluster_id=None, description=UNSET), Pipeline)
    assert_type(client.pipelines.create(name="n", cluster_id="c", repository="r", description=None), Pipeline)
    assert_type(client.cluster_tokens.create("c1", description="d").token, Secret | None)
    assert_type(client.jobs.create_ssh_session("j1").ssh.private_key, Secret)
    assert_type(client.secrets.update_value("c1", "s1", value="plain"), ClusterSecret)
    assert_type(client.secrets.update_value("c1", "s1", value=Secret("hidden")), ClusterSecret)
    assert_type(client.clusters.tokens.create("c1", description="d", expires_at="2026-11-25T10:00:00Z"), ClusterToken)
    assert_type(client.pipelines.schedules.list("web"), Items[PipelineSchedule])
    BuildkiteClient(token=Secret("bkua_x"))
    BuildkiteClient(token=lambda: Secret("bkua_x"))


def handles(client: BuildkiteClient, build: Build, job: Job, pipeline: Pipeline) -> None:
    assert_type(client.builds.get(build), Build)
    assert_type(client.builds.get("https://buildkite.com/acme/web/builds/42"), Build)
    assert_type(client.builds.wait("web", build), WaitResult)
    assert_type(client.builds.create(pipeline), Build)
    assert_type(client.jobs.log_text(job, clean=True), str)
    assert_type(client.jobs.retry(build, job_id=job), Job)
    assert_type(client.jobs.reprioritize(job, priority=5), Job)
    assert_type(client.jobs.log_html(job), str)
    assert_type(client.jobs.get_by_id(job), Job)
    assert_type(client.annotations.create(build, body="Hi"), Annotation)
    assert_type(client.artifacts.list(job), Items[Artifact])
    assert_type(client.artifacts.download_all(build, "dist/*", missing="ignore"), DownloadedFiles)
    assert_type(client.step_uploads.get(build, step_upload_uuid="u1"), StepUpload)
    assert_type(client.builds.list(pipeline, created_from="2026-11-25T10:00:00Z"), Items[Build])
    assert_type(client.with_options(token=lambda: "t"), BuildkiteClient)
    assert_type(job.queue_wait, timedelta | None)
    assert_type((build.duration, job.duration), tuple[timedelta | None, timedelta | None])
    assert_type((build.passed, job.passed), tuple[bool, bool])


async def async_handles(client: AsyncBuildkiteClient, build: Build, job: Job, artifact: Artifact) -> None:
    assert_type(await client.builds.wait(build), WaitResult)
    assert_type(await client.jobs.log_text(job), str)
    assert_type(await client.jobs.delete_log(job), None)
    assert_type(await client.artifacts.read(artifact), bytes)
    assert_type(client.step_uploads.list(build), AsyncItems[StepUpload])


async def asynchronous(client: AsyncBuildkiteClient) -> None:
    assert_type(client.pipelines, AsyncPipelines)
    assert_type(client.pipelines.list(), AsyncItems[Pipeline])
    assert_type(await client.pipelines.archive("web"), Pipeline)
    assert_type(client.audit_events.list(), AsyncItems[AuditEvent])
    assert_type(await client.jobs.retry_by_id("j1"), Job)
    assert_type([member async for member in client.teams.members.list("t1")], builtins.list[TeamMember])
    assert_type(await client.packages.publish("wheels", "dist/a.whl"), Package)


def refused(client: BuildkiteClient, build: Build, job: Job, line: LogLine) -> None:
    client.builds.get(job)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.builds.get("web", "42")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.pipelines.get(build)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.annotations.create(build, "Hi")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.builds.create("web", pull_request_id="false")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.queues.unpause("c1", "q1")  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    client.build.get(build)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    print(job.exit_code)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    print(line.job.name)  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    client.schedules.create("web")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    client.schedules.update("web", "s1", cronline=None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.pipelines.update("web", description=None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.secrets.update_value("c1", "s1", value=None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.teams.members.list()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
