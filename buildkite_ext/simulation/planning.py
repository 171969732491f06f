"""Planning of builds: the simulator's engine runs a pipeline in virtual time, and what it did is the plan."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from types import UnionType
from typing import Literal

from buildkite_api.types import kind_of

from ..errors import ConfigurationError
from ..messages import counted
from ..unknown_keywords import checks_keywords
from ..unknown_names import nearest
from .behaviour.rules import BehaviourRule, names_step
from .behaviour.timing import Timing
from .checking import problems_of
from .definition.checks import (
    HIGHEST_STATUS,
    LOST_AGENT,
    check_flags,
    check_name,
    check_names,
    check_optional_texts,
    check_text,
    check_whole,
    statuses,
    text_map,
    texts_of,
)
from .definition.interpolation import names_in
from .definition.parser import parse_document
from .definition.selection import refuse_ignored_commit
from .definition.steps import BlockStep, CommandStep, InputStep, Step, TriggerStep, WaitStep
from .definition.template import Template
from .definition.yaml_tree import Mark, PipelineError, PipelineProblem, Tree, documents
from .engine.changes import Change, JobChanged
from .engine.contexts import build_environment
from .engine.engine import Engine
from .plan import Plan
from .planned_steps import PlannedJob, PlannedStep, StepOutcome
from .simulator import SimulatedOrganization
from .state.builds import Build, BuildRequest, Job, StepRun
from .state.graph import Node

__all__ = ["plan_pipeline"]

_SOURCES = ("api", "schedule", "trigger_job", "ui", "webhook")
_COMMIT = "0123456789abcdef0123456789abcdef01234567"
_DURATION = 1.0
"""Seconds that each job takes, so that jobs that start at the same time make a wave."""

_UPLOADS = "pipeline upload"
_PLAIN_VARIABLE = re.compile(r"(?<![\\$])\$(?:\{(\w+)\}|(\w+))")
"""Variable without a default."""


@checks_keywords
def plan_pipeline(
    text: str,
    *,
    branch: str = "main",
    commit: str = _COMMIT,
    tag: str | None = None,
    message: str | None = None,
    source: str = "webhook",
    event: str | None = None,
    pull_request: int | None = None,
    base_branch: str | None = None,
    labels: Sequence[str] = (),
    draft: bool = False,
    env: Mapping[str, str] | None = None,
    changed: Sequence[str] | None = None,
    fail: Mapping[str, int | Sequence[int]] | None = None,
    block_at: Iterable[str] = (),
    unblock: bool = True,
    interpolated: bool = True,
    document: int = 1,
    organization: str = "acme",
    pipeline: str = "pipeline",
    default_branch: str = "main",
) -> Plan:
    """Plan a build of a pipeline.yml, without a network and without a token.

    The simulator's own engine runs the pipeline. Each job takes as long as any other, and there are agents enough. Builds of
    trigger steps and steps that a job's script uploads aren't known, so that they aren't planned.

    Args:
        text: the YAML text.
        branch: the branch of the build.
        commit: its commit.
        tag: its tag.
        message: its message; `Push to <branch>` by default.
        source: what creates it: `webhook`, `api`, `ui`, `trigger_job` or `schedule`.
        event: the event of a webhook, `build.source_event`; by default `pull_request` for a pull request, else `push`.
        pull_request: the number of its pull request; None for none.
        base_branch: the branch into which the pull request would be merged; the default branch by default.
        labels: the labels of the pull request.
        draft: True if the pull request is a draft.
        env: environment variables, of the build and of the job that uploads the text.
        changed: the paths of the files that it changes, for `if_changed`; None leaves no step out for them.
        fail: the steps that fail, by key, label or command, and the exit status of each, such as `{"test": 1}`: up to 255, or -1
            for a lost agent. A sequence has one for each attempt.
        block_at: the block and input steps, by key or label, that no user unblocks.
        unblock: False if no user unblocks any.
        interpolated: False if variables stay as they are, as with `--no-interpolation`.
        document: which document of the text is planned, from 1.
        organization, pipeline, default_branch: the slugs and the branch that conditions and variables may name.

    Returns:
        The plan.

    Raises:
        TypeError: an argument has another type. The message names it.
        ValueError: `fail` or `block_at` names no step; `fail` has an exit status outside -1 to 255; the document or the source
            doesn't exist; or the message of a push holds `[skip ci]` or the like. Buildkite creates no build for such a push;
            or `event` is given for a build that no webhook creates.
        ConfigurationError: `check_pipeline` finds an error in the text, or variables can't be expanded. The message has the
            line and the column.
        ImportError: the extra `simulator` isn't installed.

    Example:
        >>> from buildkite_ext.simulation import plan_pipeline
        >>> plan = plan_pipeline('''
        ... steps:
        ...   - {label: Lint, command: make lint}
        ...   - {label: Test, command: make test, key: test}
        ...   - wait
        ...   - {label: Deploy, command: make deploy, if: build.branch == "main"}
        ... ''', branch="fix")
        >>> [[job.name for job in wave] for wave in plan.waves]
        [['Lint', 'Test']]
        >>> plan.step("Deploy").left_out.values
        {'build.branch': 'fix'}

    https://buildkite.com/docs/pipelines/configure/defining-steps
    """
    check_text("text", text, give="the text of a pipeline.yml")
    check_names(
        branch=branch, commit=commit, organization=organization, pipeline=pipeline, default_branch=default_branch
    )
    check_optional_texts(tag=tag, message=message, event=event, base_branch=base_branch)
    check_name("source", source, _SOURCES, "source of a build")
    if event is not None and source != "webhook":
        raise ValueError(
            f"event={event!r}: a build of the source {source} has no event. Leave it out, or give source='webhook'"
        )
    refuse_ignored_commit(message, source)
    check_whole("pull_request", pull_request, least=1, optional=True)
    check_whole("document", document, least=1)
    check_flags(draft=draft, unblock=unblock, interpolated=interpolated)
    if fail is not None and not isinstance(fail, Mapping):
        raise TypeError(f"fail is {kind_of(fail)}: give the exit status of each step that fails, such as {{'test': 1}}")
    files = None if changed is None else texts_of("changed", changed, give="a list of paths, such as ['README.md']")
    variables = text_map("env", env)
    request = BuildRequest(
        commit=commit,
        branch=branch,
        message=message or f"Push to {branch}",
        env=variables if event is None else {"BUILDKITE_GITHUB_EVENT": event} | variables,
        pull_request=None
        if pull_request is None
        else {
            "id": str(pull_request),
            "base": base_branch or default_branch,
            "labels": texts_of("labels", labels, give="a list of labels"),
            "draft": draft,
        },
        tag=tag,
        changed=files,
    )
    trees = _documents(text, document)
    warnings = _checked(text, trees, interpolated=interpolated)
    template = Template(text, interpolated=interpolated, parsed=parse_document(*trees[document - 1]))
    simulator = SimulatedOrganization(organization, timing=Timing(pickup=0.0, canceling=0.0))
    planned = simulator.pipeline(pipeline, default_branch=default_branch)
    planned.state.follows_triggers = False
    engine = simulator._engine
    engine.let_jobs_wait()
    engine.administration.configure(planned.state, template)
    planned.script("*", after=_DURATION)
    for name, status in (fail or {}).items():
        exit_statuses = _exit_statuses(name, status)
        # Not by `script`, which warns of the name of no step: that is an error below.
        planned.state.rules.append(BehaviourRule(name, partial(replace, exit_statuses=exit_statuses)))
    build = engine.create(planned.state, request, source=source, creator=planned.state.created_by)
    if build.broken is not None and not build.runs:  # its variables can't be expanded
        raise ConfigurationError(build.broken)
    _check_names("fail", fail or {}, build, CommandStep | TriggerStep)
    kept = texts_of("block_at", block_at, give="a list of keys or labels of block steps")
    _check_names("block_at", kept, build, BlockStep)
    _run(engine, build, lambda step: unblock and not any(names_step(name, step) for name in kept))
    return Plan(
        branch=branch,
        state=build.state,
        steps=_steps(build, template.definition.steps if template.expands else (), organization),
        warnings=warnings,
        documents=len(trees),
    )


def _exit_statuses(name: str, given: object) -> tuple[int, ...]:
    """Return the exit statuses of a step that fails.

    Raises:
        TypeError: they are none.
        ValueError: there is none, or no command ends with one of them.
    """
    found = statuses(f"fail[{name!r}]", given, give="an exit status, or a list with one for each attempt")
    if not found:
        raise ValueError(f"fail={name!r}: give at least one exit status")
    for status in found:
        if not LOST_AGENT <= status <= HIGHEST_STATUS:
            raise ValueError(f"fail={name!r}: {status} is no exit status: give 0 to 255, or -1 for a lost agent")
    return found


def _documents(text: str, document: int) -> list[tuple[Tree, Mark]]:
    """Return the documents of a text, among them the one with a number.

    Raises:
        ConfigurationError: it isn't YAML.
        ValueError: there is no such document.
    """
    try:
        trees = documents(text)
    except PipelineError as error:
        raise ConfigurationError(str(error)) from None
    if document > len(trees):
        raise ValueError(f"document={document}: the text has {counted(len(trees), 'document')}")
    return trees


def _checked(text: str, trees: Sequence[tuple[Tree, Mark]], *, interpolated: bool) -> tuple[PipelineProblem, ...]:
    """Return the warnings about a text.

    Raises:
        ConfigurationError: it has an error.
    """
    problems = problems_of(text, trees, interpolated=interpolated)
    for problem in problems:
        if problem.level == "error":
            raise ConfigurationError(f"line {problem.mark.line}, column {problem.mark.column}: {problem.message}")
    return problems


def _check_names(argument: str, names: Iterable[str], build: Build, kind: type[Step] | UnionType) -> None:
    """Check that each name is that of a step.

    Raises:
        ValueError: one is that of none.
    """
    steps = {id(job.step): job.step for job in build.jobs if isinstance(job.step, kind)}.values()
    known = sorted({each for step in steps for each in (step.key, step.label) if each})
    for name in names:
        if not any(names_step(name, step) for step in steps):
            what = "block or input step" if kind is BlockStep else "command or trigger step"
            near = nearest(name, known)
            hint = f"did you mean {near!r}?" if near else f"there are {', '.join(map(repr, known)) or 'none'}"
            raise ValueError(f"{argument}={name!r}: the pipeline has no such {what}; {hint}")


def _run(engine: Engine, build: Build, opens: Callable[[Step], bool]) -> None:
    """Run a build until nothing more happens, and unblock its steps as soon as they block."""
    blocked = [job for job in build.current_jobs if job.state == "blocked" and opens(job.step)]

    def note(change: Change) -> None:
        if isinstance(change, JobChanged) and change.after == "blocked" and opens(change.job.step):
            blocked.append(change.job)

    engine.changes.subscribe(note)
    time: float | None = engine.scheduler.now
    while time is not None:
        with engine.at(time):
            while blocked:
                engine.unblock(blocked.pop(0), build.creator, {})
        if not blocked:
            time = engine.scheduler.next_time()


def _steps(build: Build, written: Sequence[Step], organization: str) -> tuple[PlannedStep, ...]:
    """Return the steps of a plan.

    Args:
        build: its build.
        written: the steps with variables as they were written; none if variables stay as they are.
        organization: the slug of its organization.
    """
    nodes = build.graph.nodes
    index = {node: position for position, node in enumerate(nodes)}
    same = len(written) == len(nodes)  # a variable may also name the kind of a step
    starts = sorted({start for job in build.jobs if (start := job.started_at) is not None and job.retry_of is None})
    waits: dict[Node, list[Node]] = {node: [] for node in nodes}
    named: dict[Node, list[Node]] = {node: [] for node in nodes}
    held: dict[Node, list[Node]] = {node: [] for node in nodes}
    for source, edge, to in build.graph.edges():
        if edge.kind != "dependency" and build.runs[source].left_out is not None:
            continue
        waits[to].append(source)
        if edge.kind == "dependency":
            named[to].append(source)
        if source.result not in edge.met_by:
            held[to].append(source)

    def indexes(found: Iterable[Node]) -> tuple[int, ...]:
        return tuple(sorted({index[node] for node in found}))

    variables = {**build.pipeline.env, **build.request.env, **build_environment(build, organization)}
    planned: list[PlannedStep] = []
    for node in nodes:
        step, run = node.step, build.runs[node]
        outcome = _outcome(build, run)
        queue = _queue(step)
        jobs = tuple(_job(job, starts) for job in build.jobs_of(run))
        planned.append(
            PlannedStep(
                kind=_kind(step),
                name=_name(step),
                key=step.key,
                group=None if step.group is None else step.group.label or step.group.key or "",
                line=step.line,
                outcome=outcome,
                wave=min((job.wave for job in jobs if job.wave is not None), default=None),
                jobs=jobs,
                waits_for=indexes(waits[node]),
                depends_on=indexes(named[node]),
                held_back_by=indexes(held[node]) if outcome in ("held_back", "waiting") else (),
                missing=tuple(sorted(node.missing)),
                left_out=run.left_out,
                concurrency_group=step.concurrency.group
                if isinstance(step, CommandStep) and step.concurrency is not None
                else None,
                uploads=isinstance(step, CommandStep) and _UPLOADS in step.command,
                queue=queue,
                unset=() if queue != "" or not same else tuple(names_in(_queue(written[node.number]) or "")),
                unset_in_group=tuple(_unset_in_group(written[node.number], variables)) if same else (),
            )
        )
    return tuple(planned)


def _queue(step: Step) -> str | None:
    """Return the queue of a step: of one with a matrix the one that is empty, or the first one."""
    if not isinstance(step, CommandStep):
        return None
    queues = [each.queue for each in step.combinations or (step,)]
    return "" if "" in queues else queues[0]


def _unset_in_group(step: Step, variables: Mapping[str, str]) -> list[str]:
    """Return the variables without a value and without a default that the concurrency group of a step names, as written."""
    if not isinstance(step, CommandStep) or step.concurrency is None:
        return []
    group = step.concurrency.group
    plain = {braced or bare for braced, bare in _PLAIN_VARIABLE.findall(group)}
    return [name for name in names_in(group) if name in plain and not variables.get(name)]


def _job(job: Job, starts: Sequence[float]) -> PlannedJob:
    """Return a job of the plan. Its wave is that of its first attempt; that of a wait or block step is the next one."""
    first = job
    while first.retry_of is not None:
        first = first.retry_of
    passed = (
        job.finished_at if isinstance(job.step, WaitStep | BlockStep) and job.state in ("passed", "unblocked") else None
    )
    at = first.started_at if passed is None else passed
    skip = job.step.skip if isinstance(job.step, CommandStep) and job.step.matrix is not None else None
    before = len(starts) if at is None else bisect_left(starts, at)
    wave = before + 1 if before < len(starts) else None
    return PlannedJob(
        name=_name(job.step),
        state=job.state,
        wave=wave,
        attempts=job.attempt + 1,
        soft_failed=job.soft_failed,
        skip=skip if isinstance(skip, str) else "skip: true" if skip else None,
        matrix=job.step.matrix if isinstance(job.step, CommandStep) else None,
    )


def _kind(step: Step) -> Literal["command", "wait", "block", "input", "trigger"]:
    match step:
        case CommandStep():
            return "command"
        case WaitStep():
            return "wait"
        case InputStep():
            return "input"
        case BlockStep():
            return "block"
        case TriggerStep():
            return "trigger"


def _name(step: Step) -> str:
    """Return the label of a step, or what Buildkite shows in place of one."""
    if step.label:
        return step.label
    if isinstance(step, CommandStep):
        command = next(iter(step.command.strip().splitlines()), "")
        return command or next((source for plugin in step.plugins for source in plugin), "command")
    return step.key or _kind(step)


def _outcome(build: Build, run: StepRun) -> StepOutcome:
    jobs = build.jobs_of(run)
    states = {job.state for job in jobs}
    if states == {"broken"}:
        return "left_out"
    if states & {"waiting_failed", "blocked_failed", "unblocked_failed"}:
        return "held_back"
    if "blocked" in states:
        return "blocked"
    if build.result_of(run) is None:
        return "waiting"
    if states & {"canceled", "expired", "skipped"}:
        return "canceled"
    if any(job.failed_hard for job in jobs):
        return "failed"
    return "soft_failed" if any(job.soft_failed for job in jobs) else "passed"
