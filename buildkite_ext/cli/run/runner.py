"""The execution of a run: create a build or find one, follow it, wait for it, and fetch its artifacts."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from ...errors import AccessDenied, BuildkiteError, NothingMatched, PipelineNotFound, UnsafePath
from ...events import LogIncomplete, LogRewritten
from ...states import blocking_jobs, failed_jobs, outcome_of
from ...watching.pacing import LONGEST_PAUSE as WAIT_INTERVAL
from ..exit_codes import ExitCode
from ..hints import in_options
from ..notes import note_of
from ..problem import Problem, Terminated, UsageError
from ..streams import clean, discard, output_failure, short
from .job_table import ServerTime, label_of
from .log_tails import LogTails, fetch_tail
from .result import BlockingStep, FailedStep, RunResult
from .state import RunState

if TYPE_CHECKING:
    from buildkite_api.models import Build, Job

    from ...artifacts.result import DownloadedFiles
    from ...artifacts.transfer import DownloadProgress
    from ...client import BuildkiteClient
    from ...events import Event
    from ...logs.parser import LogLine
    from ..build_choice import BuildChoice
    from ..connection import ConnectionOptions
    from .options import RunOptions

__all__ = ["Run", "RunView"]

_MOST_FETCHED_TAILS = 5
"""Jobs whose logs are fetched for their last lines if nothing was followed."""

_SIMULATOR_INTERVAL = 0.4
_SIMULATOR_REQUESTS = 6000
"""Requests a minute: the simulator has no limit of its own, and a build in it takes seconds."""


class RunView(Protocol):
    """An output format of a run. Methods are called in this order; `progress` and `note` from any thread."""

    def begun(self, build: Build, time: ServerTime, *, pipeline: str, follow: bool, new: bool = True) -> None:
        """Show that the build exists, or that it was created if it is new. Its jobs are shown only if it is followed."""
        ...

    def polled(self, build: Build) -> None:
        """Show the build at another poll."""
        ...

    def line(self, label: str, line: LogLine) -> None:
        """Show a line of a job's log."""
        ...

    def note(self, text: str) -> None:
        """Show a remark. The text isn't safe to print."""
        ...

    def ended(self) -> None:
        """Show that the build has ended, or is blocked."""
        ...

    def progress(self, progress: DownloadProgress) -> None:
        """Show the progress of a download."""
        ...

    def fetched(self, files: DownloadedFiles) -> None:
        """Show that all artifacts are there."""
        ...

    def finish(self, result: RunResult) -> None:
        """Show the result. Called exactly once."""
        ...

    def close(self) -> None:
        """Release the terminal. Calling it twice is allowed."""
        ...


