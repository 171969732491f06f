"""Waiting for jobs: of one or of many with one poll, through their retries.

A job that is retried has another id from then on. Its end isn't that of the wait: that goes on with the job that retries it, also
where the retry came by itself, by a user, or after the job had been seen to end.

https://buildkite.com/docs/apis/rest-api/jobs
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from .._sleeps import WaitEnd
from ..errors import BuildkiteError, DeadlineExceeded
from ..messages import in_state, job_name, shown
from ..states import FAILED_OUTCOMES, PASSED_OUTCOMES, UNREACHED_OUTCOMES, JobOutcome, job_outcome
from ..stores.recent_actions import PendingActions
from .outcome import outcome_after
from .pacing import next_interval, next_pause
from .patience import Patience, asked_pause

if TYPE_CHECKING:
    from buildkite_api.models import Build, Job

    from ..transport.requester import Requester

__all__ = ["JOB_POLL_INTERVAL", "JobResult", "JobWaitResult", "OnJobTimeout", "RetryChains", "wait_for_jobs"]

JOB_POLL_INTERVAL = 15.0
"""Seconds between two polls of jobs, once they have been waited for for a while: four requests a minute."""

OnJobTimeout = Literal["raise", "return"]

_FIRST_INTERVAL = 1.0
_MOST_ATTEMPTS = 100
"""Attempts of a job that are kept."""

_MOST_READS = 10
"""Jobs that one poll reads alone."""

_TOLD = 3
"""Limit on the jobs that a message tells."""


@dataclass(frozen=True, slots=True)
class JobResult:
    """Result of waiting for one job.

    Attributes:
        job: the job as it was last seen: the last attempt, if it was retried.
        outcome: `passed`, `failed`, `soft_failed`, `timed_out`, `canceled`, `expired`, `skipped`, `broken`, `not_run` or, for a
            block step, `unblocked`. None if the job hasn't ended, which is so after `on_timeout="return"` alone.
        attempts: the job that was asked for, and those that retried it one after another; `job` is the last one. Of more than
            100, the first and the last ones.
    """

    job: Job
    outcome: JobOutcome | None
    attempts: tuple[Job, ...]

    @property
    def passed(self) -> bool:
        """True if the job passed, or is a block step that was unblocked. A job that failed softly has not passed."""
        return self.outcome in PASSED_OUTCOMES


@dataclass(frozen=True, slots=True)
class JobWaitResult:
    """Result of waiting for jobs. It is true if all passed: `if buildkite.jobs.wait(job):`.

    Attributes:
        results: what became of each job, in the order in which they were asked for.
        requests: number of requests that the wait took.

    Example:
        >>> def retried(buildkite, build) -> list[str | None]:
        ...     result = buildkite.jobs.wait(build, job_ids=[job.id for job in build.jobs if job.type == "script"])
        ...     return [each.job.name for each in result.results if len(each.attempts) > 1]
    """

    results: tuple[JobResult, ...]
    requests: int

    def __bool__(self) -> bool:
        """Return `passed`."""
        return self.passed

    @property
    def passed(self) -> bool:
        """True if all jobs passed."""
        return all(result.passed for result in self.results)

    @property
    def finished(self) -> bool:
        """True if all jobs have ended."""
        return all(result.outcome is not None for result in self.results)

    @property
    def failed_jobs(self) -> list[Job]:
        """The jobs that failed, timed out, expired or were canceled. Those that failed softly are not among them."""
        return [result.job for result in self.results if result.outcome in FAILED_OUTCOMES]

    @property
    def job(self) -> Job:
        """The job, where one was waited for.

        Raises:
            ValueError: there were several: `results` holds them.
        """
        return self._only.job

    @property
    def outcome(self) -> JobOutcome | None:
        """The outcome of the job, where one was waited for.

        Raises:
            ValueError: there were several: `results` holds them.
        """
        return self._only.outcome

    @property
    def _only(self) -> JobResult:
        if len(self.results) != 1:
            raise ValueError(f"{len(self.results)} jobs were waited for: each is in .results")
        return self.results[0]


class RetryChains:
    """What has been seen of jobs and of the jobs that retried them. Other jobs of the build aren't kept.

    Args:
        ids: the ids of the jobs that are waited for.
    """

    def __init__(self, ids: Iterable[str]) -> None:
        self.pending = PendingActions()
        """What was done to the build lately, which its jobs may not show yet."""
        self.build_over = False
        """The last answer that showed the build has shown an end, which isn't that before a retry."""
        self._reopened = False
        self._chains: dict[str, dict[str, None]] = {identity: {identity: None} for identity in ids}
        """For each job, its id and those of its retries, in their order."""
        self._seen: dict[str, Job] = {}
        self._ended: set[str] = set()

    def see(self, jobs: Iterable[Job]) -> None:
        """Take what a poll of the build has shown."""
        self._see({job.id: job for job in jobs})

    def see_one(self, identity: str, job: Job) -> None:
        """Take the answer for one job. It may write the id in another way than the caller did."""
        self._see({identity: job})

    def _see(self, jobs: Mapping[str, Job]) -> None:
        seen = {**self._seen, **jobs}
        self._seen = {}
        for chain in self._chains.values():
            while True:
                last = seen.get(_last(chain))
                following = None if last is None else last.retried_in_job_id
                if following is None or following in chain:
                    break
                chain[following] = None
            kept = [identity for identity in chain if identity in seen]
            self._seen.update((identity, seen[identity]) for identity in (*kept[:1], *kept[1 - _MOST_ATTEMPTS :]))

    @property
    def unseen(self) -> list[str]:
        """The ids of last attempts that no poll has shown yet."""
        return [identity for identity in self.current if identity not in self._seen]

    @property
    def current(self) -> list[str]:
        """The ids of the last attempts."""
        return [_last(chain) for chain in self._chains.values()]

    def ended(self) -> bool:
        """Tell whether all jobs have ended for good. It is asked once after each poll.

        A job that ended in a way that a retry may follow is believed when a second poll still shows no retry.
        """
        for_good = True
        before, self._ended = self._ended, set()
        for identity in self.current:
            job = self._seen.get(identity)
            outcome = None if job is None else self._outcome(job)
            if outcome is None or (outcome in _RETRYABLE and identity not in before):
                for_good = False
            if outcome is not None:
                self._ended.add(identity)
        return for_good

    def over(self) -> bool:
        """Tell whether all jobs were seen to have ended, for good or not."""
        return all(identity in self._seen and self._outcome(self._seen[identity]) for identity in self.current)

    def results(self) -> tuple[JobResult, ...]:
        """Return what became of the jobs. The last attempt that was seen counts."""
        found = []
        for chain in self._chains.values():
            attempts = tuple(self._seen[identity] for identity in chain if identity in self._seen)
            outcome = self._outcome(attempts[-1]) if _last(chain) in self._seen else None
            found.append(JobResult(attempts[-1], outcome, attempts))
        return tuple(found)

    @property
    def started(self) -> bool:
        """True if each job was seen."""
        return all(identity in self._seen for identity in self._chains)

    @property
    def unreached(self) -> bool:
        """True if a job waits for the retry of another one, so that only the end of the build tells whether it runs."""
        jobs = [self._seen[identity] for identity in self.current if identity in self._seen]
        return self._reopened and any(job_outcome(job) in UNREACHED_OUTCOMES for job in jobs)

    def know(self, pending: PendingActions) -> None:
        """Take what was done to the build lately."""
        self.pending = pending
        self._reopened = self._reopened or bool(pending.reopenings)

    def _outcome(self, job: Job) -> JobOutcome | None:
        """Return the outcome of a job; None while it continues, or while its retry hasn't begun."""
        outcome = job_outcome(job)
        if self.pending.retries(job) or (self._reopened and not self.build_over and outcome in UNREACHED_OUTCOMES):
            return None
        return outcome

    def waiting(self) -> list[Job]:
        """Return the jobs that haven't ended."""
        return [result.job for result in self.results() if result.outcome is None]


