"""The jobs of a build as rows of a table, with their labels, states and durations."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ...logs.selection import name_of
from ...messages import parallel_part
from ...states import FAILED_JOBS, is_job_active, is_job_over
from ..streams import short

if TYPE_CHECKING:
    from buildkite_api.models import Build, Job

__all__ = ["JobRow", "ServerTime", "detail_of", "duration_text", "label_of", "rows_of", "rows_that_fit"]

_LONGEST_LABEL = 60


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job in the table.

    Attributes:
        id: the job's id.
        label: its name, safe to print.
        state: its state.
        detail: details that the state doesn't tell: an exit status, a signal, a soft failure.
        started_at, finished_at: its times.
        has_log: it runs a command, so it has a log.
    """

    id: str
    label: str
    state: str
    detail: str
    started_at: datetime | None
    finished_at: datetime | None
    has_log: bool = True

    def seconds(self, now: datetime) -> float | None:
        """Return the time that it has run, or ran; None if it hasn't started."""
        if self.started_at is None:
            return None
        return max(0.0, ((self.finished_at or now) - self.started_at).total_seconds())

    @property
    def finished(self) -> bool:
        """True if its state is final."""
        return is_job_over(self)

    @property
    def rank(self) -> int:
        """Its priority if not all rows fit. 0 is the highest: failed, or waiting for a person."""
        if self.state in FAILED_JOBS or self.state == "blocked":
            return 0
        if self.finished:
            return 4
        if is_job_active(self.state):
            return 1 if self.started_at is not None else 2
        return 3


def label_of(job: Job) -> str:
    """Return the name of a job, with its number in a parallel group and that of its attempt."""
    label = short(name_of(job), _LONGEST_LABEL) + parallel_part(job)
    if job.retries_count:
        label += f" (attempt {job.retries_count + 1})"
    return label


def rows_of(build: Build) -> list[JobRow]:
    """Return the rows of a build's jobs, without wait steps and without jobs that were retried."""
    return [
        JobRow(
            job.id,
            label_of(job),
            short(str(job.state or ""), 20),
            detail_of(job),
            job.started_at,
            job.finished_at,
            str(job.type) == "script",
        )
        for job in build.jobs
        if str(job.type) != "waiter" and not job.retried
    ]


def detail_of(job: Job) -> str:
    """Return the details of a job that its state doesn't tell."""
    details = []
    if str(job.state) in FAILED_JOBS and job.exit_status is not None:
        details.append(f"exit status {job.exit_status}")
    if job.signal:
        details.append(f"signal {short(job.signal, 20)}")
    if job.soft_failed:
        details.append("soft failure")
    return ", ".join(details)


def rows_that_fit(rows: Sequence[JobRow], most: int) -> tuple[list[JobRow], str]:
    """Choose the most important rows, and keep their order.

    Returns:
        The rows, and a summary of the others; empty if all fit.

    Example:
        >>> rows_that_fit([JobRow("1", "a", "passed", "", None, None), JobRow("2", "b", "running", "", None, None)], 1)[1]
        '1 more: 1 passed'
    """
    if len(rows) <= most:
        return list(rows), ""
    chosen = {row.id for row in sorted(rows, key=lambda row: row.rank)[:most]}
    others = [row for row in rows if row.id not in chosen]
    counts = ", ".join(f"{count} {state}" for state, count in Counter(row.state for row in others).most_common())
    return [row for row in rows if row.id in chosen], f"{len(others)} more: {counts}"


def duration_text(seconds: float | None) -> str:
    """Format a duration as minutes and seconds, or hours, minutes and seconds.

    Example:
        >>> duration_text(42), duration_text(3723), duration_text(None)
        ('0:42', '1:02:03', '')
    """
    if seconds is None:
        return ""
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


class ServerTime:
    """The server's time, counted from the creation of the build, since the clock of this computer may be wrong.

    Args:
        created_at: the build's, if the command has created it just now. None for a build of others: then it is the time of this
            computer.
    """

    def __init__(self, created_at: datetime | None) -> None:
        self._created_at = created_at or datetime.now(UTC)
        self._began = time.monotonic()

    @property
    def elapsed(self) -> float:
        """Seconds since the command created the build, or began to watch it."""
        return time.monotonic() - self._began

    def now(self) -> datetime:
        """Return the server's time."""
        return self._created_at + timedelta(seconds=self.elapsed)
