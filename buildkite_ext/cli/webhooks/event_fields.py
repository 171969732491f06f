"""What an event tells, as texts: for lines, for variables and for JSON."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from buildkite_api.webhooks.events import AgentEvent, BuildEvent, JobEvent, PackageCreated

from ...webhooks.matching import build_state

if TYPE_CHECKING:
    from buildkite_api.models import Agent, Build, Job
    from buildkite_api.webhooks.events import WebhookEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The facts of an event; None for what it doesn't tell. They are as somebody else wrote them: not safe to print."""

    event: str
    pipeline: str | None = None
    build_id: str | None = None
    build_number: str | None = None
    build_state: str | None = None
    build_url: str | None = None
    branch: str | None = None
    commit: str | None = None
    message: str | None = None
    job_id: str | None = None
    job_name: str | None = None
    job_state: str | None = None
    job_exit_status: str | None = None
    agent_id: str | None = None
    agent_name: str | None = None
    agent_state: str | None = None
    package: str | None = None

    @property
    def state(self) -> str | None:
        """The state of what the event is about."""
        return self.job_state or self.build_state or self.agent_state

    def items(self) -> list[tuple[str, str]]:
        """What there is, by name."""
        named = ((each.name, getattr(self, each.name)) for each in fields(self))
        return [(name, value) for name, value in named if value is not None]


def facts_of(event: WebhookEvent) -> Facts:
    """The facts of an event.

    Example:
        >>> from buildkite_ext.webhooks import parse
        >>> facts_of(parse(b'{"event": "agent.lost", "agent": {"id": "0b46", "name": "mac-1"}}')).items()
        [('event', 'agent.lost'), ('agent_id', '0b46'), ('agent_name', 'mac-1')]
    """
    told: dict[str, str | None] = {}
    if isinstance(event, BuildEvent | JobEvent):
        told |= {"pipeline": _text(event.pipeline.slug), **_of_build(event.build)}
    if isinstance(event, JobEvent):
        told |= _of_job(event.job)
    if isinstance(event, AgentEvent):
        told |= _of_agent(event.agent)
    if isinstance(event, PackageCreated):
        told["package"] = _text(event.package.name)
    return Facts(event=event.event, **told)


def _of_build(build: Build) -> dict[str, str | None]:
    return {
        "build_id": _text(build.id),
        "build_number": _text(build.number),
        "build_state": _text(build_state(build)),
        "build_url": _text(build.web_url),
        "branch": _text(build.branch),
        "commit": _text(build.commit),
        "message": _text(build.message),
    }


def _of_job(job: Job) -> dict[str, str | None]:
    return {
        "job_id": _text(job.id),
        "job_name": _text(job.name) or _text(job.label),
        "job_state": _text(job.state),
        "job_exit_status": _text(job.exit_status),
    }


def _of_agent(agent: Agent) -> dict[str, str | None]:
    return {
        "agent_id": _text(agent.id),
        "agent_name": _text(agent.name),
        "agent_state": _text(agent.connection_state),
    }


def _text(value: Any) -> str | None:
    """A text or a number as a text: what is of another type stands in the body alone."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value) or None