def _last(chain: dict[str, None]) -> str:
    return next(reversed(chain))


_RETRYABLE: frozenset[str] = FAILED_OUTCOMES | {"soft_failed"}


class _Polls:
    """Polls of jobs, each of one or a few requests.

    Args:
        requester: sends the requests.
        pipeline, number: the build.
        chains: takes what the polls show.
        end: the end of the time allowed.

    Attributes:
        requests: the number of requests so far.
    """

    def __init__(self, requester: Requester, pipeline: str, number: int, chains: RetryChains, end: WaitEnd) -> None:
        self.requests = 0
        self._requester = requester
        self._at = requester.organization, pipeline, number
        self._chains = chains
        self._end = end

    async def poll(self) -> None:
        """Read one job by itself, and several with their build."""
        requester, chains = self._requester, self._chains
        chains.know(requester.recent_actions.pending(self._at, now=requester.runtime.now()))
        if len(chains.current) > 1:
            await self._read_build()
        else:
            await self._read(chains.current[0])
            if chains.unreached:
                await self._read_build()
        for _ in range(_MOST_READS):  # a retry that the build doesn't show yet, or an id that is none
            if not (unseen := chains.unseen):
                break
            await self._read(unseen[0])

    async def _read(self, identity: str) -> None:
        self.requests += 1
        get_job = self._requester.module("jobs", "get_build_job")
        organization, pipeline, number = self._at
        job: Job = await self._requester.call_by(self._end.at, get_job, organization, pipeline, number, identity)
        self._chains.see_one(identity, job)

    async def _read_build(self) -> None:
        self.requests += 1
        get_build = self._requester.module("builds", "get_build")
        organization, pipeline, number = self._at
        build: Build = await self._requester.call_by(
            self._end.at, get_build, organization, pipeline, number, include_retried_jobs=True, exclude_pipeline=True
        )
        self._chains.see(build.jobs)
        self._chains.build_over = outcome_after(build, self._chains.pending) is not None


