"""Fields of an event as texts: for lines, environment variables and JSON."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from buildkite_api.webhooks.events import AgentEvent, BuildEvent, JobEvent, PackageCreated

from ...webhooks.filters import build_state
from ..streams import short

if TYPE_CHECKING:
    from buildkite_api.models import Agent, Build, Job
    from buildkite_api.webhooks.events import WebhookEvent

__all__ = ["EventFields", "event_fields"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFields:
    """Fields of an event; None for those that it lacks. They hold text of others: clean it before you print it."""

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
        """The state of the job, build or agent."""
        return self.job_state or self.build_state or self.agent_state

    @property
    def subject(self) -> str:
        """The build, agent or package, such as `web #12`. Safe to print."""
        if self.pipeline is not None:
            return short(self.pipeline, 40) + (f" #{short(self.build_number, 12)}" if self.build_number else "")
        return short(self.agent_name or self.package, 40)

    def items(self) -> list[tuple[str, str]]:
        """Return the names and values of the fields that the event has."""
        named = ((each.name, getattr(self, each.name)) for each in fields(self))
        return [(name, value) for name, value in named if value is not None]


def event_fields(event: WebhookEvent) -> EventFields:
    """Return the fields of an event.

    Example:
        >>> from buildkite_ext.webhooks import parse
        >>> event_fields(parse(b'{"event": "agent.lost", "agent": {"id": "0b46", "name": "mac-1"}}')).items()
        [('event', 'agent.lost'), ('agent_id', '0b46'), ('agent_name', 'mac-1')]
    """
    found: dict[str, str | None] = {}
    if isinstance(event, BuildEvent | JobEvent):
        found |= {"pipeline": _text(event.pipeline.slug), **_build_fields(event.build)}
    if isinstance(event, JobEvent):
        found |= _job_fields(event.job)
    if isinstance(event, AgentEvent):
        found |= _agent_fields(event.agent)
    if isinstance(event, PackageCreated):
        found["package"] = _text(event.package.name)
    return EventFields(event=event.event, **found)


def _build_fields(build: Build) -> dict[str, str | None]:
    return {
        "build_id": _text(build.id),
        "build_number": _text(build.number),
        "build_state": _text(build_state(build)),
        "build_url": _text(build.web_url),
        "branch": _text(build.branch),
        "commit": _text(build.commit),
        "message": _text(build.message),
    }


def _job_fields(job: Job) -> dict[str, str | None]:
    return {
        "job_id": _text(job.id),
        "job_name": _text(job.name) or _text(job.label),
        "job_state": _text(job.state),
        "job_exit_status": _text(job.exit_status),
    }


def _agent_fields(agent: Agent) -> dict[str, str | None]:
    return {
        "agent_id": _text(agent.id),
        "agent_name": _text(agent.name),
        "agent_state": _text(agent.connection_state),
    }


def _text(value: object) -> str | None:
    """Return a string or a number as text. A value of another type is in the body only."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value) or None
