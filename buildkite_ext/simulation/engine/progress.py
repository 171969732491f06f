"""Progress of builds: which steps begin, when their jobs are offered to agents, and what follows from the end of a job."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from ...states import FINISHED_BUILDS, RUNNING_BUILDS
from ..behaviour.commands import Upload
from ..behaviour.timing import Timing
from ..definition.steps import BlockStep, CommandStep, TriggerStep, WaitStep
from ..state.builds import Build, Job, StepRun
from ..state.graph import Effect
from ..state.organization import Organization
from ..state.states import JOB_OVER
from .agents import AgentConnections
from .build_steps import NOT_BEGUN
from .changes import Changes
from .concurrency import ConcurrencyGroups
from .deadlocks import Deadlock, deadlock_of
from .expiry import JobExpiry
from .files import Files
from .job_runner import JobRunner
from .scheduler import Scheduler
from .transitions import Transitions, derived_state

__all__ = ["BuildProgress"]

_NEVER_READY = "steps waited for a key that no step has, or for each other"
_ENDING = FINISHED_BUILDS | {"canceling"}
"""States of builds in which no further step begins."""

_ENDED = JOB_OVER - {"waiting_failed", "blocked_failed"}
"""States of jobs that don't begin with their step."""

_UNSETTLED = frozenset({"creating", "canceled", "skipped", "not_run"})
"""States of builds that don't follow from the states of their jobs."""


