"""Engine: it creates, cancels, retries and unblocks builds, and takes what their jobs trigger and upload."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import TypeVarTuple

from ...globs import branch_matches
from ...states import RUNNING_BUILDS
from ..behaviour.commands import Upload
from ..behaviour.timing import Timing
from ..definition.steps import TriggerStep
from ..state.builds import Build, BuildRequest, Job, StepUpload
from ..state.organization import Organization
from ..state.pipelines import Pipeline
from ..state.settings import PipelineSettings
from ..state.users import User
from .administration import Administration
from .administrative_changes import AdministrativeChanges
from .agent_pool import AgentPool
from .agents import AgentConnections
from .build_steps import NOT_BEGUN, BuildSteps
from .changes import Changes
from .concurrency import ConcurrencyGroups
from .contexts import environment
from .files import Files
from .progress import BuildProgress
from .scheduler import Scheduler
from .schedules import ScheduleAdministration
from .transitions import Transitions
from .uploads import read_upload, refusal

__all__ = ["Engine"]

T = TypeVarTuple("T")

_LONGEST_CHAIN = 10
"""Builds of which each triggers the next one. https://buildkite.com/docs/platform/limits"""


class Engine:
    """Engine: the only writer of builds and jobs.

    Args:
        organization: the state that it changes.
        scheduler: its time and its next actions.
        pool: the agents that take jobs.
        timing: the durations of Buildkite's own steps.
        changes: receives an event for each change.
        timestamps: whether logs hold the time of each line.

    Attributes:
        administration: writes pipelines, clusters and queues, and what else administrators change.
        schedules: writes schedules.
        agents: writes agents.
        files: writes artifacts and annotations.
    """

    def __init__(
        self,
        organization: Organization,
        scheduler: Scheduler,
        pool: AgentPool,
        timing: Timing,
        changes: Changes,
        *,
        timestamps: bool,
    ) -> None:
        self.organization = organization
        self.scheduler = scheduler
        self.timing = timing
        self.changes = changes
        self.administration = Administration(organization, scheduler, changes)
        self.schedules = ScheduleAdministration(
            organization, scheduler, AdministrativeChanges(organization, scheduler, changes), self._create_scheduled
        )
        self.agents = AgentConnections(
            organization, scheduler, changes, pool, cancel=self.cancel, dispatch=self.dispatch
        )
        self.files = Files(organization, scheduler, changes)
        self._transitions = Transitions(organization, scheduler, changes)
        self._concurrency = ConcurrencyGroups()
        self._progress = BuildProgress(
            organization,
            scheduler,
            timing,
            self._transitions,
            self._concurrency,
            agents=self.agents,
            files=self.files,
            changes=changes,
            timestamps=timestamps,
            upload=self._upload,
            trigger=self._trigger,
            retry=lambda job: self.retry(job, by=None, kind="automatic"),
            started=self._build_started,
            settled=self._finish_trigger,
        )
        self._steps = BuildSteps(
            organization,
            scheduler,
            self._transitions,
            self._concurrency,
            self._progress.finish,
            add_queue=partial(self.administration.clusters.add_queue, of_step=True),
        )

    # Time ----------------------------------------------------------------------------------------------------------

    @property
    def now(self) -> float:
        """Current time, at the precision that the API shows."""
        return self.scheduler.millisecond

    @contextmanager
    def at(self, time: float) -> Iterator[None]:
        """Advance to a time for the actions of a `with` block, and deliver the events of these actions at its end."""
        while self.scheduler.run_next(time):
            if self.changes.queued:
                self.changes.deliver()
        self.scheduler.advance(time)
        self.organization.drop_surplus()
        try:
            yield
        finally:
            self.organization.drop_surplus()
            self.changes.deliver()

    def drain(self) -> None:
        """Run all actions, however late they are due."""
        while self.scheduler.run_next(float("inf")):
            if self.changes.queued:
                self.changes.deliver()

    def soon(self, seconds: float, action: Callable[[*T], object], *arguments: *T) -> None:
        """Run an action with some arguments after some seconds, or now where they are 0."""
        if seconds > 0:
            self.scheduler.after(seconds, action, *arguments)
        else:
            action(*arguments)

    # Builds --------------------------------------------------------------------------------------------------------

    def create(
        self,
        pipeline: Pipeline,
        request: BuildRequest,
        *,
        source: str,
        creator: User,
        rebuilt_from: Build | None = None,
        triggered_by: Job | None = None,
        rehearsal: bool = False,
    ) -> Build:
        """Create a build of a pipeline. A rehearsal runs, but stands in no list and emits no events."""
        build = Build(
            id=self.organization.ids.uuid(),
            number=0 if rehearsal else pipeline.last_number + 1,
            pipeline=pipeline,
            request=request,
            source=source,
            creator=creator,
            created_at=self.now,
            meta_data=dict(request.meta_data),
            rebuilt_from=rebuilt_from,
            triggered_by=triggered_by,
        )
        if triggered_by is not None:
            triggered_by.triggered_build = build
        if not rehearsal:
            pipeline.last_number = build.number
            self.organization.add_build(build)
            build.touch()
        self._transitions.build_changed(build, None)
        if pipeline.template is None:
            self._steps.add(build, pipeline.steps, pipeline.groups)
        else:
            self._steps.add_template(build, pipeline.template)
        self.soon(self.timing.creating, self._schedule, build)
        return build

    def _create_scheduled(self, pipeline: Pipeline, request: BuildRequest, creator: User) -> None:
        self.create(pipeline, request, source="schedule", creator=creator)

    def delete_pipeline(self, pipeline: Pipeline, by: User) -> None:
        """Delete a pipeline with its schedules and builds. Those that run are canceled."""
        for build in list(self.organization.builds_of(pipeline).listed):
            if build.state == "creating":
                self._transitions.move_build(build, "scheduled")
            if not build.done:
                self.cancel(build)
        self.schedules.delete_of(pipeline, by)
        self.administration.delete_pipeline(pipeline, by)

    def cancel(self, build: Build, reason: str | None = None) -> None:
        """Cancel a build: its running jobs and its waiting jobs."""
        before, build.cancel_reason = build.cancel_reason, reason
        if build.state in RUNNING_BUILDS:
            self._transitions.move_build(build, "canceling")
        groups: set[str] = set()
        for job in build.current_jobs:
            if job.state == "running":
                self._progress.runner.interrupt(job, "canceling", "canceled")
            elif job.state in NOT_BEGUN:
                groups.update(self._progress.finish(job, "canceled"))
        if not any(job.running for job in build.current_jobs):
            self._transitions.move_build(build, "canceled")
        build.touch()
        if before != reason:
            self._transitions.build_changed(build, build.state)
        self._finish_trigger(build)
        self._progress.start_limited(groups)
        self.dispatch()

    def let_jobs_wait(self) -> None:
        """Let no job expire as the settings say, as in plans, and in builds of the past, which would end in the future."""
        self._progress.expiry = None

    def set_pipeline_settings(self, settings: PipelineSettings, by: User) -> None:
        """Change the settings of all pipelines. The new ones hold for jobs that wait for an agent, too."""
        self.administration.memberships.set_pipeline_settings(settings, by)
        if self._progress.expiry is not None:
            self._progress.expiry.settings_changed()

    def retry(self, job: Job, *, by: User | None, kind: str = "manual") -> Job:
        """Create a job that replaces a finished one."""
        return self.retry_all([job], by=by, kind=kind)[0]

    def retry_all(self, jobs: Iterable[Job], *, by: User | None, kind: str = "manual") -> list[Job]:
        """Create the jobs that replace finished ones, and let those of them start first whose turn is first."""
        retried = [self._retry(job, by, kind) for job in jobs]
        self._progress.run_jobs(retried)
        for build in dict.fromkeys(job.build for job in retried):
            self._progress.settle(build)
        return retried

    def _retry(self, job: Job, by: User | None, kind: str) -> Job:
        build, run = job.build, job.run
        cluster = self.organization.cluster_of(build.pipeline)
        new = self._steps.new_job(build, run, job.step, job.behaviour, cluster=cluster, position=job.position)
        new.attempt = job.attempt + 1
        new.priority, new.parallel_index, new.retry_of = job.priority, job.parallel_index, job
        new.rule_uses = job.rule_uses
        job.retried_in, job.retry_type, job.retried_by = new, kind, by
        self.organization.add_jobs(build, [new])
        self._transitions.replace(job, new)
        build.touch()
        self._progress.apply(build, build.graph.reopen(run.node))
        return new

    def unblock(self, job: Job, by: User, answers: Mapping[str, str]) -> None:
        """Unblock a build. The answers of the form become its meta-data."""
        build = job.build
        job.unblocked_by, job.unblocked_at = by, self.now
        job.finished_at = self.now
        self._transitions.move_job(job, "unblocked")
        if answers:
            build.meta_data.update(answers)
            self._transitions.build_changed(build, build.state)
        self._progress.apply(build, build.graph.finish(job.run.node, "passed"))
        self._progress.settle(build)

    def reprioritize(self, job: Job, priority: int) -> None:
        """Set the priority of a job."""
        self._concurrency.reprioritize(job, priority)
        if self.agents.waits(job):
            self.agents.offer(job)
        job.build.touch()
        self._transitions.job_changed(job, job.state)

    def delete_log(self, job: Job) -> None:
        """Delete the log of a job."""
        job.log.deleted = True
        self._transitions.job_changed(job, job.state)

    def expire(self, job: Job) -> None:
        """End a job that no agent has taken."""
        self._progress.expire(job)

    def dispatch(self) -> None:
        """Give the jobs that are ready to free agents, the highest priority first."""
        self._progress.dispatch()

    def cancel_job(self, job: Job) -> None:
        """Cancel a job alone, if it runs or waits."""
        self._progress.cancel(job)

    def skip_job(self, job: Job) -> None:
        """Let a job that was left out be skipped, as if a newer build had taken its place."""
        self._transitions.move_job(job, "skipped")

    def _schedule(self, build: Build) -> None:
        if build.state != "creating":
            return
        self._transitions.move_build(build, "scheduled")
        pipeline, branch = build.pipeline, build.branch
        if pipeline.skip_queued_branch_builds and _applies(pipeline.skip_queued_branch_builds_filter, branch):
            for other in self._older(build, ("scheduled",)):
                self._skip(other)
        if pipeline.ending == "skipped":
            self._skip(build)
            return
        self._progress.apply(build, build.graph.begin())
        self._transitions.let_wait(build)
        self._progress.settle(build)

    def _skip(self, build: Build) -> None:
        groups: set[str] = set()
        for job in build.current_jobs:
            if job.state in NOT_BEGUN:
                groups.update(self._progress.finish(job, "skipped"))
        self._transitions.move_build(build, "skipped")
        self._finish_trigger(build)
        self._progress.start_limited(groups)

    def _build_started(self, build: Build) -> None:
        """Let the start of a build cancel the older ones of its branch that run, if its pipeline is set so."""
        pipeline = build.pipeline
        if pipeline.cancel_running_branch_builds and _applies(
            pipeline.cancel_running_branch_builds_filter, build.branch
        ):
            self.scheduler.after(0, self._cancel_intermediate, build)  # not while agents take jobs

    def _cancel_intermediate(self, build: Build) -> None:
        for other in self._older(build, ("running", "failing", "blocked")):
            self.cancel(other, "A newer build of the branch has started")

    def _older(self, build: Build, states: tuple[str, ...]) -> list[Build]:
        """Return the builds of the branch of a build that are older than it and have one of some states."""
        found = self.organization.builds_of(build.pipeline).select(states=states, branches=(build.branch,))
        return [other for other in found if other.number < build.number]

    # Triggers and uploads ------------------------------------------------------------------------------------------

    def _trigger(self, job: Job, step: TriggerStep) -> None:
        job.started_at = self.now
        self._transitions.move_job(job, "running")
        self._progress.settle(job.build)
        if not job.build.pipeline.follows_triggers:
            self._progress.runner.later(job.behaviour.duration, job, self._end_unfollowed)
            return
        target = self.organization.pipelines.get(step.pipeline)
        if target is None:
            job.refused = f"there is no pipeline {step.pipeline!r}"
        elif target.refuses_builds:
            job.refused = f"the pipeline {step.pipeline!r} is archived"
        elif job.build.depth + 1 >= _LONGEST_CHAIN:
            job.refused = f"{_LONGEST_CHAIN} builds have triggered each other: Buildkite allows no longer chain"
        if target is None or job.refused is not None:
            job.soft_failed = step.allows_any_failure
            self._progress.end(job, "failed")
            return
        parent = job.build
        parent.awaits_builds = parent.awaits_builds or not step.asynchronous
        self.create(
            target,
            BuildRequest(
                commit=step.commit or "HEAD",
                branch=step.branch or target.default_branch,
                message=step.message or (step.label if step.label != step.pipeline else parent.request.message),
                env=dict(step.env),
                meta_data=dict(step.meta_data),
            ),
            source="trigger_job",
            creator=parent.creator,
            triggered_by=job,
            rehearsal=not parent.number,
        )
        if step.asynchronous:
            self._progress.end(job, "passed")
        else:
            self._progress.settle(parent)

    def _end_unfollowed(self, job: Job) -> None:
        """End a trigger job that creates no build, as its behaviour says."""
        assert isinstance(job.step, TriggerStep)
        failed = job.behaviour.exit_status(job.attempt) != 0
        job.soft_failed = failed and job.step.allows_any_failure
        self._progress.end(job, "failed" if failed else "passed")

    def _finish_trigger(self, build: Build) -> None:
        """Finish the trigger job that waits for a build, where the build is done."""
        job = build.triggered_by
        if job is None or job.state != "running" or not build.done or not isinstance(job.step, TriggerStep):
            return
        if job.step.asynchronous:
            return
        if build.state == "passed":
            self._progress.end(job, "passed")
        elif build.state == "skipped" or (build.state == "canceled" and build.cancel_reason is not None):
            self._progress.end(job, "skipped")  # a newer build took its place
        else:
            job.soft_failed = job.step.allows_any_failure
            self._progress.end(job, "failed")

    def _upload(self, job: Job, upload: Upload) -> str | None:
        """Add the steps that a job uploads, and return why they are refused; None if they are taken."""
        build, text = job.build, upload.text_of(job)
        read = read_upload(text, environment(job, self.organization.slug), interpolated=upload.interpolate)
        if isinstance(read, str):
            return read
        for definition in read:
            replaced = self._steps.replaceable(build, job) if upload.replace else []
            refused = refusal(build, definition, replaced, text)
            count = len(build.jobs)
            if refused is None:
                if replaced:
                    self._progress.start_limited(self._steps.remove(build, replaced), settling=build)
                    count = len(build.jobs)
                self._steps.add(build, definition.steps, definition.groups, job)
            created = len(build.jobs) - count
            upload_id = self.organization.ids.uuid()
            taken = StepUpload(upload_id, job, text, upload.replace, created, refused, self.now)
            build.step_uploads = (*build.step_uploads, taken)
            if refused is not None:
                return refused
            self._progress.apply(build, build.graph.begin())
            self._transitions.let_wait(build)
            build.touch()
        self._progress.settle(build)
        return None


def _applies(patterns: str | None, branch: str) -> bool:
    return patterns is None or branch_matches(patterns, branch)
