"""Types of verified and parsed webhooks. This file is checked by the type checkers and never run."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal, assert_never, assert_type

from buildkite_ext.errors import WebhookReason
from buildkite_ext.models import (
    Agent,
    Build,
    BuildState,
    ClusterToken,
    Job,
    Organization,
    Package,
    Pipeline,
    User,
)
from buildkite_ext.webhooks import (
    AgentBlocked,
    AgentConnected,
    AgentDisconnected,
    AgentEvent,
    AgentLost,
    AgentStopped,
    AgentStopping,
    BuildEvent,
    BuildFailing,
    BuildFinished,
    BuildRunning,
    BuildScheduled,
    BuildSkipped,
    ClusterTokenRegistrationBlocked,
    Delivery,
    JobEvent,
    JobFinished,
    JobPromisedExitStatus,
    PackageCreated,
    Ping,
    PingService,
    Router,
    UnknownEvent,
    Verified,
    WebhookEvent,
    WebhookHandler,
    WebhookResponse,
    WebhookUnverified,
    WorkflowAlarm,
    WorkflowEvent,
    current_delivery,
    deduplication_key,
    parse,
    receive_event,
    sign,
    verify,
    verify_token,
)
from buildkite_ext.webhooks.adapters.asgi import AsgiApp
from buildkite_ext.webhooks.adapters.wsgi import WsgiApp
from buildkite_ext.webhooks.testing import WebhookClient, sample, signed_headers


def verified(
    body: bytes, headers: dict[str, str], lists: dict[str, list[str]], scope: list[tuple[bytes, bytes]]
) -> None:
    proof = verify(body, headers, "secret")
    assert_type(proof, Verified)
    assert_type(proof.timestamp, int)
    assert_type(proof.secret, int)
    assert_type(proof.sent_at, dt.datetime)
    assert_type(verify(body, lists, ("new", b"old"), tolerance=60, now=lambda: 1.5), Verified)
    assert_type(verify(body, scope, [b"secret"]), Verified)
    assert_type(verify_token(headers, ("new", "old")), int)
    assert_type(sign(body, "secret", now=lambda: 1), str)
    try:
        verify(body, [("X-Buildkite-Signature", "x")], "secret")
    except WebhookUnverified as error:
        assert_type(error.reason, WebhookReason)

    verify("text", headers, "secret")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    verify({"event": "ping"}, headers, "secret")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    verify(body, headers)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    verify(body, headers, None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    verify(body, {"X": 1}, "secret")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    verify(body, headers, "secret", 60)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    verify_token(headers, 5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def parsed(body: bytes) -> None:
    event = parse(body)
    assert_type(event, WebhookEvent)
    assert_type(event.event, str)
    assert_type(event.sender, User | None)
    assert_type(event.raw, bytes)
    assert_type(event.data, dict[str, Any])
    assert_type(deduplication_key(event), str | None)
    parse("text")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    event.event = "other"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    event.build  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]  # noqa: B018


def told(event: WebhookEvent) -> str | None:
    match event:
        case BuildFinished(build=build, pipeline=pipeline):
            assert_type(build, Build)
            assert_type(pipeline, Pipeline)
            assert_type(event.event, Literal["build.finished"])
            assert_type(event.build.created_at, dt.datetime | None)
            assert_type(event.build.state, BuildState)
            assert_type(event.build.blocked, bool | None)
            return build.web_url
        case BuildEvent():
            assert_type(event.build.finished_at, dt.datetime | None)
        case JobPromisedExitStatus():
            assert_type(event.promised_exit_status_reason, str | None)
            assert_type(event.job.promised_exit_status_at, dt.datetime | None)
        case JobFinished(job=job):
            assert_type(job, Job)
            assert_type(job.exit_status, int | None)
        case JobEvent():
            assert_type(event.job.agent, Agent | None)
            assert_type(event.build.number, int)
            assert_type(event.pipeline.slug, str)
        case AgentBlocked():
            assert_type(event.blocked_ip, str | None)
            assert_type(event.cluster_token, ClusterToken | None)
        case AgentEvent(agent=agent):
            assert_type(agent, Agent)
            assert_type(agent.lost_at, dt.datetime | None)
        case ClusterTokenRegistrationBlocked():
            assert_type(event.cluster_token, ClusterToken)
            assert_type(event.cluster_token.expires_at, dt.datetime | None)
        case PackageCreated():
            assert_type(event.package, Package)
        case Ping():
            assert_type(event.service, PingService | None)
            assert_type(event.organization, Organization | None)
        case WorkflowAlarm():
            assert_type(event.subject, dict[str, Any])
            assert_type(event.workflow_event, WorkflowEvent | None)
        case UnknownEvent():
            assert_type(event.problem, str)
    return None


def every_agent_event(
    event: AgentConnected | AgentLost | AgentDisconnected | AgentStopping | AgentStopped | AgentBlocked,
) -> str:
    match event:
        case AgentConnected() | AgentLost() | AgentDisconnected():
            return "seen"
        case AgentStopping() | AgentStopped():
            return "stopped"
        case AgentBlocked():
            return "blocked"
        case never:
            assert_never(never)


def one_is_missing(event: BuildScheduled | BuildRunning | BuildFailing | BuildFinished | BuildSkipped) -> str:
    match event:
        case BuildScheduled() | BuildRunning() | BuildFailing() | BuildFinished():
            return "built"
        case never:
            assert_never(never)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def made_by_hand(build: Build, pipeline: Pipeline) -> None:
    assert_type(BuildFinished(build=build, pipeline=pipeline), BuildFinished)
    BuildFinished(build=build)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    BuildFinished(build=build, pipeline=pipeline, event="build.running")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def adapters(hooks: WebhookHandler) -> None:
    assert_type(hooks.asgi(), AsgiApp)
    assert_type(hooks.wsgi(), WsgiApp)
    assert_type(hooks.aws_lambda({}), dict[str, Any])


def received(body: bytes, headers: dict[str, str]) -> None:
    assert_type(receive_event(body, headers, ("new", "old"), tolerance=60, now=lambda: 1.5), WebhookEvent)
    receive_event(body, headers)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    receive_event("text", headers, "secret")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def routed(hooks: WebhookHandler) -> None:
    router = Router()

    @router.on("build.finished", state="failed")
    async def finished(event: BuildFinished) -> None:
        delivery = current_delivery()
        assert_type(delivery, Delivery)
        assert_type(delivery.attempt, int)
        assert_type(delivery.sent_at, float | None)

    @router.on(JobEvent)
    def job(event: JobEvent) -> None: ...

    @router.on("build.finished")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    def of_another_event(event: JobFinished) -> None: ...

    hooks.include(router)
    Router().include(router)
    hooks.include(finished)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


async def tested(hooks: WebhookHandler) -> None:
    assert_type(sample(BuildFinished, {"build.state": "failed"}, seed=1), BuildFinished)
    assert_type(sample("build.finished"), WebhookEvent)
    assert_type(signed_headers(b"{}", "secret"), dict[str, str])
    client = WebhookClient(hooks)
    assert_type(client.send(BuildFinished), WebhookResponse)
    assert_type(await client.asend(sample("ping"), headers={"traceparent": "x"}), WebhookResponse)
    sample(dict)  # type: ignore[type-var]  # pyright: ignore[reportArgumentType,reportCallIssue]
    client.send(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
