"""Steps of builds: they are added with their jobs, and removed when an upload replaces them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from ...states import ACTIVE_JOBS, RUNNING_JOBS
from ..behaviour.commands import CommandBehaviour
from ..definition.selection import LeftOut, left_out, optional_steps
from ..definition.steps import CommandStep, Group, Step, TriggerStep, WaitStep
from ..definition.template import Template
from ..definition.yaml_tree import PipelineError
from ..state.builds import Build, Job, StepRun
from ..state.clusters import Cluster, Queue
from ..state.graph import Node
from ..state.organization import Organization
from ..state.states import JOB_WAITING
from ..state.users import User
from .concurrency import ConcurrencyGroups
from .contexts import build_environment, condition_context
from .scheduler import Scheduler
from .transitions import Transitions

__all__ = ["NOT_BEGUN", "BuildSteps"]

_LEFT_OUT = LeftOut("if", "conditional_failed", "false")
"""Reason for which a step doesn't run in a build that is to end as `not_run`."""

NOT_BEGUN = (ACTIVE_JOBS - RUNNING_JOBS) | JOB_WAITING | {"pending", "blocked"}
"""States of jobs that have not started, and that no user has unblocked."""


class BuildSteps:
    """Steps of builds.

    Args:
        organization: the organization of the builds.
        scheduler: knows the time.
        transitions: tells the new jobs.
        concurrency: the concurrency groups in which the jobs take their places.
        finish: moves a job to its last state, and returns the concurrency groups in which another may start then.
        add_queue: adds a queue that a step names to a cluster, in the name of a user.
    """

    def __init__(
        self,
        organization: Organization,
        scheduler: Scheduler,
        transitions: Transitions,
        concurrency: ConcurrencyGroups,
        finish: Callable[[Job, str], Iterable[str]],
        *,
        add_queue: Callable[[Cluster, str, User], Queue],
    ) -> None:
        self._organization = organization
        self._scheduler = scheduler
        self._transitions = transitions
        self._concurrency = concurrency
        self._finish = finish
        self._add_queue = add_queue

    def add(self, build: Build, steps: Iterable[Step], groups: Sequence[Group], uploader: Job | None = None) -> None:
        """Add steps to a build, with their jobs: behind those of the job that uploads them, or at the end."""
        none_runs = build.pipeline.ending == "not_run"
        steps = tuple(steps)
        found: dict[Step, LeftOut] = {}
        optional = steps if none_runs else optional_steps(steps)
        if optional:
            context, request = condition_context(build, self._organization), build.request
            for step in optional:
                reason = left_out(step, context, request.branch, request.changed)
                if none_runs and not isinstance(step, WaitStep):
                    reason = _LEFT_OUT
                if reason is not None:
                    found[step] = reason
            build.search_seconds = context.search_time.used
        node = None if uploader is None else uploader.run.node
        nodes = build.graph.add(steps, excluded=found, groups=groups, uploader=node)
        position = len(build.current_jobs) if uploader is None else _behind(uploader)
        rest = build.current_jobs[position:]
        del build.current_jobs[position:]
        cluster = self._organization.cluster_of(build.pipeline)
        for each in nodes:
            self._add_jobs(build, each, found.get(each.step), uploader, cluster)
        self._organization.add_jobs(build, build.current_jobs[position:])
        end = len(build.current_jobs)
        build.current_jobs += rest
        _place(build.current_jobs, end)
        for each in nodes:
            step = each.step
            if isinstance(step, CommandStep) and step.concurrency is not None:
                for job in build.jobs_of(build.runs[each]):
                    if not job.over:
                        self._concurrency.enter(job)

    def add_template(self, build: Build, template: Template) -> None:
        """Add the steps of a pipeline's text. A build in which they can't be expanded fails without steps."""
        known: Mapping[str, str] = {}
        if template.expands:
            known = {**build.pipeline.env, **build.request.env, **build_environment(build, self._organization.slug)}
        try:
            definition = template.within(known)
        except PipelineError as error:
            build.broken = str(error)
        else:
            self.add(build, definition.steps, definition.groups)

    def new_job(
        self, build: Build, run: StepRun, step: Step, behaviour: CommandBehaviour, *, cluster: Cluster, position: int
    ) -> Job:
        """Return a new job of a step, for the agents of a cluster."""
        queue, priority = None, 0
        if isinstance(step, CommandStep):
            queue, priority = self._queue_of(cluster, step.queue, build), step.priority
        return Job(
            self._organization.ids.uuid(),
            step,
            behaviour,
            build,
            run,
            position,
            self._scheduler.millisecond,
            queue,
            priority=priority,
        )

    def _queue_of(self, cluster: Cluster, key: str | None, build: Build) -> Queue | None:
        """Return the queue of a new job; None where none has its key. A variable or an upload may name a queue that is new."""
        if key is None:
            return cluster.default_queue
        known = cluster.queue(key)
        if known is None and key and key not in cluster.deleted_queues:
            return self._add_queue(cluster, key, build.creator)
        return known

    def replaceable(self, build: Build, job: Job) -> list[Node]:
        """Return the steps behind a job of which no job has started, and that no user has unblocked."""
        return [
            node
            for node in build.graph.unfinished_behind(job.run.node)
            if not any(each.attempt or each.state not in NOT_BEGUN for each in build.jobs_of(build.runs[node]))
        ]

    def remove(self, build: Build, nodes: Collection[Node]) -> set[str]:
        """Remove steps with their jobs, and return the concurrency groups in which another job may start now."""
        build.graph.remove(nodes)
        gone = {each.id for node in nodes for each in build.jobs_of(build.runs.pop(node))}
        groups: set[str] = set()
        for each in build.current_jobs:
            if each.id in gone:
                groups.update(self._finish(each, "canceled"))
                build.failures -= each.fails_build
        build.current_jobs = [each for each in build.current_jobs if each.id not in gone]
        build.jobs = [each for each in build.jobs if each.id not in gone]
        for each_id in gone:
            self._organization.jobs.pop(each_id, None)
        _place(build.current_jobs)
        return groups

    def _add_jobs(
        self, build: Build, node: Node, reason: LeftOut | None, uploader: Job | None, cluster: Cluster
    ) -> None:
        step = node.step
        run = build.runs[node] = StepRun(node, reason, len(build.current_jobs))
        each: Sequence[Step] = (step,)
        parallelism: int | None = None
        if isinstance(step, CommandStep):
            each, parallelism = step.combinations or each, step.parallelism
        elif isinstance(step, TriggerStep):
            parallelism = step.parallelism
        for one in each:
            behaviour = build.pipeline.behaviour_of(one, self._organization.pipeline_settings)
            left = reason or (LeftOut("skip", _reason(one.skip), "") if one is not step and one.skip else None)
            for index in range(parallelism or 1):
                job = self.new_job(build, run, one, behaviour, cluster=cluster, position=run.first + run.count)
                build.current_jobs.append(job)
                run.count += 1
                if uploader is not None:
                    job.queued_at = uploader.queued_at
                if parallelism and isinstance(one, CommandStep):
                    job.parallel_index = index
                self._transitions.add_job(job)
                if left is not None:
                    job.broken_reason = left.reason
                    self._finish(job, "broken")


def _reason(skip: bool | str) -> str:
    return skip if isinstance(skip, str) else "skip: true"


def _behind(job: Job) -> int:
    """Return the position behind the last job of a step."""
    return job.run.first + job.run.count


def _place(jobs: Sequence[Job], start: int = 0) -> None:
    """Note the positions of the current jobs of a build from an index on, and those of the steps' first jobs."""
    for index in reversed(range(start, len(jobs))):
        job = jobs[index]
        job.position = job.run.first = index
