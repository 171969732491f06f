"""The last lines of jobs' logs, which are shown for failed jobs."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from ...errors import BuildkiteError
from ...messages import shortened
from ...redaction import redacted_text

if TYPE_CHECKING:
    from buildkite_api.models import Job

    from ...client import BuildkiteClient
    from ...logs.parser import LogLine

__all__ = ["LogTails", "fetch_tail"]

_LAST_LINES = 10

_FETCHED_LINES = 50
"""Lines that are fetched to have these among them, since empty ones are left out."""

_TIMEOUT = 30.0
"""Seconds for the last lines of one log."""

_LONGEST_LINE = 400


class LogTails:
    """The last lines of each log that was followed."""

    def __init__(self) -> None:
        self._lines: dict[str, deque[str]] = {}

    def add(self, line: LogLine) -> None:
        """Add a line. Empty lines are left out."""
        tail = self._lines.setdefault(line.job_id, deque(maxlen=_LAST_LINES))
        if line.text.strip():
            tail.append(_shown(line.text))

    def of(self, job: Job) -> tuple[str, ...] | None:
        """Return the last lines of a job; None if its log wasn't followed."""
        return tuple(self._lines[job.id]) if job.id in self._lines else None


def fetch_tail(client: BuildkiteClient, pipeline: str, number: int, job: Job) -> tuple[str, ...]:
    """Fetch the last lines of the log of a job that has ended. Return nothing if it can't be fetched."""
    lines: deque[str] = deque(maxlen=_LAST_LINES)
    try:
        for line in client.jobs.log_tail(pipeline, number, job, lines=_FETCHED_LINES, timeout=_TIMEOUT):
            if line.text.strip():
                lines.append(_shown(line.text))
    except BuildkiteError:
        return ()
    return tuple(lines)


def _shown(text: str) -> str:
    """Return a line as it is shown: without tokens, and cut if it is long."""
    return shortened(redacted_text(text[: 4 * _LONGEST_LINE]), _LONGEST_LINE)
