"""What makes builds go on: jobs are scheduled, are taken by agents, run and end, and their builds follow them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ..artifacts import Artifact
from ..behaviour.logs import compose
from ..behaviour.timing import Pace
from ..definition.steps import CommandStep, Step, TriggerStep
from ..globs import branch_allowed
from ..jobs import Job
from ..state.builds import Asked, Build
from ..state.organization import Organization
from ..state.pipelines import Pipeline
from ..state.users import User
from ..states import JOB_ACTIVE, JOB_RUNNING, JOB_WAITING
from ..times import stamp
from .agent_pool import Pool
from .scheduler import Timeline
from .transitions import settle

DEEPEST_TRIGGER = 10
"""A pipeline that triggers itself would go on for ever."""

UPLOADING = 0.9
"""The part of a job's time after which its artifacts begin to be uploaded."""


class Engine:
    """Runs builds on a timeline.

    Args:
        organization: where builds and jobs are filed.
        timeline: when things happen.
        pool: the agents that take jobs.
        pace: how long Buildkite's own steps take.
        timestamps: whether logs hold the time of each line.
    """

    def __init__(
        self, organization: Organization, timeline: Timeline, pool: Pool, pace: Pace, *, timestamps: bool
    ) -> None:
        self.organization = organization
        self.timeline = timeline
        self.pace = pace
        self._pool = pool
        self._timestamps = timestamps
        self._ready: list[Job] = []

    @property
    def now(self) -> float:
        """The hour, at the precision that the API shows."""
        return stamp(self.timeline.now)

    def create(
        self,
        pipeline: Pipeline,
        asked: Asked,
        *,
        source: str,
        creator: User,
        rebuilt_from: Build | None = None,
        triggered_by: Job | None = None,
        rehearsal: bool = False,
    ) -> Build:
        """A new build of the pipeline's template. A rehearsal runs without being filed anywhere."""
        build = Build(
            id=self.organization.ids.uuid(),
            number=0 if rehearsal else pipeline.last_number + 1,
            pipeline=pipeline,
            asked=asked,
            source=source,
            creator=creator,
            created_at=self.now,
            meta_data=dict(asked.meta_data),
            rebuilt_from=rebuilt_from,
            triggered_by=triggered_by,
        )
        if triggered_by is not None:
            triggered_by.triggered_build = build
        if not rehearsal:
            pipeline.last_number = build.number
            self.organization.file(build)
            pipeline.note(build)
        for step in pipeline.steps:
            self._fill(build, step)
        self.soon(self.pace.creating, lambda: self._schedule(build))
        return build

    def cancel(self, build: Build, reason: str | None = None) -> None:
        """End what runs and what waits."""
        build.cancel_reason = reason
        if build.state in ("running", "failing"):
            build.move("canceling", self.timeline.now)
        for job in build.slots:
            if job.state == "running":
                self._interrupt(job, "canceling", "canceled")
            elif job.state in JOB_ACTIVE - JOB_RUNNING or job.state in JOB_WAITING | {"blocked"}:
                self._end(job, "canceled")
        if not any(job.running for job in build.slots):
            build.move("canceled", self.timeline.now)
        build.touch()
        self._tell(build)
        self.dispatch()

    def retry(self, job: Job, *, by: User | None, kind: str = "manual") -> Job:
        """A new job in the place of one that has ended."""
        build = job.build
        new = self._job(build, job.step, job.step_id, slot=job.slot)
        new.attempt = job.attempt + 1
        new.priority, new.parallel_index, new.retry_of = job.priority, job.parallel_index, job
        job.retried_in, job.retry_type, job.retried_by = new, kind, by
        build.slots[job.slot] = new
        build.touch()
        self.settle(build)
        return new

    def unblock(self, job: Job, by: User, answers: dict[str, str]) -> None:
        """Somebody lets the build go on; the answers of the form become its meta-data."""
        job.unblocked_by, job.unblocked_at = by, self.now
        job.finished_at = self.now
        job.build.meta_data.update(answers)
        job.move("unblocked")
        self.settle(job.build)

    def settle(self, build: Build) -> None:
        """Let everything follow that follows from the states of the build's jobs."""
        for job in settle(build, self.timeline.now):
            self._later(self.pace.pickup, job, self._offer)
            if self.pace.expiry is not None and isinstance(job.step, CommandStep):
                job.expiry = self.timeline.after(self.pace.expiry, partial(self._expire, job))
        self._tell(build)

    def dispatch(self) -> None:
        """Give the jobs that are ready to agents that are free, the highest priority first."""
        self._ready = [job for job in self._ready if job.state == "scheduled"]
        for job in sorted(self._ready, key=lambda job: -job.priority):
            assert job.queue is not None
            if self._pool.give(job, job.queue) is not None:
                self._ready.remove(job)
                self._assign(job)

    def _fill(self, build: Build, step: Step) -> None:
        step_id = self.organization.ids.uuid()
        command = step if isinstance(step, CommandStep) else None
        for index in range((command.parallelism or 1) if command else 1):
            job = self._job(build, step, step_id, slot=len(build.slots))
            build.slots.append(job)
            if command is None:
                continue
            job.priority = command.priority
            job.parallel_index = index if command.parallelism else None
            if command.skip:
                self._end(job, "skipped")
            elif command.branches is not None and not branch_allowed(command.branches, build.asked.branch):
                job.broken_reason = "branch_mismatch"
                self._end(job, "broken")

    def _job(self, build: Build, step: Step, step_id: str, *, slot: int) -> Job:
        job = Job(self.organization.ids.uuid(), step_id, step, build, slot, created_at=self.now)
        if isinstance(step, CommandStep):
            cluster = next(item for item in self.organization.clusters if item.id == build.pipeline.cluster_id)
            named = next((queue for queue in cluster.queues if queue.key == step.queue), None)
            job.queue = named or cluster.default_queue
        self.organization.file_job(job)
        return job

    def _schedule(self, build: Build) -> None:
        build.move("scheduled", self.timeline.now)
        pipeline = build.pipeline
        for other in list(pipeline.under_way.values()):
            if other is build or other.asked.branch != build.asked.branch:
                continue
            if pipeline.skip_queued_branch_builds and other.state == "scheduled":
                self._skip(other)
            elif pipeline.cancel_running_branch_builds and other.state in ("running", "failing"):
                self.cancel(other, "A newer build of the branch has been created")
        self.settle(build)

    def _skip(self, build: Build) -> None:
        for job in build.slots:
            if job.state in JOB_ACTIVE or job.state in JOB_WAITING:
                self._end(job, "skipped")
        build.move("skipped", self.timeline.now)
        self._tell(build)

    def _offer(self, job: Job) -> None:
        if isinstance(job.step, TriggerStep):
            self._trigger(job, job.step)
        else:
            self._ready.append(job)
            self.dispatch()

    def _expire(self, job: Job) -> None:
        job.expired_at = self.now
        self._end(job, "expired")
        self.settle(job.build)

    def _assign(self, job: Job) -> None:
        job.call_off()
        job.move("assigned")
        self._later(self.pace.assigned, job, self._accept)

    def _accept(self, job: Job) -> None:
        job.move("accepted")
        self._later(self.pace.accepted, job, self._start)

    def _start(self, job: Job) -> None:
        step = job.command_step
        assert step is not None
        started = self.timeline.now
        job.started_at = stamp(started)
        job.log.begin(partial(compose, step.log, started=started, lasts=step.after, timestamps=self._timestamps))
        job.move("running")
        if step.artifacts:
            self.timeline.after(step.after * UPLOADING, lambda: self._upload(job, step))
        if step.timeout is not None and step.timeout < step.after:
            self._later(step.timeout, job, lambda job: self._interrupt(job, "timing_out", "timed_out"))
        else:
            self._later(step.after, job, self._finish)
        self.settle(job.build)

    def _upload(self, job: Job, step: CommandStep) -> None:
        if job.state == "running":
            for path, data in step.artifacts.items():
                self.organization.file_artifact(Artifact(self.organization.ids.uuid(), job, path, data))

    def _finish(self, job: Job) -> None:
        step = job.command_step
        assert step is not None
        job.exit_status = step.exit_status_of(job.attempt)
        job.soft_failed = job.exit_status != 0 and step.softens(job.exit_status)
        self._end(job, "failed" if job.exit_status else "passed")
        if job.exit_status and job.attempt < step.automatic_retries:
            self.retry(job, by=None, kind="automatic")
        else:
            self.settle(job.build)
        self.dispatch()

    def _trigger(self, job: Job, step: TriggerStep) -> None:
        job.started_at = self.now
        job.move("running")
        self.settle(job.build)
        target = self.organization.pipelines.get(step.pipeline)
        if target is None or job.build.depth >= DEEPEST_TRIGGER:
            self._end(job, "failed")
        else:
            parent = job.build
            asked = Asked(commit="HEAD", branch=step.branch or target.default_branch, message=parent.asked.message)
            self.create(
                target,
                asked,
                source="trigger_job",
                creator=parent.creator,
                triggered_by=job,
                rehearsal=not parent.number,
            )
            if not step.wait_for_it:
                self._end(job, "passed")
        self.settle(job.build)

    def _tell(self, build: Build) -> None:
        """The trigger step that waits for this build goes on when it is over."""
        job = build.triggered_by
        if job is None or job.state != "running" or not build.done:
            return
        if isinstance(job.step, TriggerStep) and job.step.wait_for_it:
            self._end(job, "passed" if build.state in ("passed", "not_run") else "failed")
            self.settle(job.build)

    def _interrupt(self, job: Job, meanwhile: str, finally_: str) -> None:
        job.call_off()
        job.log.stop(self.timeline.now)
        for artifact in job.artifacts:
            artifact.state = "error"
        job.move(meanwhile)

        def gone(job: Job) -> None:
            if job.command_step is not None:
                job.exit_status, job.signal, job.signal_reason = -1, "SIGTERM", "cancel"
            self._end(job, finally_)
            self.settle(job.build)
            self.dispatch()

        self._later(self.pace.canceling, job, gone)

    def _end(self, job: Job, state: str) -> None:
        job.call_off()
        job.log.stop(self.timeline.now)
        job.finished_at = self.now
        if job.agent is not None and job.agent.job is job:
            job.agent.release(self.now)
        for artifact in job.artifacts:
            if artifact.state == "new":
                artifact.state = "finished"
        job.move(state)

    def _later(self, seconds: float, job: Job, act: Callable[[Job], None]) -> None:
        """What happens to the job next, unless it is called off."""
        job.next_event = self.timeline.after(seconds, lambda: act(job))

    def soon(self, seconds: float, act: Callable[[], None]) -> None:
        """Now where no time passes before it."""
        if seconds > 0:
            self.timeline.after(seconds, act)
        else:
            act()
