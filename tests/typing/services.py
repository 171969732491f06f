"""What the type checkers make of the services, printed and by hand. Checked by `make check`."""

from __future__ import annotations

import builtins
from typing import assert_type

from buildkite_api.models import (
    ApiSettings,
    AuditEvent,
    Build,
    Cluster,
    ClusterSecret,
    Job,
    Package,
    Pipeline,
    SshSession,
    TeamMember,
    Test,
    TestWithMetrics,
    User,
)

from buildkite_ext import UNSET, AsyncBuildkiteClient, BuildkiteClient, Secret
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
    BuildkiteClient(token=Secret("bkua_x"))
    BuildkiteClient(token=lambda: Secret("bkua_x"))


async def asynchronous(client: AsyncBuildkiteClient) -> None:
    assert_type(client.pipelines, AsyncPipelines)
    assert_type(client.pipelines.list(), AsyncItems[Pipeline])
    assert_type(await client.pipelines.archive("web"), Pipeline)
    assert_type(client.audit_events.list(), AsyncItems[AuditEvent])
    assert_type(await client.jobs.retry_by_id("j1"), Job)
    assert_type([member async for member in client.teams.members.list("t1")], builtins.list[TeamMember])
    assert_type(await client.packages.publish("wheels", "dist/a.whl"), Package)


def refused(client: BuildkiteClient) -> None:
    client.schedules.create("web")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    client.schedules.update("web", "s1", cronline=None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.pipelines.update("web", description=None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.secrets.update_value("c1", "s1", value=None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.teams.members.list()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
