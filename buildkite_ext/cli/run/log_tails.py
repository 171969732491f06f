"""The last lines of jobs' logs, which are shown for failed jobs."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from ...errors import BuildkiteError
from ...logs.parser import LineParser
from ..streams import log_text

if TYPE_CHECKING:
    from buildkite_api.models import Job

    from ...client import BuildkiteClient
    from ...logs.parser import LogLine

__all__ = ["LogTails", "fetch_tail"]

_LAST_LINES = 10

_LARGEST_LOG = 1024 * 1024
"""Bytes. Larger logs aren't fetched for their last lines."""


class LogTails:
    """The last lines of each log that was followed."""

    def __init__(self) -> None:
        self._lines: dict[str, deque[str]] = {}

    def add(self, line: LogLine) -> None:
        """Add a line. Empty lines are left out."""
        tail = self._lines.setdefault(line.job_id, deque(maxlen=_LAST_LINES))
        if line.text.strip():
            tail.append(log_text(line.text))

    def of(self, job: Job) -> tuple[str, ...] | None:
        """Return the last lines of a job; None if its log wasn't followed."""
        return tuple(self._lines[job.id]) if job.id in self._lines else None


def fetch_tail(client: BuildkiteClient, pipeline: str, number: int, job: Job) -> tuple[str, ...]:
    """Fetch the last lines of a log that wasn't followed. Return nothing if it is too large or can't be fetched."""
    if str(job.type) != "script":
        return ()
    try:
        if not 0 < client.jobs.log_size(pipeline, number, job.id) <= _LARGEST_LOG:
            return ()
        text = client.jobs.log_text(pipeline, number, job.id)
    except BuildkiteError:
        return ()
    parser = LineParser(job.id, "")
    lines = [*parser.feed(text.encode()), *parser.finish()]
    return tuple([log_text(line.text) for line in lines if line.text.strip()][-_LAST_LINES:])
