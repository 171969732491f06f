# Generated from spec/ by `make generate`: edit that, not this.

"""The events that Buildkite posts, each a class."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from ..models import Agent, Build, ClusterToken, Job, Organization, Package, Pipeline, User
from .base import Delivered


class WebhookEvent(Delivered, kw_only=True, frozen=True):
    """Event that Buildkite posts. `raw` is the exact body, `data` its content."""

    event: str
    """The event's name."""
    sender: User | None = None
    """User who set up the webhook, by id and name. Absent from events of Test Engine."""


class PingService(Struct, kw_only=True, frozen=True):
    """The notification service that sends the webhooks."""

    id: str | None = None
    """The service's id."""
    provider: str | None = None
    """Kind of the service, `webhook` in the documentation."""
    settings: dict[str, Any] = {}
    """Its settings, with the `url` that it posts to."""


class BuildEvent(WebhookEvent, kw_only=True, frozen=True):
    """Event of a build."""

    build: Build
    """The build, without its jobs. It may be newer than the event."""
    pipeline: Pipeline
    """The build's pipeline."""


class BuildScheduled(BuildEvent, kw_only=True, frozen=True):
    """A build was scheduled."""

    event: Literal["build.scheduled"] = "build.scheduled"
    """The event's name."""


class BuildRunning(BuildEvent, kw_only=True, frozen=True):
    """A build began to run."""

    event: Literal["build.running"] = "build.running"
    """The event's name."""


class BuildFailing(BuildEvent, kw_only=True, frozen=True):
    """A build that still runs is going to fail."""

    event: Literal["build.failing"] = "build.failing"
    """The event's name."""


class BuildFinished(BuildEvent, kw_only=True, frozen=True):
    """A build ended, or stands at a block step, which only `build.blocked` tells."""

    event: Literal["build.finished"] = "build.finished"
    """The event's name."""


class BuildSkipped(BuildEvent, kw_only=True, frozen=True):
    """A build was skipped, for a newer one."""

    event: Literal["build.skipped"] = "build.skipped"
    """The event's name."""


class JobEvent(WebhookEvent, kw_only=True, frozen=True):
    """Event of a job."""

    job: Job
    """The job. It may be newer than the event."""
    build: Build
    """The job's build, without its jobs."""
    pipeline: Pipeline
    """The build's pipeline."""


class JobScheduled(JobEvent, kw_only=True, frozen=True):
    """A command step's job was scheduled to run on an agent."""

    event: Literal["job.scheduled"] = "job.scheduled"
    """The event's name."""


class JobStarted(JobEvent, kw_only=True, frozen=True):
    """A command step's job began to run on an agent."""

    event: Literal["job.started"] = "job.started"
    """The event's name."""


class JobFinished(JobEvent, kw_only=True, frozen=True):
    """A job ended."""

    event: Literal["job.finished"] = "job.finished"
    """The event's name."""


class JobActivated(JobEvent, kw_only=True, frozen=True):
    """A block step's job was unblocked."""

    event: Literal["job.activated"] = "job.activated"
    """The event's name."""


class JobPromisedExitStatus(JobEvent, kw_only=True, frozen=True):
    """A job that still runs promised how it will end."""

    event: Literal["job.promised_exit_status"] = "job.promised_exit_status"
    """The event's name."""
    promised_exit_status_reason: str | None = None
    """Reason of that promise."""


class AgentEvent(WebhookEvent, kw_only=True, frozen=True):
    """Event of an agent."""

    agent: Agent
    """The agent."""


class AgentConnected(AgentEvent, kw_only=True, frozen=True):
    """An agent connected."""

    event: Literal["agent.connected"] = "agent.connected"
    """The event's name."""


class AgentLost(AgentEvent, kw_only=True, frozen=True):
    """An agent stopped sending signs of life."""

    event: Literal["agent.lost"] = "agent.lost"
    """The event's name."""


class AgentDisconnected(AgentEvent, kw_only=True, frozen=True):
    """An agent shut down and disconnected."""

    event: Literal["agent.disconnected"] = "agent.disconnected"
    """The event's name."""


