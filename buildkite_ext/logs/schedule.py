"""Schedule of the requests that following takes: when to poll the build, and which logs to poll when, without input and output.

Buildkite allows a user few requests a minute, and a build may run hundreds of jobs. So all logs of a build share a number of
requests. A log that grows gets more of them than a quiet one, and the log of a job that has ended comes first.
https://buildkite.com/docs/apis/rest-api/rate-limits
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil
from typing import Literal

__all__ = ["Pace", "Schedule", "Step"]

_REQUESTS_PER_MINUTE = 40.0
"""Requests in any minute, if a caller doesn't say otherwise. Buildkite allows a user 50, and other programs may need some."""

_POLL_INTERVAL = 2.0
_STATUS_INTERVAL = 8.0
"""Seconds between two polls of a build: its end is seen within ten."""

_QUIET_SHARE = 0.5
"""Seconds between two polls of a log, for each second for which it has not grown."""

_QUIETEST = 8.0
"""Poll intervals between two polls of a log that hasn't grown for a long time, and at most a minute."""

_STATUS_GROWTH = 1.25
_MINUTE = 60.0

_FIRST_LOG = 10.0
"""Requests a minute for the logs of a build in which one job runs."""

_NEXT_LOG = 1 / 6
"""Requests a minute more for each job that runs beside it."""

_CREDIT = 5
"""Logs that are read for the first time without a gap between their requests. Each log that was read to its end adds one."""

_CONCURRENCY = 8
"""Logs that are polled at the same time."""

_EARLY = 1e-6
"""Seconds. What is due so soon is due now: a sum of floats may lack its last digit."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Intervals and rates of following.

    Attributes:
        status: seconds between two polls of the build.
        fastest: seconds between two polls of a log that grows.
        quietest: seconds between two polls of a log that hasn't grown for a long time.
        first: requests a minute for the log of a single job that runs.
        limit: requests in any minute.

    Example:
        >>> pace = Pace.of(None, None)
        >>> pace.status, pace.fastest, pace.limit
        (8.0, 2.0, 40.0)
        >>> [round(60 / pace.gap(jobs)) for jobs in (1, 30, 200)]   # requests a minute for logs
        [10, 15, 32]
    """

    status: float
    fastest: float
    quietest: float
    first: float
    limit: float

    @classmethod
    def of(cls, poll_interval: float | None, max_requests_per_minute: float | None, *, single: bool = False) -> Pace:
        """Return the pace that a caller asks for.

        Args:
            poll_interval: seconds between two polls of the build, and of a log that grows. None: 8 and 2.
            max_requests_per_minute: limit on the requests, at least 4. None: 40, or what `poll_interval` takes for one log if
                that is more.
            single: True if one log is followed alone.
        """
        fastest = _POLL_INTERVAL if poll_interval is None else poll_interval
        asked = 0.0 if poll_interval is None else _MINUTE / poll_interval
        status = _STATUS_INTERVAL if poll_interval is None else poll_interval
        if max_requests_per_minute is None:  # a poll of a log takes a second request now and then
            limit = max(_REQUESTS_PER_MINUTE, 3 * asked)
        else:
            limit = max_requests_per_minute
            status = max(status, 4 * _MINUTE / limit)
        first = limit if single else max(_FIRST_LOG * limit / _REQUESTS_PER_MINUTE, 1.5 * asked)
        return cls(status, fastest, max(fastest, min(_QUIETEST * fastest, _MINUTE)), first, limit)

    @property
    def reserved(self) -> int:
        """Requests of a minute that are kept for the build."""
        return ceil(_MINUTE / self.status)

    def gap(self, logs: int) -> float:
        """Return the seconds between two requests for logs of jobs that run, if so many run."""
        return _MINUTE / min(self.limit - self.reserved, self.first + (logs - 1) * _NEXT_LOG)


@dataclass(frozen=True, slots=True)
class Step:
    """Next step of following.

    Attributes:
        action: poll the build, poll some logs, wait, or end.
        logs: the logs to poll at the same time.
        seconds: the time to wait.
    """

    action: Literal["status", "logs", "wait", "end"]
    logs: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass(slots=True)
class _Log:
    """Log that is followed.

    Attributes:
        grew: time of the last poll that found something new.
        interval: seconds between its polls.
        due: time of its next poll.
        begun: True if it was polled before.
    """

    grew: float
    interval: float
    due: float
    begun: bool = False

    def overdue(self, now: float) -> float:
        """Return how many of its intervals it has waited beyond its time."""
        return (now - self.due) / self.interval


