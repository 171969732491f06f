"""A sample body for every event: what the embedded simulator answers, in the form that webhooks have."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any

from buildkite_api.webhooks.events import EVENTS

from .story import EARLIER, Json, Story

_REST_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def sample(event: str, *, seed: int = 0, now: float | None = None) -> Json:
    """The body of a delivery.

    Args:
        event: one of `EVENTS`.
        seed: other seeds give other identifiers.
        now: about when it happened, in seconds since the epoch; now unless given.

    Raises:
        KeyError: there is no such event.

    Example:
        >>> body = sample("build.finished", now=1_780_000_000)
        >>> body["event"], body["build"]["state"], body["build"]["created_at"], "jobs" in body["build"]
        ('build.finished', 'passed', '2026-05-28 20:16:40 UTC', False)
    """
    story = Story(seed, time.time() if now is None else now)
    body: Json = {"event": event, **_TELLERS[event](story)}
    if event != "workflow.alarm":  # Test Engine names nobody
        body["sender"] = story.sender
    made = _in_webhook_form(body)
    assert isinstance(made, dict)
    return made


def _of_build(story: Story, build: Json) -> Json:
    slug = build["pipeline"]["slug"]
    alone = {key: value for key, value in build.items() if key not in ("jobs", "pipeline")}
    return {"build": alone, "pipeline": story.pipeline(slug)}


def _build(pipeline: str, after: float, **more: bool) -> Callable[[Story], Json]:
    return lambda story: _of_build(story, story.build(pipeline, after, **more))


def _job(after: float, number: int = 0, *, unblocked: bool = False, **more: Any) -> Callable[[Story], Json]:
    def tell(story: Story) -> Json:
        build = story.build("web", after, unblocked=unblocked)
        return {"job": {**build["jobs"][number], **more}, **_of_build(story, build)}

    return tell


def _promised(story: Story) -> Json:
    told = _job(50, 1)(story)
    told["job"] |= {"promised_exit_status": 1, "promised_exit_status_at": story.at(EARLIER - 45)}
    return {**told, "promised_exit_status_reason": "a test failed, the others go on"}


def _agent(state: str, *marks: str) -> Callable[[Story], Json]:
    return lambda story: {"agent": story.agent(connection_state=state, **dict.fromkeys(marks, story.at(1)))}


def _agent_blocked(story: Story) -> Json:
    agent = story.agent(connection_state="disconnected", ip_address="198.51.100.7", disconnected_at=story.at(1))
    return {"blocked_ip": "198.51.100.7", "agent": agent, "cluster_token": story.cluster_token()}


def _registration_blocked(story: Story) -> Json:
    return {"blocked_ip": "198.51.100.7", "cluster_token": story.cluster_token()}


def _package(story: Story) -> Json:
    organization = story.organization
    registry = f"{organization['url'].replace('/organizations/', '/packages/organizations/')}/registries/wheels"
    reference = {key: organization[key] for key in ("id", "slug", "url", "web_url")}
    identifier = organization["id"]
    package = {
        "id": identifier,
        "url": f"{registry}/packages/{identifier}",
        "web_url": f"{organization['web_url']}/packages/registries/wheels/{identifier}",
        "name": "web-1.4.2-py3-none-any.whl",
        "version": "1.4.2",
        "created_at": story.at(1),
        "metadata": {"name": "web", "version": "1.4.2", "requires_python": ">=3.11"},
        "organization": reference,
        "registry": {"id": identifier, "graphql_id": organization["graphql_id"], "slug": "wheels", "url": registry},
    }
    return {"package": package}


def _ping(story: Story) -> Json:
    organization = story.organization
    settings = {"url": "https://hooks.example/buildkite"}
    service = {"id": organization["id"], "provider": "webhook", "settings": settings}
    return {"service": service, "organization": organization}


def _alarm(story: Story) -> Json:
    organization = story.organization
    suite = f"{organization['web_url'].replace('/acme', '/organizations/acme')}/analytics/suites/web"
    identifier = organization["id"]
    return {
        "subject": {"type": "test", "name": "the cart remembers", "url": f"{suite}/tests/{identifier}"},
        "workflow_id": identifier,
        "workflow_url": f"{suite}/workflows/{identifier}",
        "workflow_event": {"type": "transition_count"},
    }


_TELLERS: dict[str, Callable[[Story], Json]] = {
    "build.scheduled": _build("web", 0),
    "build.running": _build("web", 10),
    "build.failing": _build("api", 40),
    "build.finished": _build("web", 120, unblocked=True),
    "build.skipped": lambda story: _of_build(story, story.skipped()),
    "job.scheduled": _job(1),
    "job.started": _job(10),
    "job.finished": _job(30),
    "job.activated": _job(0, 2, unblocked=True),
    "job.promised_exit_status": _promised,
    "agent.connected": _agent("connected"),
    "agent.lost": _agent("lost", "lost_at"),
    "agent.disconnected": _agent("disconnected", "disconnected_at"),
    "agent.stopping": _agent("stopping"),
    "agent.stopped": _agent("stopped", "stopped_at"),
    "agent.blocked": _agent_blocked,
    "cluster_token.registration_blocked": _registration_blocked,
    "package.created": _package,
    "ping": _ping,
    "workflow.alarm": _alarm,
}


def events_like(patterns: Sequence[str]) -> Iterator[str]:
    """The events that names and patterns name, in the order of these, each once."""
    seen = set()
    for pattern in patterns:
        for event in EVENTS:
            if event not in seen and fnmatchcase(event, pattern):
                seen.add(event)
                yield event


def _in_webhook_form(value: Any) -> Any:
    """The same with hours as webhooks write them."""
    if isinstance(value, dict):
        return {key: _in_webhook_form(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_in_webhook_form(each) for each in value]
    if isinstance(value, str) and _REST_TIME.fullmatch(value):
        return datetime.fromisoformat(value).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return value