class BuildProgress:
    """Progress of builds, from step to step.

    Args:
        organization: the organization of the builds.
        scheduler: knows the time, and offers jobs to agents later.
        timing: the durations of Buildkite's own steps.
        transitions: moves the builds and jobs.
        concurrency: the concurrency groups of the jobs.
        agents: the agents that take the jobs.
        files: the artifacts of the jobs.
        changes: tells whether anybody listens.
        timestamps: whether logs hold the time of each line.
        upload: takes the steps that a job uploads, and returns why they are refused, or None.
        trigger: begins a trigger step that has become ready.
        retry: retries a job, as a rule of its step says.
        started: called when a build has started.
        settled: called when a build that a job has triggered may be done.

    Attributes:
        runner: runs the jobs that agents have taken.
        expiry: lets jobs expire that no agent takes; None where they wait.
    """

    def __init__(
        self,
        organization: Organization,
        scheduler: Scheduler,
        timing: Timing,
        transitions: Transitions,
        concurrency: ConcurrencyGroups,
        *,
        agents: AgentConnections,
        files: Files,
        changes: Changes,
        timestamps: bool,
        upload: Callable[[Job, Upload], str | None],
        trigger: Callable[[Job, TriggerStep], object],
        retry: Callable[[Job], object],
        started: Callable[[Build], object],
        settled: Callable[[Build], object],
    ) -> None:
        self._scheduler = scheduler
        self._timing = timing
        self._transitions = transitions
        self._concurrency = concurrency
        self._agents = agents
        self._trigger = trigger
        self._retry = retry
        self._started = started
        self._settled = settled
        self._entered: set[str] = set()
        """Concurrency groups in which jobs have become ready, and none has been started since."""
        self._ready: list[Job] = []
        self._ready_at: float | None = None
        """Jobs that became ready for an agent at one moment, and that moment; None once they have been offered."""
        self._stuck: list[Build] = []
        """Builds of which it has to be found out whether they wait for each other."""
        self.runner = JobRunner(
            scheduler,
            timing,
            transitions,
            agents,
            files,
            organization=organization,
            changes=changes,
            timestamps=timestamps,
            upload=upload,
            started=self._settle_started,
            ended=self._command_ended,
        )
        self.expiry: JobExpiry | None = None
        if timing.expiry is None:
            self.expiry = JobExpiry(organization, scheduler, waiting=agents.waiting, expire=self.expire)

    # Steps ---------------------------------------------------------------------------------------------------------

    def apply(self, build: Build, effects: Iterable[Effect]) -> None:
        """Move the jobs of steps as the graph says, and note what follows from their ends."""
        pending = list(effects)
        groups: set[str] = set()
        for effect in pending:
            run = build.runs[effect.node]
            if effect.to == "ready":
                pending += self._begin(build, run)
                continue
            for job in build.jobs_of(run):
                if effect.to == "waiting":
                    if job.state in ("unblocked", "unblocked_failed"):
                        self._transitions.move_job(job, "unblocked")
                    elif job.state != "broken":
                        self._transitions.move_job(job, "waiting")
                        self._concurrency.enter(job)
                elif job.state == "unblocked":
                    self._transitions.move_job(job, "unblocked_failed")
                elif not job.over:
                    unmet = "blocked_failed" if isinstance(job.step, BlockStep) else "waiting_failed"
                    self._transitions.move_job(job, unmet)
                    groups.update(self._leave(job))
        if self._entered:
            self._start_entered()
        if groups:
            self.start_limited(groups, settling=build)

    def _begin(self, build: Build, run: StepRun) -> Sequence[Effect]:
        """Begin a step, and return what follows if it has ended by that."""
        continues = False
        for job in build.jobs_of(run):
            if job.state in _ENDED:
                continue
            if isinstance(job.step, WaitStep):
                job.finished_at = self._scheduler.millisecond
                self._transitions.move_job(job, "passed")
                continue
            continues = True
            if isinstance(job.step, BlockStep):
                self._transitions.move_job(job, "blocked")
            else:
                self._run_job(job)
        result = None if continues else build.result_of(run)
        return () if result is None else build.graph.finish(run.node, result)

    def run_jobs(self, jobs: Iterable[Job]) -> None:
        """Let jobs run that a user or a rule retries, those first whose turn is first."""
        for job in jobs:
            self._run_job(job)
        self._start_entered()

    def _run_job(self, job: Job) -> None:
        """Let a job run as soon as its concurrency group and an agent allow it. `run_jobs` starts those of a group."""
        step = job.step
        if isinstance(step, CommandStep) and step.concurrency is not None:
            job.limited_at = self._scheduler.millisecond
            self._transitions.move_job(job, "limited")
            self._concurrency.enter(job)
            self._entered.add(step.concurrency.group)
        else:
            self._make_scheduled(job)

    def _start_entered(self) -> None:
        """Start the jobs of concurrency groups that have become ready together: their order decides, not that of the steps."""
        groups, self._entered = sorted(self._entered), set()
        for group in groups:
            for job in self._concurrency.start(group):
                self._make_scheduled(job)

    def start_limited(self, groups: Iterable[str], *, settling: Build | None = None) -> None:
        """Start the jobs that may start since others have left their concurrency groups.

        Args:
            groups: the groups.
            settling: the build whose jobs have left. The caller settles it.
        """
        for group in sorted(groups):
            for job in self._concurrency.start(group):
                self._make_scheduled(job)
            held = self._concurrency.idle(group)
            if held is not None and held.build is not settling:
                self.settle(held.build)

    def _make_scheduled(self, job: Job) -> None:
        now = self._scheduler.millisecond
        job.scheduled_at = job.runnable_at = now
        if job.queued_at is None:
            job.queued_at = now
        self._transitions.move_job(job, "scheduled")
        if self._ready_at != self._scheduler.now:
            self._ready, self._ready_at = [], self._scheduler.now
            self._scheduler.after(self._timing.pickup, self._offer, self._ready)
        self._ready.append(job)
        if self._timing.expiry is not None and isinstance(job.step, CommandStep):
            self.runner.later(self._timing.expiry, job, self.expire)

    def _offer(self, jobs: list[Job]) -> None:
        """Offer the jobs to agents that became ready at one moment, and begin trigger steps."""
        if jobs is self._ready:
            self._ready, self._ready_at = [], None
        jobs.sort(key=_turn)
        for job in jobs:
            if job.state != "scheduled":  # it was canceled before
                continue
            if isinstance(job.step, TriggerStep):
                self._trigger(job, job.step)
            elif self._agents.take(job):
                self.runner.assign(job)
            elif self.expiry is not None:
                self.expiry.watch(job)
        self.dispatch()

    def dispatch(self) -> None:
        """Give the jobs that are ready to free agents, the highest priority first."""
        if self._agents.jobs_wait:
            for job in self._agents.assignments():
                self.runner.assign(job)

    # Ends ----------------------------------------------------------------------------------------------------------

    def finish(self, job: Job, state: str) -> Sequence[str]:
        """Move a job to its last state, and return the concurrency groups in which a slot may be free now."""
        self.runner.finish(job, state)
        return self._leave(job)

    def _leave(self, job: Job) -> Sequence[str]:
        """Take a job out of its concurrency group, and return the groups in which another may start now."""
        step = job.step
        if not isinstance(step, CommandStep) or step.concurrency is None:
            return ()
        left = self._concurrency.leave(job)
        return () if left is None else (left,)

    def end(self, job: Job, state: str) -> None:
        """Let a job end, and all follow that follows."""
        groups = self.finish(job, state)
        self._step_ended(job)
        self.start_limited(groups)

    def expire(self, job: Job) -> None:
        """End a job that no agent has taken."""
        job.expired_at = self._scheduler.millisecond
        self.end(job, "expired")

    def cancel(self, job: Job) -> None:
        """Cancel a job alone, if it runs or waits."""
        if job.state == "running":
            self.runner.interrupt(job, "canceling", "canceled")
        elif job.state in NOT_BEGUN:
            self.end(job, "canceled")

    def _command_ended(self, job: Job) -> None:
        """Retry a command that has ended, or let follow what follows."""
        left = self._leave(job)
        if job.state in ("failed", "timed_out") and self._allows_retry(job):
            self._retry(job)
        else:
            self._step_ended(job)
        if left:
            self.start_limited(left)
        self.dispatch()

    def _allows_retry(self, job: Job) -> bool:
        """Tell whether a rule of its step lets a failed job be retried, and count that use of the rule."""
        step, uses = job.command_step, job.rule_uses or {}
        if step is None or job.build.state not in RUNNING_BUILDS - {"canceling"}:
            return False
        rule = step.retry_rule(job.exit_status, job.signal, job.signal_reason)
        if rule is None or uses.get(rule, 0) >= step.retry[rule].limit:
            return False
        job.rule_uses = {**uses, rule: uses.get(rule, 0) + 1}
        return True

    def _step_ended(self, job: Job) -> None:
        build, run = job.build, job.run
        if build.state not in _ENDING and (result := build.result_of(run)) is not None:
            effects = build.graph.finish(run.node, result)
            if effects:
                self.apply(build, effects)
        self.settle(build)

    def _settle_started(self, job: Job) -> None:
        if job.build.state not in RUNNING_BUILDS or job.promised_exit_status is not None:
            self.settle(job.build)

    def settle(self, build: Build) -> None:
        """Move a build to the state that follows from the states of its jobs."""
        before = build.state
        if before == "canceling":
            if not any(job.running for job in build.current_jobs):
                self._transitions.move_build(build, "canceled")
        elif before not in _UNSETTLED:
            failing = build.failures > 0 and build.active_jobs > 0
            if failing:  # others may wait for what is canceled
                self._move(build)
            if not build.active_jobs:
                self._give_up_steps(build)
            if build.limited_jobs or build.awaits_builds:
                self._give_up_turns(build)
            if not failing or derived_state(build) != build.state:
                self._move(build)
        if build.triggered_by is not None:
            self._settled(build)

    def _move(self, build: Build) -> None:
        """Move a build to the state of its jobs, and cancel those that don't run on in a failing one."""
        state = derived_state(build)
        if state != build.state:
            waited = build.started_at is None
            self._transitions.move_build(build, state)
            if waited and build.started_at is not None:
                self._started(build)
        if state == "failing":
            self._cancel_for_failure(build)

    def _give_up_steps(self, build: Build) -> None:
        """Give up the steps that can't begin, if no job is active or blocked."""
        while not build.active_jobs and not build.blocked_jobs and (stuck := build.graph.give_up()):
            build.broken = build.broken or _NEVER_READY
            self.apply(build, stuck)

    def _give_up_turns(self, build: Build) -> None:
        """Let jobs fail that stand in a concurrency group ahead of jobs for which they wait, if nothing else can run."""
        self._stuck.append(build)
        if len(self._stuck) > 1:
            return  # while another is looked at: to look at all of them here would be as deep as they are many
        try:
            while self._stuck:
                found = deadlock_of(self._stuck[0], self._concurrency)
                if found is None:
                    del self._stuck[0]
                else:
                    self._break_deadlock(found)
        finally:
            self._stuck.clear()

    def _break_deadlock(self, found: Deadlock) -> None:
        build, held = found.ahead.build, found.held
        why = _NEVER_READY
        if held is not None:
            why = f"the job {_named(found.ahead)} stands ahead of {_named(held)} in their concurrency group, and waits for it"
        build.broken = build.broken or why
        for node in found.steps:
            if not node.begun:
                self.apply(build, build.graph.drop(node))
        self.settle(build)

    def _cancel_for_failure(self, build: Build) -> None:
        """Cancel the jobs of a failing build whose steps ask for it."""
        for job in build.current_jobs:
            step = job.command_step
            if step is not None and step.cancel_on_build_failing and build.state == "failing":
                self.cancel(job)


def _turn(job: Job) -> tuple[int, float, int, int]:
    """Return the turn of a job among those that become ready for an agent at one moment.

    https://buildkite.com/docs/pipelines/configure/workflows/job-priority
    """
    return -job.priority, job.queued_at or 0.0, job.build.sequence, job.position


def _named(job: Job) -> str:
    return repr(job.step.label or job.step.key or job.id)
