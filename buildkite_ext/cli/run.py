"""`buildkite-ext run`: create a build, follow it, wait for it, fetch its artifacts, and say how it ended."""

from __future__ import annotations

import shlex
import sys
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ..config import DEFAULT_TIMEOUT
from ..errors import (
    AccessDenied,
    ApiError,
    BuildkiteError,
    ConnectionFailed,
    DeadlineExceeded,
    PipelineNotFound,
    ServerError,
)
from ..events import RetryScheduled
from ..logs.follow import POLL_INTERVAL as FOLLOW_INTERVAL
from ..logs.lines import LineParser
from ..waiting import FINISHED_JOBS, failed_jobs, outcome_of
from ..waiting import POLL_INTERVAL as WAIT_INTERVAL
from .board import ServerTime, label_of
from .connection import Connection
from .exit_codes import ExitCode, exit_code_of
from .problem import Problem, Terminated, problem, problem_of
from .report import BlockStep, FailedJob, Report
from .safe_text import clean, log_text, short
from .streams import silence

if TYPE_CHECKING:
    from buildkite_api.models import Build, Job

    from ..artifacts import DownloadProgress
    from ..client import BuildkiteClient
    from ..events import Event
    from ..logs.lines import LogLine
    from ..waiting import Outcome
    from .render.view import View

LAST_LINES = 10
"""How much of a failed job's log is repeated at the end."""

MOST_LOGS = 5
LARGEST_LOG = 1024 * 1024
"""Logs that weren't followed are fetched for their last lines: of so many jobs, and up to so many bytes."""

SIMULATED_INTERVAL = 0.4

BUDGET = 40
"""Requests a minute that following may cost. Buildkite allows a user 50, and there may be other programs:
https://buildkite.com/docs/apis/rest-api/rate-limits"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be run.

    Attributes:
        pipeline, branch, commit, message, env, meta_data: the build to create.
        artifacts: globs of the artifacts to fetch; none for no artifacts.
        to: the folder they go to.
        timeout: seconds to wait for the build; None for as long as it takes.
        poll_interval: seconds between two looks; None for what suits.
        follow: whether to show logs.
        last_lines: whether to repeat the last lines of failed jobs' logs.
    """

    pipeline: str
    branch: str
    commit: str = "HEAD"
    message: str | None = None
    env: Mapping[str, str]
    meta_data: Mapping[str, str]
    artifacts: tuple[str, ...] = ()
    to: Path = Path()
    timeout: float | None = None
    poll_interval: float | None = None
    follow: bool = True
    last_lines: bool = True


class Stopped(Exception):
    """Ends a download that nobody waits for any more. Never reaches a user."""


