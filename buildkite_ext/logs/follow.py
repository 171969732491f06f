"""Following of logs while they grow: the log of one job, or of every job of a build."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from ..backoff import full_jitter
from ..errors import (
    BudgetExhausted,
    BuildkiteError,
    DeadlineExceeded,
    NotFound,
    RateLimited,
)
from ..events import BuildSeen, FollowFinished, LogIncomplete
from ..messages import in_state
from ..states import FAILED_JOBS, build_state, is_job_over, outcome_of
from ..watching.outcome import outcome_after
from ..watching.pacing import next_pause
from ..watching.patience import Patience, asked_pause, is_passing
from .lateness import ended_job, may_read_again
from .left_out import LeftOutLogs, is_of_one_log
from .parser import LogLine
from .reader import JobLogReader
from .schedule import POLL_INTERVAL, Pace, Schedule
from .selection import JobSelection, LoggedJob, name_of

if TYPE_CHECKING:
    from buildkite_api.models import Build, Job

    from .._sync import DetachedIterator
    from ..transport.requester import Requester

__all__ = ["follow_build", "follow_job", "found_in", "read_job"]

T_co = TypeVar("T_co", covariant=True)

_MOST_READS = 10
"""Retries of a job that one poll reads, one after another."""

_LONGEST_UNREADABLE = 120.0
"""Seconds after the end of its build for which reads of a log may fail, before the log is left out."""

_STATUS = ""
"""The status among what can fail; the others are logs, by the ids of their jobs."""


@dataclass(frozen=True, slots=True)
class _Status:
    """Status of what is followed.

    Attributes:
        state: its state, for the error that says that the time is over.
        jobs: the jobs that have logs.
        ended, failed, focus: the ids of those that have ended, that have failed, and that the caller asked for.
        over: True if nothing begins any more.
        in_turn: True if a log is read only when the one before it was read to its end.
    """

    state: object
    jobs: Sequence[LoggedJob]
    ended: AbstractSet[str] = frozenset()
    failed: AbstractSet[str] = frozenset()
    focus: AbstractSet[str] = frozenset()
    over: bool = False
    in_turn: bool = False


@dataclass(frozen=True, slots=True)
class _EndOfLog:
    """End of the log of a job, behind its last line.

    Attributes:
        job_id: the id of the job.
    """

    job_id: str


def follow_job(
    requester: Requester,
    pipeline: str,
    number: int,
    job_id: str,
    *,
    pace: Pace,
    timeout: float | None,
    tail: int | None = None,
    follow_retries: bool = True,
    known: bool = False,
) -> AsyncGenerator[LogLine, None]:
    """Yield the lines of one job's log, and of those of its retries, until the last of them ends.

    A caller may have the job from an answer (`known`). Then it exists, and errors that pass are waited out from the beginning.
    """
    get_job = requester.module("jobs", "get_build_job")
    attempts: dict[str, Job | None] = {job_id: None}
    """The job and its retries, in their order, as they were seen last."""

    async def status(ends: float | None) -> _Status:
        identity = next(reversed(attempts))
        reads = 0
        while True:
            job: Job = await requester.call_by(ends, get_job, requester.organization, pipeline, number, identity)
            attempts[identity] = job
            retry: str | None = job.retried_in_job_id if follow_retries and is_job_over(job) else None
            if retry is None or retry in attempts:  # two that name each other would never end
                break
            identity = retry
            attempts[identity] = None
            reads += 1
            if reads == _MOST_READS:
                break
        seen = [attempt for attempt in attempts.values() if attempt is not None]
        pending = requester.recent_actions.pending(
            (requester.organization, pipeline, number), now=requester.runtime.now()
        )
        retried = follow_retries and pending.retries(job)
        over = is_job_over(job) and not retried and attempts[identity] is not None
        if str(job.type) != "script":  # only command jobs write logs
            return _Status(job.state, [], over=True)
        begun = [attempt for attempt in seen if attempt.started_at is not None or is_job_over(attempt)]
        ended = frozenset(attempt.id for attempt in begun if is_job_over(attempt))
        return _Status(job.state, [LoggedJob.of(job) for job in begun], ended, over=over, in_turn=True)

    def name() -> str:
        job = next(reversed(attempts.values()))
        return f"Job {job_id if job is None else name_of(job)!r}"

    return _Follower(requester, status, name, pace=pace, timeout=timeout, tail=tail, known=known).lines()


async def read_job(
    requester: Requester, job: LoggedJob, *, timeout: float | None, tail: int | None = None
) -> AsyncGenerator[LogLine, None]:
    """Yield the lines that a job's log has now. One that is missing is waited for if the job has just ended.

    Args:
        requester: sends the requests.
        job: the job, as far as it is known. It is read if its log is missing.
        timeout, tail: as for `AsyncJobs.follow`.

    Raises:
        NotFound: the job or its log doesn't exist.
    """
    ends = None if timeout is None else requester.runtime.now() + timeout
    pace = Pace.of(None, None, single=True)
    seen = job

    async def status(_: float | None) -> _Status:
        return _Status("", [seen], {seen.id}, over=True)

    while True:
        follower = _Follower(
            requester,
            status,
            lambda: f"Job {job.name!r}",
            pace=pace,
            timeout=timeout,
            tail=tail,
            stored=True,
            required=True,
        )
        try:
            async with aclosing(follower.lines()) as lines:
                async for line in lines:
                    yield line
        except NotFound:
            known = (
                None if seen.ended or not may_read_again(requester) else await ended_job(requester, job.id, ends=ends)
            )
            if known is None:
                raise
            seen = replace(LoggedJob.of(known), id=job.id, name=job.name)
        else:
            return


def follow_build(
    requester: Requester,
    pipeline: str,
    number: int,
    *,
    pace: Pace,
    timeout: float | None,
    tail: int | None = None,
    jobs: JobSelection | None = None,
    focus: JobSelection | None = None,
    stored: bool = False,
    known: bool = False,
    on_build: Callable[[Build], None] | None = None,
    ends: bool = False,
) -> AsyncGenerator[LogLine | _EndOfLog, None]:
    """Yield the lines of the logs of all jobs, or of the selected ones, until the build ends or blocks.

    With `stored` those that the logs have now. `known` is as for `follow_job`, of the build. With `ends`
    the end of each log is yielded too. A log that can't be read is left out, and its error is raised at the end.
    """
    get_build = requester.module("builds", "get_build")
    events, organization = requester.events, requester.organization
    last: Build | None = None
    selected: set[str] = set()

    async def status(ends: float | None) -> _Status:
        nonlocal last
        build: Build = await requester.call_by(
            ends, get_build, requester.organization, pipeline, number, include_retried_jobs=True
        )
        last = build
        if on_build is not None:
            on_build(build)
        if events.wanted:
            events.emit(BuildSeen(organization, pipeline, number, build_state(build) or ""))
        pending = requester.recent_actions.pending((organization, pipeline, number), now=requester.runtime.now())
        over = stored or outcome_after(build, pending) is not None
        if jobs is not None and over:
            jobs.require_match(build)
        selected.update(job.id for job in build.jobs if jobs is None or jobs.matches(job))
        begun = [
            job for job in build.jobs if str(job.type) == "script" and job.started_at is not None and job.id in selected
        ]
        return _Status(
            build_state(build),
            [LoggedJob.of(job) for job in begun],
            ended={job.id for job in begun if over or is_job_over(job)},
            failed={job.id for job in begun if str(job.state) in FAILED_JOBS},
            focus=frozenset() if focus is None else {job.id for job in begun if focus.matches(job)},
            over=over,
        )

    def finished(seconds: float) -> None:
        if events.wanted:
            state, outcome = (None, None) if last is None else (build_state(last), outcome_of(last))
            events.emit(FollowFinished(organization, pipeline, number, state, outcome, seconds))

    name = f"Build {pipeline} #{number}"
    follower = _Follower(
        requester,
        status,
        lambda: name,
        pace=pace,
        timeout=timeout,
        tail=tail,
        known=known,
        finished=finished,
        leave_out=True,
    )
    return follower.lines_and_ends() if ends else follower.lines()


class _Finder(Protocol[T_co]):
    """Search of lines, or their groups: `LogSearch`, `LogGroups`."""

    def feed(self, line: LogLine) -> Sequence[T_co]: ...
    def finish(self, job_id: str | None = None) -> Sequence[T_co]: ...


async def found_in(
    lines: DetachedIterator[LogLine] | DetachedIterator[LogLine | _EndOfLog], finder: _Finder[T_co]
) -> AsyncGenerator[T_co, None]:
    """Yield what is found in lines, while they arrive. What a job ends with comes at the end of its log."""
    try:
        async for line in lines:
            for each in finder.finish(line.job_id) if isinstance(line, _EndOfLog) else finder.feed(line):
                yield each
        for each in finder.finish():
            yield each
    finally:
        await lines.aclose()


class _Follower:
    """Follower of all logs that a status names, until it is over and they are read to their ends."""

    def __init__(
        self,
        requester: Requester,
        status: Callable[[float | None], Coroutine[Any, Any, _Status]],
        name: Callable[[], str],
        *,
        pace: Pace,
        timeout: float | None,
        tail: int | None,
        stored: bool = False,
        required: bool = False,
        known: bool = False,
        finished: Callable[[float], None] = lambda _: None,
        leave_out: bool = False,
    ) -> None:
        """Create a follower.

        Args:
            requester: sends the requests.
            status: polls the status, by the end of the time allowed.
            name: returns the name of what is followed, for errors.
            pace, timeout, tail: as for `AsyncBuilds.follow`.
            stored: read the logs as they are now, and no further.
            required: raise an error if a job has no log.
            known: what is followed exists: the caller has it from an answer.
            finished: called at the end with the seconds that it took.
            leave_out: leave out a log that can't be read, and raise its error when the others were read.
        """
        self._requester = requester
        self._runtime = requester.runtime
        self._status = status
        self._name = name
        self._timeout = timeout
        self._tail = tail
        self._finished = finished
        self._ends: float | None = None
        self._pace = pace
        self._schedule = Schedule(pace)
        self._stored = stored
        self._required = required
        self._seen = _Status(None, [])
        self._logs: dict[str, JobLogReader] = {}
        """The readers of the logs that were not read to their ends."""
        self._read: set[str] = set()
        """The ids of the jobs whose logs were."""
        self._arriving: deque[JobLogReader] = deque()
        self._exists = known
        """True once it is known that what is followed exists."""
        self._last = False
        """True if the time allowed is over after the next round."""
        self._leave_out = leave_out
        self._left_out = LeftOutLogs(requester.events.emit)
        self._over_since: float | None = None
        """Time at which it was seen that nothing begins any more."""

    def lines(self) -> AsyncGenerator[LogLine, None]:
        """Yield the lines."""
        return cast("AsyncGenerator[LogLine, None]", self.lines_and_ends(ends=False))

    async def lines_and_ends(self, *, ends: bool = True) -> AsyncGenerator[LogLine | _EndOfLog, None]:
        """Yield the lines and, if asked for, the end of each log behind its last line."""
        runtime, schedule, arriving = self._runtime, self._schedule, self._arriving
        began = runtime.now()
        until = self._ends = None if self._timeout is None else began + self._timeout
        failures = _FailedPolls(self._requester, until, by_attempts=self._stored, leave_out=self._leave_out)
        try:
            while True:
                now = runtime.now()
                step = schedule.next(now, busy=[log.job_id for log in arriving])
                logs: Sequence[JobLogReader] = ()
                found: Sequence[Iterator[LogLine] | BuildkiteError] = ()
                if step.action == "end":
                    self._left_out.raise_first()
                    return
                if step.action == "status":
                    try:
                        await self._look(now)
                    except BuildkiteError as error:
                        schedule.postpone(now, failures.failed(_STATUS, error, seen=self._exists))
                    else:
                        failures.succeeded(_STATUS)
                elif step.action == "logs":
                    logs = [self._logs[log] for log in step.logs]
                    found = await runtime.map(self._poll, logs)
                    for log in logs:
                        schedule.polled(log.job_id, now, requests=log.requests, grew=log.grew)
                elif arriving:
                    logs = [arriving.popleft()]
                    found = [await self._more(logs[0])]
                else:
                    await self._sleep(step.seconds, failures)
                for line in self._lines_of(logs, found, failures, now):
                    if ends or not isinstance(line, _EndOfLog):
                        yield line
        except DeadlineExceeded:
            for log in self._logs.values() if self._seen.over else ():
                for line in log.end():  # what has arrived, and waited for more
                    yield line
                self._requester.events.emit(LogIncomplete(log.job_id, log.job.name, None))
            raise
        finally:  # also when the caller leaves the loop
            for log in self._logs.values():
                log.abandon()
            self._finished(runtime.now() - began)

    def _lines_of(
        self,
        logs: Sequence[JobLogReader],
        found: Sequence[Iterator[LogLine] | BuildkiteError],
        failures: _FailedPolls,
        now: float,
    ) -> Iterator[LogLine | _EndOfLog]:
        """Yield the lines that polls of logs have found, and note how far each log was read."""
        for log, lines in zip(logs, found, strict=True):
            if not isinstance(lines, BuildkiteError):
                yield from lines
            if log.arriving:
                self._arriving.append(log)
            elif log.complete:
                yield from log.end()
                yield _EndOfLog(log.job_id)
                self._complete(log, now)
            elif log.again is not None:
                self._schedule.delay(log.job_id, self._runtime.now() + log.again)
        for log, lines in zip(logs, found, strict=True):
            failure = lines if isinstance(lines, BuildkiteError) else log.lost
            if failure is None or log.grew:  # a log that arrives piece by piece can be read
                failures.succeeded(log.job_id)
            if failure is None:
                continue
            try:
                pause = failures.failed(log.job_id, failure, over_since=self._over_since)
            except _Unreadable:
                yield from log.end()
                yield _EndOfLog(log.job_id)
                self._note_left_out(log, failure, now)
            else:
                self._schedule.delay(log.job_id, self._runtime.now() + pause)

    async def _look(self, now: float) -> None:
        """Poll the status. It is read before the logs, so that the log of a finished job is complete."""
        seen = self._seen = await self._status(self._ends)
        self._exists = True
        if seen.over and self._over_since is None:
            self._over_since = self._runtime.now()
        for job in seen.jobs:
            if job.id in self._logs:
                self._logs[job.id].job = job
            elif job.id not in self._read:
                self._logs[job.id] = JobLogReader(
                    self._requester, job, last=self._tail, stored=self._stored, pace=self._pace.fastest / POLL_INTERVAL
                )
        self._tail = None  # logs that begin later are read from their beginning
        self._follow_unread(now)
        self._schedule.saw(now, over=seen.over)

    async def _poll(self, log: JobLogReader) -> Iterator[LogLine] | BuildkiteError:
        """Poll a log. Return an error that isn't one of all polls, which would end those beside it if it were raised."""
        try:
            return await log.poll(self._ends, over=log.job_id in self._seen.ended, last=self._last)
        except BuildkiteError as error:
            if self._ends_all(error):
                raise
            return error

    async def _more(self, log: JobLogReader) -> Iterator[LogLine] | BuildkiteError:
        """Return the next lines of an answer that is still arriving, or an error as `_poll` does."""
        try:
            return await log.more(self._ends)
        except DeadlineExceeded:
            raise
        except BuildkiteError as error:
            if self._ends_all(error):
                raise
            return error

    def _ends_all(self, error: BuildkiteError) -> bool:
        """Tell whether the error of one log ends all polls."""
        return not is_passing(error) and not (self._leave_out and is_of_one_log(error))

    def _note_left_out(self, log: JobLogReader, error: BuildkiteError, now: float) -> None:
        """Leave out a log that can't be read."""
        log.abandon()
        self._left_out.add(log.job_id, log.job.name, error)
        self._complete(log, now)

    def _follow_unread(self, now: float) -> None:
        seen = self._seen
        unread = [job.id for job in seen.jobs if job.id in self._logs]
        self._schedule.follow(
            now, unread[:1] if seen.in_turn else unread, ended=seen.ended, failed=seen.failed, focus=seen.focus
        )

    def _complete(self, log: JobLogReader, now: float) -> None:
        """Note that a log was read to its end."""
        if self._required and log.missing is not None:
            raise log.missing
        del self._logs[log.job_id]
        self._read.add(log.job_id)
        self._schedule.finished(log.job_id)
        if self._seen.in_turn:
            self._follow_unread(now)

    def _late(self) -> str:
        if self._seen.over:
            return f"{self._name()}: not all of its logs were read in {self._timeout:g} s. Allow more with timeout=."
        return (
            f"{self._name()} is still {in_state(self._seen.state)} after {self._timeout:g} s. It continues; only following it "
            "ended. Follow it again, or allow more with timeout=."
        )

    async def _sleep(self, seconds: float, failures: _FailedPolls) -> None:
        """Sleep until the next poll, or the last one in the time allowed."""
        left = None if self._ends is None else self._ends - self._runtime.now()
        if self._last or (left is not None and left <= 0):
            raise DeadlineExceeded(self._late()) from failures.error
        pause, self._last = next_pause(seconds, left)
        await self._requester.pause(pause)
        if self._last:
            self._schedule.hurry(self._runtime.now())


