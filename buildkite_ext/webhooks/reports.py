"""What happens to deliveries, as frozen values for one hook: `WebhookHandler(on_report=print)`.

Each is also a line of the logger `buildkite_ext.webhooks`. None holds a body, a secret, a token or a signature.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

logger = logging.getLogger("buildkite_ext.webhooks")


@dataclass(frozen=True, slots=True)
class Accepted:
    """A delivery was verified, and will be handled."""

    delivery: str
    """The delivery's id."""
    event: str


@dataclass(frozen=True, slots=True)
class Repeated:
    """A delivery was accepted before, so it isn't handled again."""

    delivery: str
    event: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A delivery, or what was sent in place of one, was not accepted."""

    status: int
    """The HTTP status it was answered with."""
    reason: str
    """In a word: one of `WebhookReason`, or of the HTTP exchange: `method`, `content_type`, `too_large`, `no_length`,
    `too_slow`, `source`, `closed`, `pending` (the same delivery is being accepted), `unavailable`."""
    message: str
    client: str | None
    """The address it came from; None where the server doesn't say."""


@dataclass(frozen=True, slots=True)
class Handled:
    """The handlers of a delivery have run, and none of them failed."""

    delivery: str
    event: str
    handlers: int
    """How many handlers it was for."""


@dataclass(frozen=True, slots=True)
class HandlerFailed:
    """A handler raised, or took too long (a TimeoutError). The others ran all the same."""

    delivery: str
    event: str
    handler: str
    error: Exception


@dataclass(frozen=True, slots=True)
class Lost:
    """Deliveries that were accepted were not handled: the time allowed for closing was over."""

    deliveries: int


Report = Accepted | Repeated | Refused | Handled | HandlerFailed | Lost
Hook = Callable[[Report], None]


class Reports:
    """Counts each report, and hands it to the log and to the user's hook."""

    def __init__(self, hook: Hook | None = None) -> None:
        self._hook = hook
        self.counts: Counter[str] = Counter()

    def emit(self, report: Report) -> None:
        self.counts[type(report).__name__.lower() if not isinstance(report, HandlerFailed) else "failed"] += 1
        if isinstance(report, HandlerFailed):
            text = "%s failed on %s (delivery %s)"
            logger.error(text, report.handler, report.event, report.delivery, exc_info=report.error)
        elif isinstance(report, Refused):
            logger.warning("answered %d to %s: %s", report.status, report.client or "unknown", report.message)
        elif isinstance(report, Lost):
            logger.error("%d accepted deliveries were not handled before the time to close was over", report.deliveries)
        else:
            logger.debug("%s", report)
        if self._hook is not None:
            try:
                self._hook(report)
            except Exception:
                # A hook that fails must not change what is answered, nor keep a delivery from its handlers.
                logger.exception("on_report failed on %s", type(report).__name__)

    def problem(self, message: str, error: Exception) -> None:
        """Tell the log of something that changes no answer. Not the error's text: it may hold a password."""
        logger.error("%s (%s)", message, type(error).__name__)
