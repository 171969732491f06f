"""Events of webhooks that follow from changes of the engine, and their bodies.

A body holds what the REST API answers, in the form of webhooks: the build has neither its jobs nor its pipeline, which stands
beside it, and times are such as `2026-05-28 20:16:40 UTC`. https://buildkite.com/docs/apis/webhooks
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ...globs import matches_wildcard
from ...states import FINISHED_BUILDS, FINISHED_JOBS
from ..api.request import Json
from ..api.views.agents import agent_view
from ..api.views.builds import BuildSelection, build_view
from ..api.views.jobs import job_view
from ..api.views.pipelines import pipeline_view
from ..api.views.urls import Urls
from ..engine.changes import AgentChanged, BuildChanged, Change, JobChanged
from ..state.builds import Build, Job
from ..state.clusters import Agent
from ..state.organization import Organization
from ..state.states import JOB_LEFT_OUT
from ..state.users import User

__all__ = ["EventBodies", "SimulatedEvent", "in_webhook_form", "matching_events"]

_ALONE = BuildSelection(jobs=False, pipeline=False)
_TIMELESS = frozenset({"env", "meta_data", "provider", "steps"})
"""Keys whose values stay as they are: users give them, or they hold no times."""

_REST_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")

_OF_BUILDS = {"scheduled": "build.scheduled", "running": "build.running", "failing": "build.failing"}
_OF_AGENTS = {
    "connected": ("agent.connected",),
    "stopping": ("agent.stopping",),
    "lost": ("agent.lost",),
    "stopped": ("agent.stopped", "agent.disconnected"),
}
"""Events of an agent by its new state. An agent that has stopped also disconnects; the documentation names no order."""


@dataclass(frozen=True, slots=True)
class SimulatedEvent:
    """Event of a webhook.

    Attributes:
        name: the name, such as `build.finished`.
        fields: the body without `event` and `sender`.
        sender: the user who caused it; None for an event without a sender.
        pipeline: the slug of its pipeline; None for an event of none.
        branch: the branch of its build; None for an event of none.
    """

    name: str
    fields: Mapping[str, object]
    sender: User | None
    pipeline: str | None = None
    branch: str | None = None

    def body(self) -> Json:
        """Return the body."""
        sender = {} if self.sender is None else {"sender": _sender_view(self.sender)}
        return {"event": self.name, **self.fields, **sender}


@dataclass(slots=True)
class EventBodies:
    """Events of changes.

    The documentation doesn't say what happens in these cases; the choices are:

    - A build that goes back to running, because it was unblocked or a job was retried, sends `build.running` again.
    - `job.finished` is sent for commands and triggers that ended. Jobs that were left out and wait steps send nothing.
    - An agent that was stopped sends `agent.stopped` and then `agent.disconnected`.
    - A body shows what it is about as it is when the event is sent, which Buildkite documents: it may be newer than the event.

    Args:
        organization: the organization.
        urls: returns the URLs that bodies contain.
    """

    organization: Organization
    urls: Callable[[], Urls]
    _promised: set[str] = field(default_factory=set[str])

    def of_change(self, change: Change) -> Iterator[SimulatedEvent]:
        """Yield the events that a change causes."""
        match change:
            case BuildChanged(build=build, before=before, after=after) if before != after:
                name = _build_event(after)
                if name is not None:
                    yield SimulatedEvent(name, self._of_build(build), build.creator, *_place(build))
            case JobChanged(job=job):
                name = self._job_event(change)
                if name is not None:
                    build = job.build
                    fields = {"job": self._job(job), **self._of_build(build)}
                    sender = job.unblocked_by if name == "job.activated" and job.unblocked_by else build.creator
                    yield SimulatedEvent(name, fields, sender, *_place(build))
            case AgentChanged(agent=agent, before=before, after=after) if before != after:
                for name in _OF_AGENTS.get(after, ()):
                    yield SimulatedEvent(name, {"agent": self._agent(agent, name)}, agent.creator)
            case _:
                pass

    def owner(self) -> User:
        """Return the organization's first user, who sends pings."""
        return next(iter(self.organization.users.values()))

    def _job_event(self, change: JobChanged) -> str | None:
        job, before, after = change.job, change.before, change.after
        if before == after:
            if job.promised_exit_status is None or job.id in self._promised or job.over:
                return None
            self._promised.add(job.id)
            return "job.promised_exit_status"
        if job.type == "manual":
            return "job.activated" if after == "unblocked" else None
        if job.type not in ("script", "trigger"):
            return None
        if after in FINISHED_JOBS:
            self._promised.discard(job.id)
            return None if after in JOB_LEFT_OUT or after.endswith("waiting_failed") else "job.finished"
        if job.type == "trigger":
            return None
        return {"scheduled": "job.scheduled", "running": "job.started"}.get(after)

    def _of_build(self, build: Build) -> dict[str, object]:
        urls, pipeline = self.urls(), build.pipeline
        counts = self.organization.builds_of(pipeline).counts()
        return {
            "build": in_webhook_form(build_view(build, urls, _ALONE)),
            "pipeline": in_webhook_form(pipeline_view(pipeline, counts, urls, may_write=True)),
        }

    def _job(self, job: Job) -> object:
        view = job_view(job, self.urls(), agents="full", in_build=True)
        source = view.get("retry_source")
        by = job.retry_of.retried_by if job.retry_of is not None else None
        if isinstance(source, dict) and by is not None:
            view["retry_source"] = {**source, "retried_by": {"name": by.name, "email": by.email}}
        return in_webhook_form(view)

    def _agent(self, agent: Agent, event: str) -> object:
        view = agent_view(agent, self.urls(), None)
        return in_webhook_form({**view, "connection_state": event.partition(".")[2]})


def _sender_view(user: User) -> Json:
    """Return the sender of an event."""
    return {"id": user.id, "name": user.name}


def matching_events(patterns: Sequence[str]) -> Iterator[str]:
    """Yield the events that names and patterns match, in the order of the patterns, each event once.

    `*` in a pattern stands for any text.

    Example:
        >>> list(matching_events(["ping", "agent.stop*"]))
        ['ping', 'agent.stopping', 'agent.stopped']
    """
    from buildkite_api.webhooks.events import EVENTS  # here: it loads all models

    matching = (event for pattern in patterns for event in EVENTS if matches_wildcard(event, pattern))
    yield from dict.fromkeys(matching)


def in_webhook_form(value: object) -> object:
    """Return a JSON value with its times in the form of webhooks. What users gave, such as meta-data, stays as it is.

    Example:
        >>> in_webhook_form({"created_at": "2026-05-28T20:16:40.123Z", "message": "of 2026-05-28T20:16:40Z"})
        {'created_at': '2026-05-28 20:16:40 UTC', 'message': 'of 2026-05-28T20:16:40Z'}
    """
    if isinstance(value, list):
        return [in_webhook_form(each) if type(each) is dict else each for each in value]
    if not isinstance(value, dict):
        return value
    form = dict(value)
    for key, each in value.items():
        kind = type(each)
        if kind is str:
            if key[-3:] == "_at" and _REST_TIME.fullmatch(each):
                form[key] = f"{each[:10]} {each[11:19]} UTC"
        elif each and (kind is dict or kind is list) and key not in _TIMELESS:
            form[key] = in_webhook_form(each)
    return form


def _build_event(state: str) -> str | None:
    if state == "skipped":
        return "build.skipped"
    if state in FINISHED_BUILDS or state == "blocked":
        return "build.finished"
    return _OF_BUILDS.get(state)


def _place(build: Build) -> tuple[str, str]:
    return build.pipeline.slug, build.branch
