"""What the type checkers know about the public API, in both flavors: this file is checked, and never run."""

from __future__ import annotations

from pathlib import Path
from typing import Any, assert_type

import httpx
from buildkite_api.api.agents import get_agent, list_agents, stop_agent
from buildkite_api.api.builds import create_build, get_build, list_builds
from buildkite_api.api.jobs import get_job_log_text, list_build_jobs

from buildkite_ext import (
    AsyncBuildkiteClient,
    AsyncItems,
    Author,
    BuildkiteClient,
    DownloadedFiles,
    DownloadProgress,
    Event,
    Health,
    Items,
    LogLine,
    Outcome,
    Page,
    Retry,
    WaitResult,
    errors,
    exit_code_of,
    failed_jobs,
    outcome_of,
)
from buildkite_ext._sync import BlockingIterator, DetachedIterator
from buildkite_ext.models import (
    Agent,
    Annotation,
    Artifact,
    Build,
    Cluster,
    ClusterQueue,
    CreateBuildRequest,
    Job,
    JobLog,
    Organization,
    Pipeline,
    StopAgentRequest,
)
from buildkite_ext.telemetry import OpenTelemetry, Telemetry
from buildkite_ext.webhooks import WebhookEvent, WebhookHandler


def token() -> str:
    return "bkua_x"


async def async_token() -> str:
    return "bkua_x"


def on_event(event: Event) -> None:
    print(event)