class _Unreadable(Exception):
    """Error for a log that can't be read, among others that can."""


class _FailedPolls:
    """Failures of the polls of logs, and of the build or the job.

    Without retries in the options of the client, the first one that passes ends the following.
    """

    def __init__(self, requester: Requester, ends: float | None, *, by_attempts: bool, leave_out: bool = False) -> None:
        """Create them.

        Args:
            requester: has the retry policy.
            ends: the end of the time allowed.
            by_attempts: bear as many errors in a row as the policy allows attempts.
            leave_out: a log that can't be read is left out, and ends nothing.
        """
        self._by_attempts = by_attempts
        self._leave_out = leave_out
        self._runtime = requester.runtime
        self._policy = requester.options.retry
        self._attempts = 1 if self._policy is None else self._policy.attempts
        self._limited = ends is not None
        self._failing: dict[str, _Failing] = {}

    @property
    def error(self) -> BuildkiteError | None:
        """An error of what fails now."""
        return next((failing.error for failing in self._failing.values()), None)

    def succeeded(self, subject: str) -> None:
        """Note that a poll of a log, or of the build, has succeeded."""
        self._failing.pop(subject, None)

    def failed(
        self, subject: str, error: BuildkiteError, *, seen: bool = True, over_since: float | None = None
    ) -> float:
        """Note that a poll has failed, and return the seconds until the next one.

        Args:
            subject: what was polled.
            error: the error of the poll.
            seen: as for `Patience.bears`.
            over_since: the time since which nothing but logs is waited for; None if it isn't so.

        Raises:
            BuildkiteError: `error`, since it isn't waited out.
            _Unreadable: the same, of a log that is left out.
        """
        now, policy = self._runtime.now(), self._policy
        failing = self._failing.setdefault(subject, _Failing(now, error))
        failing.error = error
        failing.count += 1
        over = not failing.patience.bears(error, now, seen=seen, limited=self._limited)
        over = over or (self._by_attempts and failing.count >= self._attempts)
        if self._leave_out and subject != _STATUS:
            if not is_passing(error):
                over = failing.count >= self._attempts
            elif over_since is not None and not isinstance(error, RateLimited | BudgetExhausted):
                over = over or now - max(over_since, failing.since) >= _LONGEST_UNREADABLE
            if over and (self._attempts > 1 or not is_passing(error)):
                self._failing.pop(subject)
                raise _Unreadable
        if over or policy is None or policy.attempts == 1:
            raise error
        pause = full_jitter(failing.count, base=policy.base, maximum=policy.maximum, random=policy.random())
        return max(pause, asked_pause(error))


@dataclass(slots=True)
class _Failing:
    """Failure in a row: its first time, its last error, its count, and the patience with it."""

    since: float
    error: BuildkiteError
    count: int = 0
    patience: Patience = field(default_factory=Patience)
