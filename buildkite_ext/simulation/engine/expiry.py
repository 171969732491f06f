"""Expiry of jobs that no agent takes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

from ..state.actions import ScheduledAction
from ..state.builds import Job
from ..state.organization import Organization
from .scheduler import Scheduler

__all__ = ["JobExpiry"]

_HOUR = 3600.0
_PAST_THE_HOUR = 300.0


class JobExpiry:
    """Expiry of jobs that no agent takes, as the settings of the organization say.

    Buildkite looks for such jobs hourly, at five minutes past the hour. The simulator looks only in the hours when one of them
    expires, so jobs without an agent cost nothing until then.
    https://buildkite.com/docs/pipelines/configure/build-timeouts

    Args:
        organization: the organization of the jobs.
        scheduler: knows the time, and runs the look.
        waiting: returns the jobs that wait for an agent.
        expire: ends a job.
    """

    def __init__(
        self,
        organization: Organization,
        scheduler: Scheduler,
        *,
        waiting: Callable[[], Iterable[Job]],
        expire: Callable[[Job], object],
    ) -> None:
        self._organization = organization
        self._scheduler = scheduler
        self._waiting = waiting
        self._expire = expire
        self._look_at = math.inf
        self._planned: ScheduledAction | None = None

    def watch(self, job: Job) -> None:
        """Look for a job in time, which has found no agent."""
        self._plan(job.created_at)

    def settings_changed(self) -> None:
        """Look for the jobs that wait as the new settings say."""
        if self._planned is not None:
            self._planned.cancel()
        self._look_at, self._planned = math.inf, None
        created = min((job.created_at for job in self._waiting()), default=None)
        if created is not None:
            self._plan(created)

    def _plan(self, created_at: float) -> None:
        """Plan the look at which a job that was created at a time has to expire, unless there is one before."""
        now = self._scheduler.now
        at = _next_look(max(created_at + self._organization.pipeline_settings.scheduled_job_expiry, now))
        if at < self._look_at:
            if self._planned is not None:
                self._planned.cancel()
            self._look_at, self._planned = at, self._scheduler.after(at - now, self._look)

    def _look(self) -> None:
        self._look_at, self._planned = math.inf, None
        latest = self._scheduler.millisecond - self._organization.pipeline_settings.scheduled_job_expiry
        due = [job for job in self._waiting() if job.created_at <= latest]
        due.sort(key=lambda job: (job.created_at, job.build.sequence, job.position))
        for job in due:
            if job.state == "scheduled":  # the end of another one may have canceled it
                self._expire(job)
        created = min((job.created_at for job in self._waiting()), default=None)
        if created is not None:
            self._plan(created)


def _next_look(time: float) -> float:
    """Return the first time, not before a given one, that is five minutes past an hour."""
    return math.ceil((time - _PAST_THE_HOUR) / _HOUR) * _HOUR + _PAST_THE_HOUR
