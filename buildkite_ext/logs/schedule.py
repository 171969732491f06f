"""Schedule of the requests that following takes: when to poll the build, and which logs to poll when, without input and output.

Buildkite allows a user few requests a minute, and a build may run hundreds of jobs. So all logs of a build share a number of
requests. A log that grows gets more of them than a quiet one, and the log of a job that has ended comes first.
https://buildkite.com/docs/apis/rest-api/rate-limits
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Literal

__all__ = ["POLL_INTERVAL", "Pace", "Schedule", "Step"]

_REQUESTS_PER_MINUTE = 40.0
"""Requests in any minute, if a caller doesn't say otherwise. Buildkite allows a user 50, and other programs may need some."""

POLL_INTERVAL = 2.0
"""Seconds between two polls of a log that grows."""

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

_CONCURRENCY = 5
"""Logs that are requested at the same time."""

_FAILED_SHARE = 8
"""One of so many requests for logs is kept for jobs that have failed. Their last lines are what people wait for."""

_FOCUSED_IN_A_ROW = 2
"""Polls of logs that a caller asked for, before one of another log that is due."""

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
        [10, 15, 28]
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
        fastest = POLL_INTERVAL if poll_interval is None else poll_interval
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

    @property
    def for_failed(self) -> int:
        """Requests of a minute that are kept for the logs of jobs that have failed."""
        return 0 if self.first == self.limit else int(self.limit - self.reserved) // _FAILED_SHARE

    def gap(self, logs: int) -> float:
        """Return the seconds between two requests for logs of jobs that run, if so many run."""
        return _MINUTE / min(self.limit - self.reserved - self.for_failed, self.first + (logs - 1) * _NEXT_LOG)


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

    The order of the logs, where not all can be read: those of jobs that have failed, those of others that have ended, those of
    running jobs that the caller asked for, and then those that were never read or have waited the longest, in terms of their own
    intervals.

    Do what `next` says, and report it: a poll of the build with `follow` and `saw`, one of a log with `polled`.

    Example:
        >>> schedule = Schedule(Pace.of(None, None))
        >>> schedule.next(0.0).action
        'status'
        >>> schedule.follow(0.0, ["a", "b", "c", "d"], ended=["c", "d"], failed=["d"])
        >>> schedule.saw(0.0)
        >>> schedule.next(0.0).logs          # what has ended comes first
        ('d', 'c', 'a', 'b')
        >>> for log in "dcab":
        ...     schedule.polled(log, 0.0, requests=1, grew=True)
        >>> schedule.finished("c")
        >>> schedule.finished("d")
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
        self._failed: Collection[str] = ()
        self._focus: Collection[str] = ()
        self._focused_in_a_row = 0
        self._free_at = float("-inf")
        """Time from which on logs of running jobs may be polled, so that their requests are spread over the minute."""
        self._credit = _CREDIT
        self._status_times: deque[float] = deque()
        self._log_times: deque[float] = deque()
        self._failed_times: deque[float] = deque()
        """Times of the requests of the last minute: for the build, for logs, and for those among them of failed jobs."""

    def saw(self, now: float, *, over: bool = False) -> None:
        """Note a poll of the build, after `follow` was told its logs.

        Args:
            now: the time at which it was sent, in seconds. It may begin at any number.
            over: True if the build has ended, so that it isn't polled again.
        """
        self._over = over
        self._status_times.append(now)
        # Until the first job runs, the build is polled more often, so that its first line is not late.
        grown = self._status_interval * _STATUS_GROWTH or max(self._pace.fastest, 2 * _MINUTE / self._pace.limit)
        self._status_interval = self._pace.status if self._running else min(self._pace.status, grown)
        self._status_due = now + self._status_interval

    def postpone(self, now: float, seconds: float) -> None:
        """Note a poll of the build that has failed, and the seconds after which it is due again."""
        self._status_times.append(now)
        self._status_due = now + seconds

    def follow(
        self,
        now: float,
        logs: Sequence[str],
        *,
        ended: Collection[str] = (),
        failed: Collection[str] = (),
        focus: Collection[str] = (),
    ) -> None:
        """Follow these logs from now on, and no others.

        Args:
            now: the time.
            logs: the logs that were not read to their ends.
            ended: the jobs among them that have ended.
            failed: those that have failed.
            focus: those that the caller wants to read first.
        """
        self._failed, self._focus = failed, focus
        pace = self._pace
        self._running = {
            log: self._running.get(log) or _Log(now, 2 * pace.fastest, now) for log in logs if log not in ended
        }
        self._ended = {
            log: self._ended.get(log) or _Log(now, pace.fastest, now)
            for log in sorted((log for log in logs if log in ended), key=self._rank)
        }

    def polled(self, log: str, now: float, *, requests: int, grew: bool) -> None:
        """Note a poll of a log.

        Args:
            log: the log.
            now: the time at which it was sent.
            requests: the number of requests that it took.
            grew: True if the log had new bytes.
        """
        self._log_times.extend([now] * requests)
        if log in self._running:
            state = self._running[log]
            self._focused_in_a_row = self._focused_in_a_row + 1 if log in self._focus else 0
            if not state.begun and self._credit:
                self._credit -= 1
                requests -= 1
            state.begun = True
            state.grew = now if grew else state.grew
            quiet = (now - state.grew) * _QUIET_SHARE
            state.interval = min(max(self._pace.fastest, quiet), self._pace.quietest)
            state.due = now + state.interval
            self._free_at = max(self._free_at, now) + self._gap * requests
            return
        if log in self._failed:
            self._failed_times.extend([now] * requests)
        if log in self._ended:
            self._ended[log].due = now + self._pace.fastest

    def delay(self, log: str, until: float) -> None:
        """Poll a log no sooner than at a time."""
        state = self._running.get(log) or self._ended.get(log)
        if state is not None:
            state.due = max(state.due, until)

    def finished(self, log: str) -> None:
        """Note that a log was read to its end, after its job had ended; or that it isn't read any more."""
        self._running.pop(log, None)
        if self._ended.pop(log, None) is not None:
            self._credit = min(self._credit + 1, _CREDIT)

    def hurry(self, now: float) -> None:
        """Make all due now, without gaps: the last round before the time allowed is over."""
        self._hurried = True
        self._status_due = self._free_at = now
        for log in (*self._running.values(), *self._ended.values()):
            log.due = min(log.due, now)

    def next(self, now: float, *, busy: Collection[str] = ()) -> Step:
        """Return what to do now.

        Args:
            now: the time.
            busy: logs whose answers are still arriving, so that they aren't polled.
        """
        if self._over and not self._ended:
            return Step("end")
        soon = now + _EARLY
        if not self._over and self._status_due <= soon:
            return Step("status")
        logs = self._affordable(soon, busy)
        return Step("logs", logs) if logs else Step("wait", seconds=self._earliest(soon) - now)

    @property
    def _gap(self) -> float:
        return 0.0 if self._hurried else self._pace.gap(len(self._running))

    def _rank(self, log: str) -> tuple[bool, bool]:
        """Return the place of the log of a job that has ended among the others."""
        return log not in self._failed, log not in self._focus

    def _left(self, now: float) -> tuple[int, int]:
        """Return how many requests the minute has left for logs of jobs that have failed, and for others."""
        for times in (self._status_times, self._log_times, self._failed_times):
            while times and times[0] <= now - _MINUTE:
                times.popleft()
        kept = 0 if self._over else self._pace.reserved
        left = int(self._pace.limit) - max(kept, len(self._status_times)) - len(self._log_times)
        for_failed = 0 if self._over or self._hurried else max(0, self._pace.for_failed - len(self._failed_times))
        return left, left - for_failed

    def _affordable(self, now: float, busy: Collection[str]) -> tuple[str, ...]:
        """Return the logs to poll now."""
        left, for_others = self._left(now)
        logs: list[str] = []
        # A poll may take a second request. If it doesn't, the next step polls what is left out here.
        for log in self._due(now):
            most = left if log in self._failed and log in self._ended else for_others
            if log not in busy and len(logs) < min(most // 2, _CONCURRENCY - len(busy)):
                logs.append(log)
        return tuple(logs)

    def _due(self, now: float) -> list[str]:
        """Return the logs that may be polled now, the most important ones first."""
        chosen = [log for log, state in self._ended.items() if state.due <= now]
        late = [(log, state) for log, state in self._running.items() if state.due <= now]
        focused = self._focus if self._focused_in_a_row < _FOCUSED_IN_A_ROW else ()
        free_at, credit = self._free_at, self._credit
        late.sort(key=lambda each: (each[0] in focused, not each[1].begun, each[1].overdue(now)), reverse=True)
        for log, state in late:
            if not state.begun and credit:
                chosen.append(log)
                credit -= 1
            elif free_at <= now:
                chosen.append(log)
                free_at = max(free_at, now) + self._gap
        return chosen

    def _earliest(self, now: float) -> float:
        """Return the time of the next poll, if there is none now."""
        left, for_others = self._left(now)
        freed = min((times[0] for times in (self._status_times, self._log_times) if times), default=now) + _MINUTE
        polls = [
            max(state.due, now if (left if log in self._failed else for_others) > 1 else freed)
            for log, state in self._ended.items()
        ]
        for state in self._running.values():
            free_at = now if self._credit and not state.begun else self._free_at
            polls.append(max(state.due, free_at, now if for_others > 1 else freed))
        return min(polls if self._over else [self._status_due, *polls])
