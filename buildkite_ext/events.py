"""What happens inside a client, as frozen values for one hook: `BuildkiteClient(on_event=print)`.

Each event is also a line of the logger `buildkite_ext`, at debug level.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

logger = logging.getLogger("buildkite_ext")


@dataclass(frozen=True, slots=True)
class RetryScheduled:
    """A request failed and will be sent again after a pause."""

    method: str
    path: str
    operation: str | None
    attempt: int
    """The attempt that failed, counted from 1."""
    pause: float
    """Seconds until the next one."""
    reason: str


@dataclass(frozen=True, slots=True)
class SchemaDrift:
    """An answer held something that the description doesn't: reported once a model and key."""

    model: str
    key: str
    kind: str
    """`unknown`: the description has no such key. `missing`: it calls the key required. `null`: it doesn't allow null.
    `type`: the value is of another type, and was kept as it came."""


Event = RetryScheduled | SchemaDrift
Hook = Callable[[Event], None]


class Events:
    """Hands each event to the log and to the user's hook."""

    def __init__(self, hook: Hook | None = None) -> None:
        self._hook = hook

    def emit(self, event: Event) -> None:
        logger.debug("%s", event)
        if self._hook is not None:
            self._hook(event)
