"""The last lines of each job's log, for when the job has failed."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from ..errors import BuildkiteError
from ..logs.parser import LineParser
from .safe_text import log_text

if TYPE_CHECKING:
    from buildkite_api.models import Job

    from ..client import BuildkiteClient
    from ..logs.parser import LogLine

LAST_LINES = 10

LARGEST_LOG = 1024 * 1024
"""Logs that weren't followed are fetched whole, up to so many bytes."""


class Tails:
    """Keeps the last lines of what was followed."""

    def __init__(self) -> None:
        self._lines: dict[str, deque[str]] = {}

    def add(self, line: LogLine) -> None:
        """A line has come. Empty ones aren't worth their place."""
        tail = self._lines.setdefault(line.job_id, deque(maxlen=LAST_LINES))
        if line.text.strip():
            tail.append(log_text(line.text))

    def of(self, job: Job) -> tuple[str, ...] | None:
        """A job's last lines; None where its log wasn't followed."""
        return tuple(self._lines[job.id]) if job.id in self._lines else None


def fetch_tail(client: BuildkiteClient, pipeline: str, number: int, job: Job) -> tuple[str, ...]:
    """The last lines of a log that wasn't followed. None where it is too large or can't be had: they are an extra."""
    if str(job.type) != "script":
        return ()
    try:
        if not 0 < client.jobs.log_size(pipeline, number, job.id) <= LARGEST_LOG:
            return ()
        text = client.jobs.log_text(pipeline, number, job.id)
    except BuildkiteError:
        return ()
    parser = LineParser(job.id, "")
    lines = [*parser.feed(text.encode()), *parser.finish()]
    return tuple([log_text(line.text) for line in lines if line.text.strip()][-LAST_LINES:])
