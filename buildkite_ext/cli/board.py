"""A build's jobs as rows of a table: what each is called, where it stands, and for how long."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ..logs.follow import name_of
from ..watching.wait import ACTIVE_JOBS, FAILED_JOBS, FINISHED_JOBS
from .safe_text import short

if TYPE_CHECKING:
    from buildkite_api.models import Build, Job

LONGEST_LABEL = 60


@dataclass(frozen=True, slots=True)
class Row:
    """One job."""

    id: str
    label: str
    state: str
    detail: str
    """What the state doesn't say: an exit status, a soft failure."""
    started_at: datetime | None
    finished_at: datetime | None
    has_log: bool = True

    def seconds(self, now: datetime) -> float | None:
        """For how long it has run, or ran; None where it hasn't begun."""
        if self.started_at is None:
            return None
        return max(0.0, ((self.finished_at or now) - self.started_at).total_seconds())

    @property
    def over(self) -> bool:
        """Whether nothing more happens to it by itself."""
        return self.state in FINISHED_JOBS

    @property
    def rank(self) -> int:
        """What is looked at first where not all rows fit: 0 is what goes wrong, runs, or waits for a person."""
        if self.state in FAILED_JOBS or self.state == "blocked":
            return 0
        if self.state in ACTIVE_JOBS:
            return 1 if self.started_at is not None else 2
        return 4 if self.over else 3


def label_of(job: Job) -> str:
    """What a job is called, told from its siblings and from its earlier attempts."""
    label = short(name_of(job), LONGEST_LABEL)
    if (job.parallel_group_total or 0) > 1 and job.parallel_group_index is not None:
        label += f" {job.parallel_group_index + 1}/{job.parallel_group_total}"
    if job.retries_count:
        label += f" (attempt {job.retries_count + 1})"
    return label


def rows_of(build: Build) -> list[Row]:
    """The jobs that a table shows: not the waits between them, and not those that were retried."""
    return [
        Row(
            job.id,
            label_of(job),
            short(str(job.state), 20),
            detail_of(job),
            job.started_at,
            job.finished_at,
            str(job.type) == "script",
        )
        for job in build.jobs
        if str(job.type) != "waiter" and not job.retried
    ]


def detail_of(job: Job) -> str:
    """What a job's state doesn't say."""
    details = []
    if str(job.state) in FAILED_JOBS and job.exit_status is not None:
        details.append(f"exit status {job.exit_status}")
    if job.signal:
        details.append(f"signal {short(job.signal, 20)}")
    if job.soft_failed:
        details.append("soft failure")
    return ", ".join(details)


def fitting(rows: Sequence[Row], most: int) -> tuple[list[Row], str]:
    """The rows that fit, in their order, and what the others come to.

    Example:
        >>> fitting([Row("1", "a", "passed", "", None, None), Row("2", "b", "running", "", None, None)], 1)[1]
        '1 more: 1 passed'
    """
    if len(rows) <= most:
        return list(rows), ""
    chosen = {row.id for row in sorted(rows, key=lambda row: row.rank)[:most]}
    others = [row for row in rows if row.id not in chosen]
    counts = ", ".join(f"{count} {state}" for state, count in Counter(row.state for row in others).most_common())
    return [row for row in rows if row.id in chosen], f"{len(others)} more: {counts}"


def clock_text(seconds: float | None) -> str:
    """A duration as clocks show it.

    Example:
        >>> clock_text(42), clock_text(3723), clock_text(None)
        ('0:42', '1:02:03', '')
    """
    if seconds is None:
        return ""
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


class ServerTime:
    """The hour as the server has it, told from when it says that it created the build: this computer's clock may be wrong."""

    def __init__(self, created_at: datetime | None) -> None:
        self._created_at = created_at or datetime.now(UTC)
        self._began = time.monotonic()

    @property
    def elapsed(self) -> float:
        """Seconds since the build was created."""
        return time.monotonic() - self._began

    def now(self) -> datetime:
        """The server's hour."""
        return self._created_at + timedelta(seconds=self.elapsed)