def blocking(client: BuildkiteClient) -> None:
    assert_type(client.call(get_build, "acme", "web", 7, exclude_jobs=True), Build)
    assert_type(client.call(get_job_log_text, "acme", "j1"), str)
    assert_type(client.call(stop_agent, "acme", "a1", body=StopAgentRequest()), None)
    assert_type(client.call(create_build, "acme", "web", body=CreateBuildRequest(commit="HEAD", branch="main")), Build)
    assert_type(client.request(get_agent, "acme", "a1"), httpx.Response)
    assert_type(client.iterate(list_agents, "acme", name="mac"), Items[Agent])
    assert_type(client.request("GET", "organizations/{org}", params={"a": ["b"]}, json={"a": 1}), httpx.Response)
    assert_type(client.iterate("organizations/{org}/agents", params=[("a", 1)]), Items[dict[str, Any]])
    assert_type(client.builds.list("web").raw(), Items[dict[str, Any]])
    assert_type(client.iterate(list_build_jobs, "acme", "web", 7), Items[Job])
    assert_type(client.iterate(list_builds).with_options(limit=3, concurrency=2), Items[Build])

    assert_type(client.organizations.list(), Items[Organization])
    assert_type(client.organizations.get(), Organization)
    assert_type(client.pipelines.list(name="web"), Items[Pipeline])
    assert_type(client.pipelines.get("web"), Pipeline)
    assert_type(client.pipelines.builds("web", state="failed"), Items[Build])
    assert_type(client.builds.list("web", branch=["main", "dev"]), Items[Build])
    assert_type(client.builds.list_all(), Items[Build])
    assert_type(client.builds.get("web", 7), Build)
    assert_type(client.builds.create("web", commit="HEAD", branch="main", author=Author("A", "a@x.test")), Build)
    assert_type(client.builds.cancel("web", 7), Build)
    assert_type(client.builds.rebuild("web", 7), Build)
    assert_type(client.builds.retry_failed_jobs("web", 7, states=["failed"]), Build)
    assert_type(client.builds.wait("web", 7, timeout=60), WaitResult)
    assert_type(client.builds.follow("web", 7), BlockingIterator[LogLine])
    assert_type(client.jobs.list("web", 7, state="failed"), Items[Job])
    assert_type(client.jobs.get("web", 7, "j1"), Job)
    assert_type(client.jobs.retry("web", 7, "j1"), Job)
    assert_type(client.jobs.unblock("web", 7, "j1", fields={"a": "b"}), Job)
    assert_type(client.jobs.reprioritize("web", 7, "j1", 5), Job)
    assert_type(client.jobs.log("web", 7, "j1"), JobLog)
    assert_type(client.jobs.log_text("web", 7, "j1"), str)
    assert_type(client.jobs.log_size("web", 7, "j1"), int)
    assert_type(client.jobs.env("web", 7, "j1"), dict[str, str])
    assert_type(client.jobs.follow("web", 7, "j1"), BlockingIterator[LogLine])
    assert_type(client.artifacts.list("web", 7), Items[Artifact])
    assert_type(client.artifacts.download_all("web", 7, "dist/*", to="dist"), DownloadedFiles)
    assert_type(client.artifacts.delete("j1", "a1"), None)
    assert_type(client.annotations.list("web", 7, scope="all"), Items[Annotation])
    assert_type(client.annotations.create("web", 7, "hi", style="info"), Annotation)
    assert_type(client.clusters.list(), Items[Cluster])
    assert_type(client.clusters.queues("c1"), Items[ClusterQueue])
    assert_type(client.agents.list(), Items[Agent])
    assert_type(client.agents.get("a1"), Agent)
    assert_type(client.agents.pause("a1", note="n"), None)
    assert_type(client.metadata.list_keys("web", 7), list[str])
    assert_type(client.with_options(timeout=None, retry=Retry(attempts=2)), BuildkiteClient)

    for build in client.builds.list("web"):
        assert_type(build, Build)
        assert_type(build.jobs, list[Job])
    for page in client.builds.list("web").pages():
        assert_type(page, Page[Build])
        assert_type(page.items, list[Build])
        assert_type(page.next_page, int | str | None)
        assert_type(page.total_count, int | None)
    for line in client.builds.follow("web", 7, on_build=lambda build: print(build.number)):
        assert_type(line, LogLine)
    for artifact in client.artifacts.list("web", 7):
        assert_type(client.artifacts.download(artifact, to="x", on_progress=lambda told: print(told.done)), Path)
    result = client.builds.wait("web", 7)
    assert_type(result.outcome, Outcome | None)
    assert_type(result.exit_code, int)
    assert_type(result.waiting_for, list[Job])
    assert_type(outcome_of(client.builds.get("web", 7)), Outcome | None)
    assert_type(exit_code_of(outcome_of(client.builds.get("web", 7))), int)
    assert_type(failed_jobs(client.builds.get("web", 7)), list[Job])
    assert_type(client.builds.run("web", branch="main", timeout=60, until=lambda build: build.number > 1), WaitResult)
    assert_type(client.builds.events("web", 7), BlockingIterator[WebhookEvent])
    client.builds.wait("web", 7, on_blocked="unblok")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    assert_type(result.failed_jobs, list[Job])
    assert_type(result.blocked_by, list[Job])
    assert_type(result.passed, bool)
    assert_type(client.builds.list("web", state=["failed", "a state of tomorrow"]).first(), Build | None)
    assert_type(client.jobs.list("web", 7).all(), list[Job])

    client.builds.list("web")[0]  # type: ignore[index]  # pyright: ignore[reportIndexIssue]
    len(client.builds.list("web"))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.call(get_build, "acme", "web")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    client.call(get_build, "acme", "web", "seven")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.call(get_build, "acme", "web", 7, nonsense=1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    client.iterate(get_build, "acme", "web", 7)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue,reportArgumentType]
    client.builds.get("web", "7")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.builds.create("web", branch=1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.builds.wait("web", 7).state  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]  # noqa: B018
    client.artifacts.list("web", 7, state="done")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    BuildkiteClient("acme", token=token, on_event=on_event)
    BuildkiteClient("acme", token=async_token)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    BuildkiteClient("acme", transport=httpx.AsyncHTTPTransport())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


