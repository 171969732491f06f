"""Engine: it creates builds, schedules their jobs, gives them to agents and finishes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from ...globs import branch_matches
from ...states import ACTIVE_JOBS, RUNNING_BUILDS, RUNNING_JOBS
from ...timestamps import to_millisecond
from ..behaviour.commands import CommandBehaviour
from ..behaviour.logs import compose
from ..behaviour.timing import Timing
from ..definition.steps import CommandStep, Step, TriggerStep
from ..state.builds import Annotation, Artifact, Build, BuildRequest, Job
from ..state.clusters import Agent, Queue
from ..state.organization import Organization
from ..state.pipelines import Pipeline
from ..state.states import JOB_WAITING
from ..state.users import User
from .administration import Administration
from .agent_pool import AgentPool, ReadyJobs
from .changes import AgentChanged, AnnotationChanged, ArtifactChanged, Changes
from .scheduler import Action, ScheduledAction, Scheduler
from .transitions import Transitions

__all__ = ["Engine"]

_MAX_TRIGGER_DEPTH = 10
"""Without a limit, a pipeline that triggers itself would create builds for ever."""

_UPLOAD_AT = 0.9
"""Fraction of a job's duration after which its artifacts are uploaded."""


class Engine:
    """Engine: the only writer of builds, jobs, agents, artifacts and annotations.

    Args:
        organization: the state that it changes.
        scheduler: its time and its next actions.
        pool: the agents that take jobs.
        timing: the durations of Buildkite's own steps.
        changes: receives an event for each change.
        timestamps: whether logs hold the time of each line.

    Attributes:
        administration: writes pipelines, clusters and queues.
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
        self._pool = pool
        self._timestamps = timestamps
        self._transitions = Transitions(organization, scheduler, changes)
        self._ready = ReadyJobs()
        self._actions: dict[str, list[ScheduledAction]] = {}
        self._wakes: dict[str, ScheduledAction] = {}

    # Time ----------------------------------------------------------------------------------------------------------

    @property
    def now(self) -> float:
        """Current time, at the precision that the API shows."""
        return to_millisecond(self.scheduler.now)

    @contextmanager
    def at(self, time: float) -> Iterator[None]:
        """Advance to a time for the actions of a `with` block, and deliver the events of these actions at its end."""
        while self.scheduler.run_next(time):
            self.changes.deliver()
        self.scheduler.advance(time)
        try:
            yield
        finally:
            self.changes.deliver()

    def drain(self) -> None:
        """Run all actions, however late they are due."""
        while self.scheduler.run_next(float("inf")):
            self.changes.deliver()

    def soon(self, seconds: float, action: Action) -> None:
        """Run an action after some seconds, or now where they are 0."""
        if seconds > 0:
            self.scheduler.after(seconds, action)
        else:
            action()

    # Builds and jobs -----------------------------------------------------------------------------------------------

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
        for step in pipeline.steps:
            self._add_jobs(build, step)
        self.soon(self.timing.creating, lambda: self._schedule(build))
        return build

    def cancel(self, build: Build, reason: str | None = None) -> None:
        """Cancel a build: its running jobs and its waiting jobs."""
        before, build.cancel_reason = build.cancel_reason, reason
        if build.state in ("running", "failing"):
            self._transitions.move_build(build, "canceling")
        for job in build.current_jobs:
            if job.state == "running":
                self._interrupt(job, "canceling", "canceled")
            elif job.state in ACTIVE_JOBS - RUNNING_JOBS or job.state in JOB_WAITING | {"blocked"}:
                self._finish(job, "canceled")
        if not any(job.running for job in build.current_jobs):
            self._transitions.move_build(build, "canceled")
        build.touch()
        if before != reason:
            self._transitions.build_changed(build, build.state)
        self._finish_trigger(build)
        self.dispatch()

    def retry(self, job: Job, *, by: User | None, kind: str = "manual") -> Job:
        """Create a job that replaces a finished one."""
        build = job.build
        new = self._new_job(build, job.step, job.behaviour, job.step_id, position=job.position)
        new.attempt = job.attempt + 1
        new.priority, new.parallel_index, new.retry_of = job.priority, job.parallel_index, job
        job.retried_in, job.retry_type, job.retried_by = new, kind, by
        build.current_jobs[job.position] = new
        build.touch()
        self._transitions.job_changed(job, job.state)
        self._transitions.job_changed(new, None)
        self._settle(build)
        return new

    def unblock(self, job: Job, by: User, answers: dict[str, str]) -> None:
        """Unblock a build. The answers of the form become its meta-data."""
        build = job.build
        job.unblocked_by, job.unblocked_at = by, self.now
        job.finished_at = self.now
        self._transitions.move_job(job, "unblocked")
        if answers:
            build.meta_data.update(answers)
            self._transitions.build_changed(build, build.state)
        self._settle(build)

    def reprioritize(self, job: Job, priority: int) -> None:
        """Set the priority of a job."""
        job.priority = priority
        if job in self._ready:
            self._ready.add(job)
        job.build.touch()
        self._transitions.job_changed(job, job.state)

    def delete_log(self, job: Job) -> None:
        """Delete the log of a job."""
        job.log.deleted = True
        self._transitions.job_changed(job, job.state)

    def _add_jobs(self, build: Build, step: Step) -> None:
        step_id = self.organization.ids.uuid()
        command = step if isinstance(step, CommandStep) else None
        behaviour = (build.pipeline.behaviours.get(command) if command else None) or CommandBehaviour()
        for index in range((command.parallelism or 1) if command else 1):
            job = self._new_job(build, step, behaviour, step_id, position=len(build.current_jobs))
            build.current_jobs.append(job)
            if command is not None:
                job.priority = command.priority
                job.parallel_index = index if command.parallelism else None
            self._transitions.job_changed(job, None)
            if command is None:
                continue
            if command.skip:
                self._finish(job, "skipped")
            elif command.branches is not None and not branch_matches(command.branches, build.request.branch):
                job.broken_reason = "branch_mismatch"
                self._finish(job, "broken")

    def _new_job(self, build: Build, step: Step, behaviour: CommandBehaviour, step_id: str, *, position: int) -> Job:
        job = Job(self.organization.ids.uuid(), step_id, step, behaviour, build, position, created_at=self.now)
        if isinstance(step, CommandStep):
            cluster = next(item for item in self.organization.clusters if item.id == build.pipeline.cluster_id)
            named = next((queue for queue in cluster.queues if queue.key == step.queue), None)
            job.queue = named or cluster.default_queue
        self.organization.add_job(job)
        return job

    def _schedule(self, build: Build) -> None:
        self._transitions.move_build(build, "scheduled")
        pipeline = build.pipeline
        skipped = ("scheduled",) if pipeline.skip_queued_branch_builds else ()
        canceled = ("running", "failing") if pipeline.cancel_running_branch_builds else ()
        others = self.organization.builds_of(pipeline).select(states=skipped + canceled, branches=(build.branch,))
        for other in others:
            if other is build:
                continue
            if other.state in skipped:
                self._skip(other)
            elif other.state in canceled:
                self.cancel(other, "A newer build of the branch has been created")
        self._settle(build)

    def _skip(self, build: Build) -> None:
        for job in build.current_jobs:
            if job.state in ACTIVE_JOBS or job.state in JOB_WAITING:
                self._finish(job, "skipped")
        self._transitions.move_build(build, "skipped")
        self._finish_trigger(build)

    def _settle(self, build: Build) -> None:
        """Move a build and its jobs to the states that follow from the states of its jobs."""
        for job in self._transitions.settle(build):
            self._later(self.timing.pickup, job, self._offer)
            if self.timing.expiry is not None and isinstance(job.step, CommandStep):
                self._later(self.timing.expiry, job, self._expire)
        self._finish_trigger(build)

    def _offer(self, job: Job) -> None:
        if isinstance(job.step, TriggerStep):
            self._trigger(job, job.step)
        else:
            self._ready.add(job)
            self.dispatch()

    def _expire(self, job: Job) -> None:
        job.expired_at = self.now
        self._finish(job, "expired")
        self._settle(job.build)

    def _assign(self, job: Job, agent: Agent) -> None:
        self._cancel_actions(job)
        if agent.job_id == job.id:
            self._agent_changed(agent, agent.connection_state)
        self._transitions.move_job(job, "assigned")
        self._later(self.timing.assigned, job, self._accept)

    def _accept(self, job: Job) -> None:
        self._transitions.move_job(job, "accepted")
        self._later(self.timing.accepted, job, self._start)

    def _start(self, job: Job) -> None:
        step, behaviour = job.command_step, job.behaviour
        assert step is not None
        started, duration = self.scheduler.now, behaviour.duration
        job.started_at = to_millisecond(started)
        job.log.begin(partial(compose, behaviour.log, started=started, duration=duration, timestamps=self._timestamps))
        self._transitions.move_job(job, "running")
        if behaviour.artifacts:
            self.scheduler.after(duration * _UPLOAD_AT, lambda: self._upload(job))
        if step.timeout is not None and step.timeout < duration:
            self._later(step.timeout, job, lambda job: self._interrupt(job, "timing_out", "timed_out"))
        else:
            self._later(duration, job, lambda job: self._exit(job, step))
        if job.build.state not in RUNNING_BUILDS:
            self._settle(job.build)

    def _exit(self, job: Job, step: CommandStep) -> None:
        job.exit_status = job.behaviour.exit_status(job.attempt)
        job.soft_failed = job.exit_status != 0 and step.allows_failure(job.exit_status)
        self._finish(job, "failed" if job.exit_status else "passed")
        if job.exit_status and job.attempt < step.automatic_retries:
            self.retry(job, by=None, kind="automatic")
        else:
            self._settle(job.build)
        self.dispatch()

    def _trigger(self, job: Job, step: TriggerStep) -> None:
        job.started_at = self.now
        self._transitions.move_job(job, "running")
        self._settle(job.build)
        target = self.organization.pipelines.get(step.pipeline)
        if target is None or job.build.depth >= _MAX_TRIGGER_DEPTH:
            self._finish(job, "failed")
        else:
            parent = job.build
            self.create(
                target,
                BuildRequest(
                    commit="HEAD", branch=step.branch or target.default_branch, message=parent.request.message
                ),
                source="trigger_job",
                creator=parent.creator,
                triggered_by=job,
                rehearsal=not parent.number,
            )
            if step.asynchronous:
                self._finish(job, "passed")
        self._settle(job.build)

    def _finish_trigger(self, build: Build) -> None:
        """Finish the trigger job that waits for a build, where the build is done."""
        job = build.triggered_by
        if job is None or job.state != "running" or not build.done:
            return
        if isinstance(job.step, TriggerStep) and not job.step.asynchronous:
            self._finish(job, "passed" if build.state in ("passed", "not_run") else "failed")
            self._settle(job.build)

    def _interrupt(self, job: Job, first: str, then: str) -> None:
        """Move a running job to the state `first` and, when it has stopped, to the state `then`."""
        self._cancel_actions(job)
        job.log.stop(self.scheduler.now)
        self._move_new_artifacts(job, "error")
        self._transitions.move_job(job, first)

        def stopped(job: Job) -> None:
            if job.command_step is not None:
                job.exit_status, job.signal, job.signal_reason = -1, "SIGTERM", "cancel"
            self._finish(job, then)
            self._settle(job.build)
            self.dispatch()

        self._later(self.timing.canceling, job, stopped)

    def _finish(self, job: Job, state: str) -> None:
        self._cancel_actions(job)
        job.log.stop(self.scheduler.now)
        job.finished_at = self.now
        self._move_new_artifacts(job, "finished")
        self._transitions.move_job(job, state)
        if job.agent is not None and job.agent.job_id == job.id:
            self._release(job.agent)

    def _later(self, seconds: float, job: Job, act: Callable[[Job], None]) -> None:
        """Let something happen to a job after some seconds, unless `_cancel_actions` is called before."""
        self._actions.setdefault(job.id, []).append(self.scheduler.after(seconds, lambda: act(job)))

    def _cancel_actions(self, job: Job) -> None:
        for action in self._actions.pop(job.id, ()):
            action.cancel()

    # Agents --------------------------------------------------------------------------------------------------------

    def dispatch(self) -> None:
        """Give the jobs that are ready to free agents, the highest priority first."""
        for job, agent in self._ready.assignments(self._pool):
            self._assign(job, agent)

    def connect_agent(self, name: str, queue: Queue) -> Agent:
        """Connect a new agent. It takes jobs at the next `dispatch`."""
        agent = self.organization.add_agent(name, queue, self.now)
        self._pool.freed(agent)
        self._agent_changed(agent, None)
        return agent

    def stop_agent(self, agent: Agent, *, force: bool) -> None:
        """Stop an agent: at once where it is idle, else after its job.

        Args:
            agent: the agent.
            force: whether the build of its job is canceled.
        """
        job = None if agent.job_id is None else self.organization.jobs[agent.job_id]
        if job is None:
            self._stop(agent)
            return
        before, agent.connection_state = agent.connection_state, "stopping"
        self._agent_changed(agent, before)
        if force:
            self.cancel(job.build)

    def pause_agent(self, agent: Agent, by: User, note: str | None, minutes: int) -> None:
        """Pause an agent for some minutes: it takes no jobs."""
        agent.paused_at, agent.paused_by = self.now, by
        agent.paused_note, agent.paused_timeout_in_minutes = note, minutes
        self._wakes[agent.id] = self.scheduler.after(minutes * 60, lambda: self.resume_agent(agent))
        self._agent_changed(agent, agent.connection_state)

    def resume_agent(self, agent: Agent) -> None:
        """Resume a paused agent."""
        self._clear_pause(agent)
        self._pool.freed(agent)
        self._agent_changed(agent, agent.connection_state)
        self.dispatch()

    def _release(self, agent: Agent) -> None:
        agent.job_id = None
        agent.last_job_finished_at = self.now
        if agent.connection_state == "stopping":
            self._stop(agent)
        else:
            self._pool.freed(agent)
            self._agent_changed(agent, agent.connection_state)

    def _stop(self, agent: Agent) -> None:
        before, agent.connection_state = agent.connection_state, "stopped"
        agent.disconnected_at = agent.stopped_at = self.now
        del self.organization.connected_agents[agent.id]
        self._clear_pause(agent)
        self._agent_changed(agent, before)

    def _clear_pause(self, agent: Agent) -> None:
        agent.paused_at = agent.paused_by = agent.paused_note = agent.paused_timeout_in_minutes = None
        if (wake := self._wakes.pop(agent.id, None)) is not None:
            wake.cancel()

    def _agent_changed(self, agent: Agent, before: str | None) -> None:
        if self.changes.wanted:
            self.changes.emit(AgentChanged(agent, before, agent.connection_state, self.now))

    # Artifacts and annotations -------------------------------------------------------------------------------------

    def delete_artifact(self, artifact: Artifact) -> None:
        """Delete an artifact."""
        self._move_artifact(artifact, "deleted")

    def annotate(
        self,
        build: Build,
        job: Job | None,
        context: str,
        body: str,
        *,
        style: str | None,
        priority: int | None,
        append: bool,
    ) -> Annotation:
        """Create the annotation of a context, or update it.

        Args:
            build: the build.
            job: the job; None for an annotation of the whole build.
            context: its context: a build and each of its jobs have one annotation of a context.
            body: its body.
            style: its style; None keeps it.
            priority: its priority; None keeps it.
            append: whether the body is added to the one that is there.
        """
        known = next((item for item in build.annotations if item.job is job and item.context == context), None)
        before = None if known is None else known.body
        if known is None:
            known = Annotation(self.organization.ids.uuid(), context, build, job, self.now, self.now)
            build.annotations.append(known)
        known.body = known.body + body if append else body
        known.style = style or known.style
        known.priority = priority or known.priority
        known.updated_at = self.now
        self._annotation_changed(known, before, known.body)
        return known

    def delete_annotation(self, annotation: Annotation) -> None:
        """Delete an annotation."""
        annotation.build.annotations.remove(annotation)
        self._annotation_changed(annotation, annotation.body, None)

    def _upload(self, job: Job) -> None:
        if job.state == "running":
            for path, data in job.behaviour.artifacts.items():
                artifact = Artifact(self.organization.ids.uuid(), job, path, data)
                self.organization.add_artifact(artifact)
                self._artifact_changed(artifact, None)

    def _move_new_artifacts(self, job: Job, state: str) -> None:
        for artifact in job.artifacts:
            if artifact.state == "new":
                self._move_artifact(artifact, state)

    def _move_artifact(self, artifact: Artifact, state: str) -> None:
        before, artifact.state = artifact.state, state
        if before != state:
            self._artifact_changed(artifact, before)

    def _artifact_changed(self, artifact: Artifact, before: str | None) -> None:
        if artifact.job.build.number and self.changes.wanted:
            self.changes.emit(ArtifactChanged(artifact, before, artifact.state, self.now))

    def _annotation_changed(self, annotation: Annotation, before: str | None, after: str | None) -> None:
        if self.changes.wanted:
            self.changes.emit(AnnotationChanged(annotation, before, after, self.now))