class Run:
    """One execution of the command. It always has a result: errors and signals are part of it."""

    def __init__(self, options: RunOptions, connection: ConnectionOptions, view: RunView) -> None:
        self._options = options
        self._connection = connection
        self._view = view
        self._state = RunState(options=options, connection=connection, pipeline=options.pipeline)
        self._labels: dict[str, str] = {}
        self._tails = LogTails()
        self._incomplete: dict[str, str] = {}
        """The jobs whose logs weren't read to their ends, by their ids: their names."""
        self._late: set[str] = set()
        """The ids of those among them for which the time was too short."""

    def result(self) -> RunResult:
        """Run all of it, and return the result."""
        state = self._state
        try:
            with self._connection.client(self._on_event) as client:
                state.organization = client.options.organization
                if self._options.choice is None:
                    self._create(client)
                else:
                    self._find(client, self._options.choice)
                self._watch(client)
                self._examine(client)
                return state.result(self._fetch(client) if self._options.artifacts else None)
        except KeyboardInterrupt:
            return state.stopped(ExitCode.INTERRUPTED, "Interrupted")
        except Terminated:
            return state.stopped(ExitCode.TERMINATED, "Terminated")
        except Exception as error:  # each becomes a paragraph and a code
            failure = output_failure(error)
            if failure is not None:
                discard(sys.stdout)
            if failure == "closed":
                return state.stopped(ExitCode.OUTPUT_CLOSED, "OutputClosed")
            return state.result(state.explained(error))

    def _create(self, client: BuildkiteClient) -> None:
        options, state = self._options, self._state
        try:
            branch = options.branch or self._default_branch(client)
            state.phase = "creating"
            build = client.builds.create(
                options.pipeline,
                commit=options.commit,
                branch=branch,
                message=options.message,
                env=options.env or None,
                meta_data=options.meta_data or None,
            )
        except PipelineNotFound:
            if self._connection.simulate:
                state.known = tuple(sorted(pipeline.slug for pipeline in client.pipelines.list()))
            raise
        state.time = ServerTime(build.created_at)
        state.build = build
        state.phase = "watching"
        self._view.begun(build, state.time, pipeline=state.pipeline, follow=options.follow)
        if options.web:
            self._open_page(build)

    def _find(self, client: BuildkiteClient, choice: BuildChoice) -> None:
        options, state = self._options, self._state
        at = choice.find(client)
        state.pipeline = at.pipeline
        if options.retry:
            state.phase = "retrying"
            build = client.builds.retry_failed_jobs(at.pipeline, at.number, states=options.retry_states or None)
        else:
            build = client.builds.get(at.pipeline, at.number, exclude_pipeline=True)
        state.build = build
        state.retried = build if options.retry else None
        state.phase = "watching"
        self._view.begun(build, state.time, pipeline=state.pipeline, follow=True, new=False)

    def _default_branch(self, client: BuildkiteClient) -> str:
        self._state.phase = "preparing"
        pipeline = client.pipelines.get(self._options.pipeline)
        if not pipeline.default_branch:
            raise UsageError(
                f"missing option --branch: the pipeline {short(self._options.pipeline, 100)!r} has no default branch."
            )
        return pipeline.default_branch

    def _open_page(self, build: Build) -> None:
        """Open the build's page in a web browser. Its URL is Buildkite's, so that it could name a file or a program."""
        import webbrowser

        url = clean(build.web_url)
        if urlsplit(url).scheme not in ("http", "https") or not webbrowser.open(url):
            self._view.note(f"No web browser could be started for {url}")

    def _watch(self, client: BuildkiteClient) -> None:
        """Wait until the build ends or is blocked."""
        state = self._state
        if self._options.choice is not None:
            assert state.build is not None
            waited = client.builds.wait(
                state.pipeline,
                state.build,  # which was retried, so that its old end isn't taken for the new one
                timeout=state.left,
                poll_interval=self._interval(),
                until=self._shown,
            )
            state.build, state.outcome = waited.build, waited.outcome
        else:
            if self._options.follow:
                self._follow(client)
            assert state.build is not None
            if not self._options.follow or state.ended is None:
                waited = client.builds.wait(
                    state.pipeline,
                    state.build,  # which exists, so that a first answer that doesn't find it yet is waited out
                    timeout=state.left,
                    poll_interval=self._interval(),
                )
                state.build = waited.build
            state.outcome = outcome_of(state.build)
        state.ended_at = state.time.now()
        state.phase = "ended"

    def _shown(self, build: Build) -> bool:
        """Show a poll, and wait on."""
        self._on_poll(build)
        return False

    def _follow(self, client: BuildkiteClient) -> None:
        """Show the logs, until the build has ended and they were read, or they can't be read."""
        state = self._state
        assert state.build is not None
        lines = client.builds.follow(
            state.pipeline,
            state.build,
            poll_interval=self._interval(),
            timeout=state.left,
            max_requests_per_minute=_SIMULATOR_REQUESTS if self._connection.simulate else None,
            on_build=self._on_poll,
        )
        try:
            with lines:
                for line in lines:
                    self._on_line(line)
        except BuildkiteError as error:
            if isinstance(error, AccessDenied) and error.scope == "read_build_logs":
                self._view.note("The token lacks the scope read_build_logs, so no logs are shown.")
            elif state.ended is None:
                raise
            elif not self._incomplete:
                self._view.note(f"Not all logs were read. {in_options(str(error))}")
        if self._incomplete:
            self._view.note(state.incomplete_logs(list(self._incomplete.values())))

    def _examine(self, client: BuildkiteClient) -> None:
        """Find the jobs that made the build fail, or the steps that block it."""
        state = self._state
        assert state.build is not None
        if state.outcome == "blocked":
            state.blocked = tuple(BlockingStep.of(job) for job in blocking_jobs(state.build))
        if state.outcome == "failed":
            state.failed = tuple(
                FailedStep.of(job, self._tail(client, job, fetch=place < _MOST_FETCHED_TAILS))
                for place, job in enumerate(failed_jobs(state.build))
            )
        if self._options.choice is not None or not self._options.follow:
            self._view.polled(state.build)
        self._view.ended()

    def _fetch(self, client: BuildkiteClient) -> Problem | None:
        """Fetch the artifacts, also if the build failed: they may be the reports of its tests."""
        options, state = self._options, self._state
        if state.outcome in ("skipped", "not_run"):
            return None  # such a build has no artifacts
        state.phase = "fetching"
        lacking: NothingMatched | None = None
        download = partial(
            client.artifacts.download_all,
            state.pipeline,
            state.number,
            *options.artifacts,
            to=options.to,
            by_job=options.by_job,
            on_progress=self._view.progress,
        )
        try:
            try:
                paths = download()
            except NothingMatched as error:
                lacking = error
                paths = download(missing="ignore")
        except (BuildkiteError, OSError) as error:
            reason = str(error)
            if isinstance(error, UnsafePath):  # its advice is for callers of the library
                by_job = "" if options.by_job else ", or give --by-job for a folder a job"
                reason = f"{error.reason} Select other artifacts with --artifacts, name another folder in --to{by_job}."
            said = f"Build {state.name} has ended ({state.outcome}), but its artifacts weren't all fetched. {in_options(reason)}"
            return Problem.described(ExitCode.ARTIFACTS, said, error)
        state.written = tuple(paths)
        self._view.fetched(paths)
        if lacking is None:
            return None
        if state.outcome != "passed":
            self._view.note(lacking.reason)  # its jobs may have ended before they uploaded any
            return None
        return Problem.described(ExitCode.ARTIFACTS, lacking.reason, kind="NothingMatched")

    def _on_poll(self, build: Build) -> None:
        self._state.build = build
        self._labels.update((job.id, label_of(job)) for job in build.jobs)
        self._view.polled(build)

    def _on_line(self, line: LogLine) -> None:
        self._tails.add(line)
        self._view.line(self._labels.get(line.job_id) or short(line.job_name), line)

    def _tail(self, client: BuildkiteClient, job: Job, *, fetch: bool) -> tuple[str, ...]:
        tail = self._tails.of(job)
        if (tail is None or job.id in self._late) and fetch and self._options.last_lines:
            tail = fetch_tail(client, self._state.pipeline, self._state.number, job) or tail
        return tail or ()

    def _on_event(self, event: Event) -> None:
        note = note_of(event)
        if note is not None:
            self._view.note(note)
        if isinstance(event, LogIncomplete):
            self._incomplete[event.job] = self._labels.get(event.job) or short(event.name)
            if event.error is None:
                self._late.add(event.job)
        elif isinstance(event, LogRewritten) and not event.resumed:
            self._view.note(f"The log of job {event.name!r} was rewritten. It is shown again from its beginning.")

    def _interval(self) -> float | None:
        """Return the poll interval: the option's, and at least four polls within a timeout. None: the default."""
        chosen, timeout = self._options.poll_interval, self._options.timeout
        if chosen is None and self._connection.simulate:
            chosen = _SIMULATOR_INTERVAL
        if timeout is None or timeout / 4 >= (WAIT_INTERVAL if chosen is None else chosen):
            return chosen
        return max(0.05, timeout / 4)
