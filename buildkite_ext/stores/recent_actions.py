"""Recent actions of a client that Buildkite's answers may not show yet.

Buildkite retries failed jobs in the background, and answers before it has done so. For a while the build still shows its old
end. A wait that began then would take that for the new one, so a client remembers for some minutes what it did.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from .._forks import reset_after_fork
from ..states import RETRIED_STATES, job_outcome

if TYPE_CHECKING:
    from collections.abc import Iterable

    from buildkite_api.models import Build, Job

__all__ = ["PendingActions", "RecentActions", "Reopening"]


_REMEMBERED = 300.0
"""Seconds for which an action is remembered. A build that shows its old end for longer has probably not been reopened."""

_MOST_BUILDS = 1000


class Reopening(Struct, frozen=True):
    """Retry of jobs of a build that had ended.

    Attributes:
        old_end: the `finished_at` that the build had.
        since: the time at which the retry was made, on Buildkite's clock; an end before it is the old one. None if only
            `old_end` is known.
        retried: the outcomes of the jobs that Buildkite retries in the background; none if it has answered with the new job.
        job_id: the id of the job whose retry was answered with the new job.
    """

    old_end: datetime | None
    since: datetime | None = None
    retried: frozenset[str] = frozenset()
    job_id: str | None = None

    @classmethod
    def of_build(cls, build: Build, states: Iterable[str] | None = None) -> Reopening | None:
        """Return the reopening that the answer to a retry of failed jobs tells; None if it isn't one, or nothing was retried.

        Args:
            build: the answer.
            states: the states of the jobs that the retry is of; None for all that it may be of.
        """
        if not build.retried_jobs_count or not isinstance(build.finished_at, datetime):
            return None
        return cls(build.finished_at, retried=RETRIED_STATES if states is None else frozenset(map(str, states)))

    @classmethod
    def of_job(cls, job: Job, retried: str | None = None) -> Reopening | None:
        """Return the reopening that the new job of a retry tells; None if it has no time.

        Args:
            job: the new job.
            retried: the id of the job that it retries.
        """
        return cls(None, job.created_at, job_id=retried) if isinstance(job.created_at, datetime) else None

    def is_old(self, build: Build) -> bool:
        """Tell whether the end that a build shows is the one that it had before."""
        end: object = build.finished_at
        if not isinstance(end, datetime):
            return False
        return end < self.since if self.since is not None else end == self.old_end

    def retries(self, job: Job) -> bool:
        """Tell whether a job that has ended is going to be retried, or was retried and doesn't show it yet."""
        end: object = job.finished_at
        if job.retried_in_job_id is not None:
            return False
        if self.job_id is not None and self.job_id.lower() == job.id.lower():
            return True
        return (
            self.old_end is not None
            and isinstance(end, datetime)
            and end <= self.old_end
            and job_outcome(job) in self.retried
        )


class PendingActions(Struct, frozen=True):
    """Actions on one build that its answers may not show yet.

    Attributes:
        reopenings: the retries of its jobs.
        unblocked: the ids of the block steps that were unblocked.
    """

    reopenings: tuple[Reopening, ...] = ()
    unblocked: frozenset[str] = frozenset()

    @property
    def reopening(self) -> Reopening | None:
        """The last retry of its jobs."""
        return self.reopenings[-1] if self.reopenings else None

    def retries(self, job: Job) -> bool:
        """Tell whether a job that has ended is going to be retried, or was retried and doesn't show it yet."""
        return any(reopening.retries(job) for reopening in self.reopenings)


class _Action(Struct, frozen=True):
    """Action at a time of the runtime's clock: a reopening, or the id of a job that was unblocked."""

    at: float
    what: Reopening | str


class RecentActions:
    """Actions of a client and its copies on builds, each remembered for five minutes.

    Example:
        >>> actions = RecentActions()
        >>> actions.add(("acme", "web", 7), "job-1", now=0.0)
        >>> actions.pending(("acme", "web", 7), now=60.0).unblocked, actions.pending(("acme", "web", 7), now=600.0).unblocked
        (frozenset({'job-1'}), frozenset())
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()  # the handler of a signal may come while it is held
        self._actions: OrderedDict[tuple[str, str, int], tuple[_Action, ...]] = OrderedDict()
        reset_after_fork(self)

    def add(self, build: tuple[str, str, int], what: Reopening | str | None, *, now: float) -> None:
        """Remember a retry, or the id of a block step that was unblocked. None is ignored."""
        if what is None:
            return
        with self._lock:
            self._actions[build] = (*self._lasting(build, now), _Action(now, what))
            self._actions.move_to_end(build)
            while len(self._actions) > _MOST_BUILDS:
                self._actions.popitem(last=False)

    def learn(self, build: tuple[str, str, int], answer: Build, *, now: float) -> None:
        """Remember the retry that a build tells which a caller gives, unless it is known already."""
        told = Reopening.of_build(answer)
        if told is None:
            return
        with self._lock:
            known = [action.what for action in self._lasting(build, now)]
        if not any(isinstance(what, Reopening) and what.old_end == told.old_end for what in known):
            self.add(build, told, now=now)

    def pending(self, build: tuple[str, str, int], *, now: float) -> PendingActions:
        """Return what was done to a build lately."""
        if not self._actions:
            return PendingActions()
        with self._lock:
            actions = [action.what for action in self._lasting(build, now)]
        reopenings = tuple(what for what in actions if isinstance(what, Reopening))
        unblocked = frozenset(what for what in actions if isinstance(what, str))
        return PendingActions(reopenings, unblocked)

    def _lasting(self, build: tuple[str, str, int], now: float) -> tuple[_Action, ...]:
        return tuple(action for action in self._actions.get(build, ()) if action.at + _REMEMBERED > now)

    def _reset_after_fork(self) -> None:
        self._lock = threading.RLock()
