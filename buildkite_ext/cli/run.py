"""`buildkite-ext run`: create a build, follow it, wait for it, fetch its artifacts, and say how it ended."""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from ..errors import AccessDenied, BuildkiteError, PipelineNotFound
from ..events import RetryScheduled
from ..logs.follow import POLL_INTERVAL as FOLLOW_INTERVAL
from ..watching.wait import POLL_INTERVAL as WAIT_INTERVAL
from ..watching.wait import failed_jobs, outcome_of
from .board import ServerTime, label_of
from .exit_codes import ExitCode
from .pacing import Pace, interval
from .problem import Problem, Terminated, problem
from .report import BlockStep, FailedJob, Report
from .safe_text import short
from .story import Story
from .streams import silence
from .tails import Tails, fetch_tail

if TYPE_CHECKING:
    from buildkite_api.models import Build, Job

    from ..client import BuildkiteClient
    from ..events import Event
    from ..logs.parser import LogLine
    from .connection import Connection
    from .order import Order
    from .render.view import View

MOST_TAILS = 5
"""Jobs whose logs are fetched for their last lines where nothing was followed."""


class Run:
    """One run, from the request to the report. Whatever happens on the way, there is a report."""

    def __init__(self, order: Order, connection: Connection, view: View) -> None:
        self._order = order
        self._connection = connection
        self._view = view
        self._story = Story(order=order, connection=connection)
        self._labels: dict[str, str] = {}
        self._tails = Tails()
        self._pace = Pace()

    def report(self) -> Report:
        """Do it all, and tell how it ended."""
        story = self._story
        try:
            with self._connection.client(self._event) as client:
                story.organization = client.options.organization
                self._create(client)
                self._watch(client)
                self._look_closer(client)
                return story.report(self._fetch(client) if self._order.artifacts else None)
        except KeyboardInterrupt:
            return story.left_by(ExitCode.INTERRUPTED, "Interrupted")
        except Terminated:
            return story.left_by(ExitCode.TERMINATED, "Terminated")
        except BrokenPipeError:
            silence(sys.stdout)
            return story.left_by(ExitCode.OUTPUT_CLOSED, "OutputClosed")
        except Exception as error:  # each becomes a paragraph and a code
            return story.report(story.explained(error))

    def _create(self, client: BuildkiteClient) -> None:
        order, story = self._order, self._story
        story.phase = "creating"
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
                story.known = tuple(sorted(pipeline.slug for pipeline in client.pipelines.list()))
            raise
        story.time = ServerTime(build.created_at)
        story.build = build
        story.phase = "watching"
        self._view.created(build, story.time, follow=order.follow)

    def _watch(self, client: BuildkiteClient) -> None:
        """Until the build ends or blocks."""
        story = self._story
        if not (self._order.follow and self._follow(client)):
            result = client.builds.wait(
                self._order.pipeline,
                story.number,
                timeout=story.left,
                poll_interval=self._interval(WAIT_INTERVAL),
            )
            story.build, story.outcome = result.build, result.outcome
        story.ended_after = story.time.elapsed
        story.phase = "ended"

    def _follow(self, client: BuildkiteClient) -> bool:
        """Show the logs; false where the token may not see them."""
        story = self._story
        lines = client.builds.follow(
            self._order.pipeline,
            story.number,
            poll_interval=self._interval(FOLLOW_INTERVAL),
            timeout=story.left,
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
            return False
        assert story.build is not None
        story.outcome = outcome_of(story.build)
        return story.outcome is not None

    def _look_closer(self, client: BuildkiteClient) -> None:
        """Which jobs broke the build, or block it."""
        story = self._story
        assert story.build is not None
        if story.outcome == "blocked":
            if not story.build.jobs:
                with suppress(BuildkiteError):  # the outcome is known without it
                    story.build = client.builds.get(self._order.pipeline, story.number)
            waiting = [job for job in story.build.jobs if str(job.type) == "manual" and str(job.state) == "blocked"]
            story.blocked = tuple(BlockStep.of(job) for job in waiting)
        if story.outcome == "failed":
            broken = failed_jobs(story.build)
            story.failed = tuple(
                FailedJob.of(job, self._tail(client, job, fetch=place < MOST_TAILS)) for place, job in enumerate(broken)
            )
        if not self._order.follow:
            self._view.seen(story.build)
        self._view.ended()

    def _fetch(self, client: BuildkiteClient) -> Problem | None:
        """Fetch the artifacts. Of a build that didn't pass as well: the reports of its failed tests, say."""
        order, story = self._order, self._story
        if story.outcome in ("skipped", "not_run"):
            return None  # it has none
        story.phase = "fetching"
        try:
            paths = client.artifacts.download_all(
                order.pipeline, story.number, *order.artifacts, to=order.to, progress=self._view.progress
            )
        except (BuildkiteError, OSError) as error:
            said = f"Build {story.name} has ended ({story.outcome}), but its artifacts weren't all fetched. {error}"
            return problem(ExitCode.ARTIFACTS, said, error)
        story.written = tuple(paths)
        self._view.fetched(story.written)
        if paths:
            return None
        said = f"No artifact of build {story.name} matches {', '.join(order.artifacts)}."
        if story.outcome != "passed":
            self._view.note(said)  # no wonder
            return None
        return problem(
            ExitCode.ARTIFACTS, f"{said} `*` stays within a folder, `**` goes through folders.", kind="NothingMatched"
        )

    def _seen(self, build: Build) -> None:
        """Another look at the build."""
        self._story.build = build
        self._labels.update((job.id, label_of(job)) for job in build.jobs)
        self._view.seen(build)
        if self._order.poll_interval is None and not self._connection.simulate and outcome_of(build) is None:
            rest, left = self._pace.rest(build, self._interval(FOLLOW_INTERVAL)), self._story.left
            time.sleep(rest if left is None else min(rest, left))

    def _line(self, line: LogLine) -> None:
        self._tails.add(line)
        self._view.line(self._labels.get(line.job_id) or short(line.job_name), line)

    def _tail(self, client: BuildkiteClient, job: Job, *, fetch: bool) -> tuple[str, ...]:
        tail = self._tails.of(job)
        if tail is None and fetch and self._order.last_lines:
            tail = fetch_tail(client, self._order.pipeline, self._story.number, job)
        return tail or ()

    def _event(self, event: Event) -> None:
        if isinstance(event, RetryScheduled) and event.pause >= 1:
            self._view.note(f"{event.method} {event.path}: {event.reason}. Trying again in {event.pause:.0f} s.")

    def _interval(self, usual: float) -> float:
        return interval(
            usual,
            wanted=self._order.poll_interval,
            timeout=self._order.timeout,
            simulate=self._connection.simulate,
        )