async def asynchronous(client: AsyncBuildkiteClient) -> None:
    assert_type(await client.call(get_build, "acme", "web", 7, exclude_jobs=True), Build)
    assert_type(await client.call(get_job_log_text, "acme", "j1"), str)
    assert_type(await client.call(stop_agent, "acme", "a1", body=StopAgentRequest()), None)
    assert_type(await client.request(get_agent, "acme", "a1"), httpx.Response)
    assert_type(client.iterate(list_agents, "acme", name="mac"), AsyncItems[Agent])
    assert_type(await client.request("GET", "organizations/{org}", json=[1]), httpx.Response)
    assert_type(client.iterate("organizations/{org}/agents"), AsyncItems[dict[str, Any]])
    assert_type(client.builds.list("web").raw(), AsyncItems[dict[str, Any]])
    assert_type(await client.builds.list("web", state="blocked").first(), Build | None)
    assert_type(await client.jobs.list("web", 7).all(), list[Job])
    assert_type(client.iterate(list_build_jobs, "acme", "web", 7), AsyncItems[Job])

    assert_type(client.organizations.list(), AsyncItems[Organization])
    assert_type(await client.organizations.get(), Organization)
    assert_type(client.pipelines.builds("web"), AsyncItems[Build])
    assert_type(client.builds.list("web", branch="main"), AsyncItems[Build])
    assert_type(await client.builds.get("web", 7), Build)
    assert_type(await client.builds.create("web", commit="HEAD", branch="main"), Build)
    assert_type(await client.builds.wait("web", 7), WaitResult)
    assert_type(client.builds.follow("web", 7), DetachedIterator[LogLine])
    assert_type(client.jobs.list("web", 7), AsyncItems[Job])
    assert_type(await client.jobs.log_text("web", 7, "j1"), str)
    assert_type(client.jobs.follow("web", 7, "j1"), DetachedIterator[LogLine])
    assert_type(client.artifacts.list("web", 7), AsyncItems[Artifact])
    assert_type(await client.artifacts.download_all("web", 7), DownloadedFiles)
    assert_type(await client.metadata.list_keys("web", 7), list[str])
    assert_type(client.clusters.queues("c1"), AsyncItems[ClusterQueue])
    assert_type(await client.agents.get("a1"), Agent)
    assert_type(client.with_options(organization="other"), AsyncBuildkiteClient)

    async for build in client.builds.list("web"):
        assert_type(build, Build)
    async for page in client.builds.list("web").pages():
        assert_type(page, Page[Build])
    async for line in client.builds.follow("web", 7):
        assert_type(line, LogLine)
    async for artifact in client.artifacts.list("web", 7):
        assert_type(await client.artifacts.download(artifact, to=Path("x")), Path)

    for _ in client.builds.list("web"):  # type: ignore[attr-defined]  # pyright: ignore[reportGeneralTypeIssues]
        pass
    AsyncBuildkiteClient("acme", token=token)
    AsyncBuildkiteClient("acme", token=async_token)
    AsyncBuildkiteClient("acme", transport=httpx.HTTPTransport())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def never(client: BuildkiteClient) -> int:
    client.metadata.set("web", 7, "k", "v")  # never returns, so nothing has to be returned here


def caught() -> None:
    try:
        BuildkiteClient()
    except errors.RateLimited as error:
        assert_type(error.retry_after, float | None)
        assert_type(error.status, int)
    except errors.AccessDenied as error:
        assert_type(error.scope, str | None)
    except errors.InvalidRequest as error:
        assert_type(error.errors, tuple[errors.FieldError, ...])
    except errors.ArtifactUnavailable as error:
        assert_type(error.status, int | None)


def measured(telemetry: Telemetry) -> None:
    BuildkiteClient("acme", telemetry=OpenTelemetry(propagate=True))
    AsyncBuildkiteClient("acme", telemetry=telemetry)
    WebhookHandler(secret="s", telemetry=OpenTelemetry())
    BuildkiteClient("acme", telemetry=print)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    assert_type(BuildkiteClient("acme").health(probe=True), Health)


def told(progress: DownloadProgress) -> None:
    assert_type(progress.artifact, Artifact)
    assert_type(progress.total, int | None)