class Run:
    """One run, from the request to the report. Whatever happens on the way, there is a report."""

    def __init__(self, order: Order, connection: Connection, view: View) -> None:
        self._order = order
        self._connection = connection
        self._view = view
        self._phase: Literal["before", "creating", "watching", "fetching"] = "before"
        self._organization: str | None = None
        self._build: Build | None = None
        self._time = ServerTime(None)
        self._ended_after: float | None = None
        self._labels: dict[str, str] = {}
        self._tails: dict[str, deque[str]] = {}
        self._over: set[str] = set()
        self._failed: tuple[FailedJob, ...] = ()
        self._blocked: tuple[BlockStep, ...] = ()
        self._written: tuple[Path, ...] = ()
        self._known: list[str] = []
        self._stopped = False

    def report(self) -> Report:
        """Do it all, and tell how it ended."""
        try:
            with self._connection.client(self._event) as client:
                self._organization = client.config.organization
                return self._through(client)
        except KeyboardInterrupt:
            return self._left(ExitCode.INTERRUPTED, "Interrupted")
        except Terminated:
            return self._left(ExitCode.TERMINATED, "Terminated")
        except BrokenPipeError:
            silence(sys.stdout)
            return self._left(ExitCode.OUTPUT_CLOSED, "OutputClosed")
        except Exception as error:  # each becomes a paragraph and a code
            return self._report(self._explained(error))

    def _through(self, client: BuildkiteClient) -> Report:
        self._create(client)
        outcome = self._watch(client)
        trouble = self._fetch(client, outcome) if self._order.artifacts else None
        return self._report(trouble, outcome)

    def _create(self, client: BuildkiteClient) -> None:
        order = self._order
        self._phase = "creating"
        try:
            build = client.builds.create(
                order.pipeline,
                commit=order.commit,
                branch=order.branch,
                message=order.message,
                env=order.env or None,
                meta_data=order.meta_data or None,
            )
        except PipelineNotFound:
            if self._connection.simulate:
                self._known = sorted(pipeline.slug for pipeline in client.pipelines.list())
            raise
        self._time = ServerTime(build.created_at)
        self._build = build
        self._phase = "watching"
        self._view.created(build, self._time, follow=order.follow)

    def _watch(self, client: BuildkiteClient) -> Outcome:
        """Show the build until it ends or blocks, and find out what there is to say about that."""
        outcome = self._follow(client) if self._order.follow else None
        if outcome is None:
            outcome = self._wait(client)
        self._ended_after = self._time.elapsed
        build = self._must()
        if outcome == "blocked":
            if not build.jobs:
                build = self._build = client.builds.get(self._order.pipeline, build.number)
            waiting = [job for job in build.jobs if str(job.type) == "manual" and str(job.state) == "blocked"]
            self._blocked = tuple(BlockStep.of(job) for job in waiting)
        if outcome == "failed":
            broken = failed_jobs(build)
            self._failed = tuple(FailedJob.of(job, self._last_lines(client, job, at)) for at, job in enumerate(broken))
        if not self._order.follow:
            self._view.seen(build)
        self._view.ended()
        return outcome

    def _follow(self, client: BuildkiteClient) -> Outcome | None:
        """How the build ended; None where the token may not see logs."""
        order = self._order
        lines = client.builds.follow(
            order.pipeline,
            self._must().number,
            poll_interval=self._interval(FOLLOW_INTERVAL),
            timeout=self._left_over(),
            on_build=self._seen,
        )
        try:
            with lines:
                for line in lines:
                    self._line(line)
        except AccessDenied as error:
            if error.scope != "read_build_logs":
                raise
            self._view.note("The token lacks the scope read_build_logs, so no logs are shown.")
            return None
        return outcome_of(self._must())

    def _wait(self, client: BuildkiteClient) -> Outcome:
        result = client.builds.wait(
            self._order.pipeline,
            self._must().number,
            timeout=self._left_over(),
            poll_interval=self._interval(WAIT_INTERVAL),
        )
        self._build = result.build
        return result.outcome

    def _fetch(self, client: BuildkiteClient, outcome: Outcome) -> Problem | None:
        """Fetch the artifacts. Of a build that didn't pass as well: the reports of its failed tests, say."""
        if outcome in ("skipped", "not_run"):
            return None  # it has none
        order = self._order
        self._phase = "fetching"
        globs = ", ".join(order.artifacts)
        try:
            paths = client.artifacts.download_all(
                order.pipeline, self._must().number, *order.artifacts, to=order.to, progress=self._progress
            )
        except (BuildkiteError, OSError) as error:
            said = f"Build {self._name()} has ended ({outcome}), but its artifacts weren't all fetched. {error}"
            return problem(ExitCode.ARTIFACTS, said, error)
        self._written = tuple(paths)
        self._view.fetched(self._written)
        if paths:
            return None
        said = f"No artifact of build {self._name()} matches {globs}."
        if outcome != "passed":
            self._view.note(said)  # no wonder
            return None
        return problem(
            ExitCode.ARTIFACTS, f"{said} `*` stays within a folder, `**` goes through folders.", kind="NothingMatched"
        )

    def _seen(self, build: Build) -> None:
        self._build = build
        self._labels.update((job.id, label_of(job)) for job in build.jobs)
        self._view.seen(build)
        self._pace(build)

    def _pace(self, build: Build) -> None:
        """Rest before the logs are read where a look at all of them every few seconds would cost more than the budget."""
        if self._order.poll_interval is not None or self._connection.simulate or outcome_of(build) is not None:
            return
        read = [
            job
            for job in build.jobs
            if str(job.type) == "script" and job.started_at is not None and job.id not in self._over
        ]
        self._over.update(job.id for job in read if str(job.state) in FINISHED_JOBS)
        rest = (1 + len(read)) * 60 / BUDGET - self._interval(FOLLOW_INTERVAL)
        left = self._left_over()
        if rest > 0:
            time.sleep(rest if left is None else min(rest, left))

    def _line(self, line: LogLine) -> None:
        tail = self._tails.setdefault(line.job_id, deque(maxlen=LAST_LINES))
        text = log_text(line.text)
        if text.strip():
            tail.append(text)
        self._view.line(self._labels.get(line.job_id) or short(line.job_name), line)

    def _last_lines(self, client: BuildkiteClient, job: Job, place: int) -> tuple[str, ...]:
        if job.id in self._tails:
            return tuple(self._tails[job.id])
        if not self._order.last_lines or place >= MOST_LOGS or str(job.type) != "script":
            return ()
        where = (self._order.pipeline, self._must().number, job.id)
        try:
            if not 0 < client.jobs.log_size(*where) <= LARGEST_LOG:
                return ()
            parser = LineParser(job.id, "")
            lines = [*parser.feed(client.jobs.log_text(*where).encode()), *parser.finish()]
        except BuildkiteError:
            return ()  # an extra: the build's outcome stands without it
        return tuple([log_text(line.text) for line in lines if line.text.strip()][-LAST_LINES:])

    def _progress(self, progress: DownloadProgress) -> None:
        if self._stopped:
            raise Stopped
        self._view.progress(progress)

    def _event(self, event: Event) -> None:
        if isinstance(event, RetryScheduled) and event.pause >= 1:
            self._view.note(f"{event.method} {event.path}: {event.reason}. Trying again in {event.pause:.0f} s.")

    def _interval(self, usual: float) -> float:
        wanted = self._order.poll_interval
        if wanted is None:
            wanted = SIMULATED_INTERVAL if self._connection.simulate else usual
        # Whoever waits for little time wants more than one look in it.
        return wanted if self._order.timeout is None else min(wanted, max(0.05, self._order.timeout / 4))

    def _left_over(self) -> float | None:
        timeout = self._order.timeout
        return None if timeout is None else max(0.01, timeout - self._time.elapsed)

    def _must(self) -> Build:
        assert self._build is not None
        return self._build

    def _report(self, trouble: Problem | None, outcome: Outcome | None = None) -> Report:
        code = ExitCode.PASSED
        if outcome is not None:
            code = exit_code_of(outcome)
        if trouble is not None and code == ExitCode.PASSED:
            code = trouble.code
        return Report(
            code=code,
            pipeline=self._order.pipeline,
            organization=self._organization,
            build=self._build,
            outcome=outcome,
            failed=self._failed,
            blocked=self._blocked,
            artifacts=self._written,
            elapsed=self._time.elapsed if self._ended_after is None else self._ended_after,
            problem=trouble,
        )

    def _left(self, code: ExitCode, kind: str) -> Report:
        """The report of a run that was stopped from outside. The build is left alone."""
        self._stopped = True
        return self._report(problem(code, self._stopping(), kind=kind))

    def _stopping(self) -> str:
        match self._phase:
            case "before":
                return "Stopped. Nothing was sent."
            case "creating":
                return (
                    "Stopped while the build was being created: it may exist. Look at the pipeline's builds before you create "
                    "another."
                )
            case "watching":
                return f"Stopped following. {self._goes_on()}"
            case "fetching":
                return f"Stopped fetching artifacts. Build {self._name()} has ended: {clean(self._must().web_url)}"

    def _explained(self, error: Exception) -> Problem:
        """What an error means at this point of the run."""
        if not isinstance(error, BuildkiteError):
            return self._with_advice(problem_of(error))
        if self._phase == "creating" and _certainly_nothing(error):
            hint = f"\nThe embedded simulator has the pipelines {', '.join(self._known)}." if self._known else ""
            return problem(ExitCode.API_ERROR, f"No build was created. {error}{hint}", error)
        if self._phase != "watching":
            return problem_of(error)
        if isinstance(error, DeadlineExceeded) and self._order.timeout is not None:
            left = self._order.timeout - self._time.elapsed
            if left < DEFAULT_TIMEOUT:  # which one call has at the most, so it was --timeout that ended it
                said = f"The {self._order.timeout:g} s of --timeout are over"
                if left > 2 * self._interval(WAIT_INTERVAL):
                    said += f" before the next attempt, which is due later. {error}"
                return problem(ExitCode.TIMEOUT, f"{said.rstrip('.')}. {self._goes_on()}", error)
        return self._with_advice(problem(ExitCode.API_ERROR, f"The build can't be followed any more. {error}", error))

    def _with_advice(self, trouble: Problem) -> Problem:
        if self._phase != "watching":
            return trouble
        return Problem(trouble.code, trouble.kind, f"{trouble.text}\n{self._goes_on()}", trouble.cause)

    def _goes_on(self) -> str:
        if self._connection.simulate:
            return f"Build {self._name()} ends with the embedded simulator, now."
        words = ["buildkite-ext", "cancel", self._order.pipeline, str(self._must().number), *self._connection.options]
        return (
            f"Build {self._name()} still runs: {clean(self._must().web_url)}\n"
            f"This cancels it: {' '.join(shlex.quote(clean(word)) for word in words)}"
        )

    def _name(self) -> str:
        return f"{short(self._order.pipeline, 100)} #{self._must().number}"


def _certainly_nothing(error: BuildkiteError) -> bool:
    """Whether a failed creation has created nothing for sure."""
    return isinstance(error, ConnectionFailed) or (isinstance(error, ApiError) and not isinstance(error, ServerError))