class AgentStopping(AgentEvent, kw_only=True, frozen=True):
    """An agent was told to stop, and finishes its job."""

    event: Literal["agent.stopping"] = "agent.stopping"
    """The event's name."""


class AgentStopped(AgentEvent, kw_only=True, frozen=True):
    """An agent that was told to stop has stopped."""

    event: Literal["agent.stopped"] = "agent.stopped"
    """The event's name."""


class AgentBlocked(AgentEvent, kw_only=True, frozen=True):
    """An agent was blocked, because the allowed addresses of its token no longer hold its own."""

    event: Literal["agent.blocked"] = "agent.blocked"
    """The event's name."""
    blocked_ip: str | None = None
    """The address that was blocked."""
    cluster_token: ClusterToken | None = None
    """The token that the agent registered with."""


class ClusterTokenRegistrationBlocked(WebhookEvent, kw_only=True, frozen=True):
    """An agent could not register, because the allowed addresses of its token do not hold its own."""

    event: Literal["cluster_token.registration_blocked"] = "cluster_token.registration_blocked"
    """The event's name."""
    cluster_token: ClusterToken
    """The token that was tried."""
    blocked_ip: str | None = None
    """The address that was blocked."""


class PackageCreated(WebhookEvent, kw_only=True, frozen=True):
    """A package was created in a registry."""

    event: Literal["package.created"] = "package.created"
    """The event's name."""
    package: Package
    """The package."""


class WorkflowEvent(Struct, kw_only=True, frozen=True):
    """Observation of a monitor."""

    type: str | None = None
    """The kind of monitor, such as `transition_count`."""


class Ping(WebhookEvent, kw_only=True, frozen=True):
    """The settings of the webhook were changed."""

    event: Literal["ping"] = "ping"
    """The event's name."""
    service: PingService | None = None
    """The notification service that sends the webhooks."""
    organization: Organization | None = None
    """The organization."""


class WorkflowAlarm(WebhookEvent, kw_only=True, frozen=True):
    """The monitor of a Test Engine workflow raised an alarm. What tells of a recovery is not documented: it comes as an UnknownEvent."""

    event: Literal["workflow.alarm"] = "workflow.alarm"
    """The event's name."""
    subject: dict[str, Any] = {}
    """Subject of the alarm, such as a test."""
    workflow_id: str | None = None
    """The workflow's id."""
    workflow_url: str | None = None
    """The workflow's page on Buildkite."""
    workflow_event: WorkflowEvent | None = None
    "Observation of the monitor. Its content depends on the kind of monitor."


EVENTS: dict[str, type[WebhookEvent]] = {
    "build.scheduled": BuildScheduled,
    "build.running": BuildRunning,
    "build.failing": BuildFailing,
    "build.finished": BuildFinished,
    "build.skipped": BuildSkipped,
    "job.scheduled": JobScheduled,
    "job.started": JobStarted,
    "job.finished": JobFinished,
    "job.activated": JobActivated,
    "job.promised_exit_status": JobPromisedExitStatus,
    "agent.connected": AgentConnected,
    "agent.lost": AgentLost,
    "agent.disconnected": AgentDisconnected,
    "agent.stopping": AgentStopping,
    "agent.stopped": AgentStopped,
    "agent.blocked": AgentBlocked,
    "cluster_token.registration_blocked": ClusterTokenRegistrationBlocked,
    "package.created": PackageCreated,
    "ping": Ping,
    "workflow.alarm": WorkflowAlarm,
}
"""The class of each event, by its name."""

__all__ = [
    "AgentBlocked",
    "AgentConnected",
    "AgentDisconnected",
    "AgentEvent",
    "AgentLost",
    "AgentStopped",
    "AgentStopping",
    "BuildEvent",
    "BuildFailing",
    "BuildFinished",
    "BuildRunning",
    "BuildScheduled",
    "BuildSkipped",
    "ClusterTokenRegistrationBlocked",
    "EVENTS",
    "JobActivated",
    "JobEvent",
    "JobFinished",
    "JobPromisedExitStatus",
    "JobScheduled",
    "JobStarted",
    "PackageCreated",
    "Ping",
    "PingService",
    "WebhookEvent",
    "WorkflowAlarm",
    "WorkflowEvent",
]
