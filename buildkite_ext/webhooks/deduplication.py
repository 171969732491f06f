"""Deduplication: the key of an event, and stores that remember handled deliveries and events."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal, Protocol, cast

import attrs
from buildkite_api.base import ReadModel
from buildkite_api.webhooks.events import AgentEvent, BuildEvent, JobEvent, PackageCreated, WebhookEvent

from ..errors import ConfigurationError

__all__ = ["Claim", "DeduplicationStore", "MemoryDeduplicationStore", "deduplication_key"]


def deduplication_key(event: WebhookEvent) -> str | None:
    """Return a key that is the same in each delivery of the same event.

    Another delivery of an event has another timestamp and so another signature. The key is made of what stays the same:
    the event's name, the id of its object, the object's state and its timestamps. If the object changed between two
    deliveries, they have two keys.

    Args:
        event: an event, as `parse` returns it.

    Returns:
        The key; None for an event that has no id or no timestamp to tell it from the next, such as a ping.

    Example:
        >>> from buildkite_ext.webhooks import parse
        >>> body = b'{"event": "agent.lost", "agent": {"id": "0b46", "lost_at": "2026-05-09 21:05:59 UTC"}}'
        >>> deduplication_key(parse(body))
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
    """Return the object of an event."""
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


# --- Stores -----------------------------------------------------------------------------------------------------------

Claim = Literal["new", "pending", "settled"]
"""Result of a claim. `new`: the key is yours now. `pending`: another process has the key and isn't done. `settled`: the
work of the key was done."""


class DeduplicationStore(Protocol):
    """Store of keys with a time to live. With one store for all machines, once means once among all of them."""

    async def claim(self, key: str, seconds: float, /) -> Claim:
        """Claim a key if it is free.

        Args:
            key: the key to claim.
            seconds: time after which the key is free again unless it is settled, in case its owner died.
        """
        ...

    async def settle(self, key: str, seconds: float, /) -> None:
        """Record that the work of a key was done, and remember that for `seconds`; with 0, forget the key."""
        ...


class MemoryDeduplicationStore:
    """Store of keys in this process.

    Args:
        limit: the maximum number of keys. Beyond it the oldest keys are forgotten early, so that memory stays bounded.
        clock: returns monotonic seconds.

    Example:
        >>> import asyncio
        >>> store = MemoryDeduplicationStore()
        >>> asyncio.run(store.claim("a", 60)), asyncio.run(store.claim("a", 60))
        ('new', 'pending')
    """

    def __init__(self, *, limit: int = 100_000, clock: Callable[[], float] = time.monotonic) -> None:
        if limit < 1:
            raise ConfigurationError(f"MemoryDeduplicationStore(limit={limit}): give 1 or more")
        self._limit = limit
        self._clock = clock
        self._keys: OrderedDict[str, tuple[float, Claim]] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._keys)

    async def claim(self, key: str, seconds: float, /) -> Claim:
        """Claim a key if it is free."""
        return self._claim(key, seconds)

    async def settle(self, key: str, seconds: float, /) -> None:
        """Record that the work of a key was done, and remember that for `seconds`; with 0, forget the key."""
        self._settle(key, seconds)

    def _claim(self, key: str, seconds: float) -> Claim:
        with self._lock:
            now = self._clock()
            found = self._keys.get(key)
            if found is not None and found[0] > now:
                return found[1]
            self._remember(key, now, now + seconds, "pending")
            return "new"

    def _settle(self, key: str, seconds: float) -> None:
        with self._lock:
            if seconds > 0:
                now = self._clock()
                if key in self._keys:
                    self._keys[key] = (now + seconds, "settled")
                    self._keys.move_to_end(key)
                else:
                    self._remember(key, now, now + seconds, "settled")
            else:
                self._keys.pop(key, None)

    def _remember(self, key: str, now: float, until: float, claim: Claim) -> None:
        keys = self._keys
        keys[key] = (until, claim)
        keys.move_to_end(key)
        while keys:
            oldest = next(iter(keys))
            if keys[oldest][0] > now and len(keys) <= self._limit:
                break
            del keys[oldest]