class Schedule:
    """Schedule of the polls of one build, or of one job, and of its logs.

    Do what `next` says, and report it with `saw` or `polled`.

    Example:
        >>> schedule = Schedule(Pace.of(None, None))
        >>> schedule.next(0.0).action
        'status'
        >>> schedule.saw(0.0, running=["a", "b"], ended=["c"])
        >>> schedule.next(0.0).logs          # what has ended comes first
        ('c', 'a', 'b')
        >>> for log in "cab":
        ...     schedule.polled(log, 0.0, requests=1, grew=True, finished=log == "c")
        >>> schedule.next(0.0)
        Step(action='wait', logs=(), seconds=2.0)
    """

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._over = self._hurried = False
        self._status_due = float("-inf")
        self._status_interval = 0.0
        self._running: dict[str, _Log] = {}
        self._ended: dict[str, _Log] = {}
        self._free_at = float("-inf")
        """Time from which on logs of running jobs may be polled, so that their requests are spread over the minute."""
        self._credit = _CREDIT
        self._status_times: deque[float] = deque()
        self._log_times: deque[float] = deque()
        """Times of the requests of the last minute."""

    def saw(self, now: float, *, running: Iterable[str], ended: Iterable[str], over: bool = False) -> None:
        """Note what a poll of the build has shown.

        Args:
            now: the time at which it was sent, in seconds. It may begin at any number.
            running: the logs of jobs that run.
            ended: the logs of jobs that have ended and were not read to their ends, the most important ones first.
            over: True if the build has ended, so that it isn't polled again.
        """
        self._over = over
        self._status_times.append(now)
        self._running = {log: self._running.get(log) or _Log(now, 2 * self._pace.fastest, now) for log in running}
        self._ended = {log: self._ended.get(log) or _Log(now, self._pace.fastest, now) for log in ended}
        # Until the first job runs, the build is polled more often, so that its first line is not late.
        grown = self._status_interval * _STATUS_GROWTH or max(self._pace.fastest, 2 * _MINUTE / self._pace.limit)
        self._status_interval = self._pace.status if self._running else min(self._pace.status, grown)
        self._status_due = now + self._status_interval

    def polled(self, log: str, now: float, *, requests: int, grew: bool, finished: bool) -> None:
        """Note a poll of a log.

        Args:
            log: the log.
            now: the time at which it was sent.
            requests: the number of requests that it took.
            grew: True if the log had new bytes.
            finished: True if the log was read to its end, after its job had ended.
        """
        self._log_times.extend([now] * requests)
        if log in self._running:
            state = self._running[log]
            if not state.begun and self._credit:
                self._credit -= 1
                requests -= 1
            state.begun = True
            state.grew = now if grew else state.grew
            quiet = (now - state.grew) * _QUIET_SHARE
            state.interval = min(max(self._pace.fastest, quiet), self._pace.quietest)
            state.due = now + state.interval
            self._free_at = max(self._free_at, now) + self._gap * requests
        elif finished:
            del self._ended[log]
            self._credit = min(self._credit + 1, _CREDIT)
        else:
            self._ended[log].due = now + self._pace.fastest

    def hurry(self, now: float) -> None:
        """Make all due now, without gaps: the last round before the time allowed is over."""
        self._hurried = True
        self._status_due = self._free_at = now
        for log in self._running.values():
            log.due = min(log.due, now)

    def next(self, now: float) -> Step:
        """Return what to do now."""
        if self._over and not self._ended:
            return Step("end")
        soon = now + _EARLY
        if not self._over and self._status_due <= soon:
            return Step("status")
        left = self._left(soon)
        # A poll may take a second request. If it doesn't, the next step polls what is left out here.
        logs = self._due(soon)[: max(0, min(left // 2, _CONCURRENCY))]
        return Step("logs", tuple(logs)) if logs else Step("wait", seconds=self._earliest(left) - now)

    @property
    def _gap(self) -> float:
        return 0.0 if self._hurried else self._pace.gap(len(self._running))

    def _left(self, now: float) -> int:
        """Return how many requests for logs the minute has left."""
        for times in (self._status_times, self._log_times):
            while times and times[0] <= now - _MINUTE:
                times.popleft()
        kept = 0 if self._over else self._pace.reserved
        return int(self._pace.limit) - max(kept, len(self._status_times)) - len(self._log_times)

    def _due(self, now: float) -> list[str]:
        """Return the logs that may be polled now, the most important ones first."""
        chosen = [log for log, state in self._ended.items() if state.due <= now]
        late = [(log, state) for log, state in self._running.items() if state.due <= now]
        free_at, credit = self._free_at, self._credit
        for log, state in sorted(late, key=lambda each: each[1].overdue(now), reverse=True):
            if not state.begun and credit:
                chosen.append(log)
                credit -= 1
            elif free_at <= now:
                chosen.append(log)
                free_at = max(free_at, now) + self._gap
        return chosen

    def _earliest(self, left: int) -> float:
        """Return the time of the next poll, if there is none now."""
        polls = [state.due for state in self._ended.values()]
        polls += [
            state.due if self._credit and not state.begun else max(state.due, self._free_at)
            for state in self._running.values()
        ]
        times = [] if self._over else [self._status_due]
        if polls:
            freed = min(times[0] for times in (self._status_times, self._log_times) if times) + _MINUTE
            times.append(min(polls) if left > 1 else max(freed, min(polls)))
        return min(times)
