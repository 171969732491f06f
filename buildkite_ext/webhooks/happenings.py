"""Telling one happening from another, however often it is delivered."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

import attrs
from buildkite_api.base import ReadModel
from buildkite_api.webhooks.events import AgentEvent, BuildEvent, JobEvent, PackageCreated, WebhookEvent


def happening(event: WebhookEvent) -> str | None:
    """A key that is the same whenever the same happening is delivered, also in a delivery that was sent anew.

    A delivery sent anew has another timestamp and so another signature. What stays the same is what it tells of: the
    event, the id of its object, the object's state and timestamps. It tells rather too many apart than too few: a build
    that moved on between two deliveries makes two keys.

    Args:
        event: what `parse` made of a delivery.

    Returns:
        The key; None for an event whose content can't tell one happening from the next, such as a ping.

    Example:
        >>> from buildkite_ext.webhooks import parse
        >>> body = b'{"event": "agent.lost", "agent": {"id": "0b46", "lost_at": "2026-05-09 21:05:59 UTC"}}'
        >>> happening(parse(body))
        'agent.lost:0b46::lost_at=2026-05-09T21:05:59+00:00'
    """
    subject = _subject(event)
    if subject is None or not subject.id:
        return None
    times = [f"{name}={value.isoformat()}" for name, value in _times(subject)]
    if not times:
        return None
    return ":".join((event.event, str(subject.id), _state(subject), ",".join(times)))


def _subject(event: WebhookEvent) -> Any:
    """The object that something happened to."""
    if isinstance(event, BuildEvent):
        return event.build
    if isinstance(event, JobEvent):
        return event.job
    if isinstance(event, AgentEvent):
        return event.agent
    return event.package if isinstance(event, PackageCreated) else None


def _state(subject: Any) -> str:
    state = getattr(subject, "state", None) or getattr(subject, "connection_state", None) or ""
    return f"{state}+blocked" if getattr(subject, "blocked", None) else str(state)


def _times(subject: ReadModel) -> list[tuple[str, datetime]]:
    fields: Any = attrs.fields(cast("Any", type(subject)))
    names: list[str] = [each.name for each in fields if each.name.endswith("_at")]
    values = [(name, getattr(subject, name)) for name in names]
    return [(name, value) for name, value in values if isinstance(value, datetime)]