async def wait_for_jobs(
    requester: Requester,
    pipeline: str,
    number: int,
    ids: Sequence[str],
    *,
    timeout: float | None,
    poll_interval: float = JOB_POLL_INTERVAL,
    on_timeout: OnJobTimeout = "raise",
    known: bool = False,
) -> JobWaitResult:
    """Poll jobs of a build until all have ended. See `AsyncJobs.wait`.

    One job is read by itself. Several are read with their build, so that their number doesn't matter.

    Args:
        requester: sends the requests.
        pipeline, number: the build.
        ids: the ids of the jobs.
        timeout, poll_interval, on_timeout: as for `AsyncJobs.wait`.
        known: the caller has the jobs from an answer. Then they exist, and a 404 passes for a while.
    """
    runtime = requester.runtime
    end = WaitEnd(runtime, timeout)
    chains = RetryChains(ids)
    polls = _Polls(requester, pipeline, number, chains, end)
    patience = Patience()
    interval = min(_FIRST_INTERVAL, poll_interval)
    last = False
    while True:
        failure: BuildkiteError | None = None
        try:
            await polls.poll()
        except BuildkiteError as error:
            if not patience.bears(error, runtime.now(), seen=known or chains.started, limited=timeout is not None):
                raise
            failure = error
        else:
            patience.succeeded()
            if chains.ended():
                return JobWaitResult(chains.results(), polls.requests)
        now, ends = runtime.now(), end.at
        left = None if ends is None else ends - now
        if last or (left is not None and left <= 0):
            if chains.over() or (on_timeout == "return" and chains.started):
                return JobWaitResult(chains.results(), polls.requests)
            raise DeadlineExceeded(_too_late(chains, f"{pipeline} #{number}", timeout or 0.0)) from failure
        if failure is None and chains.over():
            pause, last = next_pause(_FIRST_INTERVAL, left)
        else:
            pause, last = next_pause(interval if failure is None else max(interval, asked_pause(failure)), left)
            interval = next_interval(interval, poll_interval)
        await requester.pause(pause)


def _too_late(chains: RetryChains, build: str, timeout: float) -> str:
    if not chains.started:
        return f"Jobs of build {build} were not seen in {timeout:g} s, since no poll has succeeded. Wait again."
    jobs = chains.waiting()
    told = ", ".join(
        f"{shown(job_name(job))} is {in_state(job.state)}" + _although_over(job_outcome(job)) for job in jobs[:_TOLD]
    )
    more = "" if len(jobs) <= _TOLD else f", and {len(jobs) - _TOLD} more have not ended"
    return (
        f"Jobs of build {build} have not ended after {timeout:g} s: {told}{more}. They continue. Wait again, or pass "
        'on_timeout="return" for what is known.'
    )


def _although_over(outcome: JobOutcome | None) -> str:
    """Return why a job that seems to be over is waited for."""
    if outcome is None:
        return ""
    return ", and may still run" if outcome in UNREACHED_OUTCOMES else ", and its retry hasn't begun"
