"""Unblock of a block step: which job of a build it is, and the build afterwards.

The REST API tells neither the fields of a block step's form nor which of them are required, so these can't be checked before
they are sent: Buildkite answers a request that lacks one with an error.

https://buildkite.com/docs/apis/rest-api/jobs
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from ..errors import BlockStepNotFound
from ..messages import in_state, job_name, listed, shown
from ..states import is_block_step

if TYPE_CHECKING:
    from buildkite_api.models import Build, Job

    from ..transport.requester import Requester

__all__ = ["block_step", "refuse_other_step", "send_unblock", "unblock_step"]


def block_step(jobs: Iterable[Job], step: str | None, build: str) -> Job:
    """Return the job of the block step to unblock.

    A step is named by its key; if no step has that key, by its label; else by the id of the step or of its job. Of several block
    steps with one name, those that block now count. A named step that was unblocked is returned nevertheless: Buildkite refuses
    it, and says why.

    Args:
        jobs: those of the build.
        step: the name; None for the only block step that blocks.
        build: the build's name, for messages.

    Raises:
        BlockStepNotFound: no step fits, several do, or it is none that a user unblocks.
    """
    jobs = list(jobs)
    steps = [job for job in jobs if is_block_step(job)]
    waiting = [job for job in steps if str(job.state) == "blocked"]
    advice = f"Nothing was sent. {_choices(waiting, steps)}"
    if step is None:
        if len(waiting) == 1:
            return waiting[0]
        said = (
            "waits at no block step"
            if not waiting
            else f"waits at {len(waiting)} block steps, and step= names none of them"
        )
        raise BlockStepNotFound(f"Build {build} {said}. {advice}", candidates=_names(waiting))
    named = _named(jobs, step)
    found = [job for job in named if is_block_step(job)]
    blocked = [job for job in found if str(job.state) == "blocked"]
    if found and len(blocked) < 2:
        return [*found, *blocked][-1]
    if blocked:
        raise BlockStepNotFound(
            f"Build {build} waits at {len(blocked)} block steps that are called {shown(step)}. {advice}",
            candidates=tuple(job.id for job in blocked),
        )
    if named:
        raise BlockStepNotFound(
            f"step={shown(step)} of build {build} is a {_kind(named[0])}, and only a block step is unblocked. {advice}",
            candidates=_names(waiting),
        )
    raise BlockStepNotFound(f"Build {build} has no step {shown(step)}. {advice}", candidates=_names(waiting))


def refuse_other_step(job: Job) -> None:
    """Refuse a job that surely isn't one of a block step.

    Raises:
        BlockStepNotFound: its type is another one.
    """
    if not is_block_step(job):
        raise BlockStepNotFound(
            f"Job {shown(job_name(job))} is a {_kind(job)}, and only a block step is unblocked. Nothing was sent."
        )


async def unblock_step(
    requester: Requester,
    pipeline: str,
    number: int,
    step: str | Job | None,
    *,
    fields: Mapping[str, str | list[str]] | None,
    unblocker: str | None,
) -> Build:
    """Unblock a block step of a build, and return the build as it is afterwards.

    Raises:
        BlockStepNotFound: see `block_step`.
        JobNotUnblockable: Buildkite refused.
    """
    from buildkite_api.api.builds import get_build
    from buildkite_api.models import Job

    at = requester.organization, pipeline, number
    if isinstance(step, Job):
        refuse_other_step(step)
        job = step
    else:
        with requester.reads_before("unblock_build_job", at=at):
            job = await _found(requester, at, step)
    await send_unblock(requester, pipeline, number, job.id, fields=fields, unblocker=unblocker)
    return await requester.call_fresh(get_build, *at)


async def send_unblock(
    requester: Requester,
    pipeline: str,
    number: int,
    job_id: str,
    *,
    fields: Mapping[str, str | list[str]] | None,
    unblocker: str | None = None,
) -> Job:
    """Unblock the block step of a job, and remember it for waits. Return the job as Buildkite answers it.

    Raises:
        JobNotUnblockable: Buildkite refused.
    """
    from buildkite_api.api.jobs import unblock_build_job
    from buildkite_api.models import UnblockBuildJobRequest
    from buildkite_api.types import UNSET

    at = requester.organization, pipeline, number
    body = UnblockBuildJobRequest(
        fields=UNSET if fields is None else dict(fields), unblocker=UNSET if unblocker is None else unblocker
    )
    job = await requester.call(unblock_build_job, *at, job_id, body=body)
    requester.recent_actions.add(at, job_id, now=requester.runtime.now())
    return job


async def _found(requester: Requester, at: tuple[str, str, int], step: str | None) -> Job:
    """Return the block step. The jobs that block are read first; all jobs only where these don't tell."""
    from buildkite_api.api.builds import get_build

    name = f"{at[1]} #{at[2]}"
    blocked = await requester.call_fresh(get_build, *at, job_states=["blocked"], exclude_pipeline=True)
    try:
        return block_step(blocked.jobs, step, name)
    except BlockStepNotFound:
        build = await requester.call_fresh(get_build, *at, exclude_pipeline=True)
        return block_step(build.jobs, step, name)


def _named(jobs: Sequence[Job], step: str) -> list[Job]:
    """Return the jobs that a text names: by the key of their step; else by their label; else by an id."""
    for names in (
        lambda job: (job.step_key,),
        lambda job: (job.label, job.name),
        lambda job: (job.id, getattr(job.step, "id", None)),
    ):
        found = [job for job in jobs if step in names(job)]
        if found:
            return found
    return []


def _choices(waiting: Sequence[Job], steps: Sequence[Job]) -> str:
    """Return what can be unblocked now, or else what became of the block steps."""
    if waiting:
        return f"Name one in step=: {listed([shown(name) for name in _names(waiting)])}."
    if not steps:
        return "The build has no block step."
    told = [f"{shown(name)} is {in_state(job.state)}" for name, job in zip(_names(steps), steps, strict=True)]
    return f"Its block steps: {listed(told)}."


def _names(jobs: Sequence[Job]) -> tuple[str, ...]:
    """Return the name of each job's step that `step` takes: its key, its label, or its id where another one has that name."""
    names = [job.step_key or job.label or job.name or job.id for job in jobs]
    return tuple(job.id if names.count(name) > 1 else name for name, job in zip(names, jobs, strict=True))


def _kind(job: Job) -> str:
    """Return the type of a job in words."""
    kind = str(job.type)
    return {"script": "command step", "waiter": "wait step"}.get(kind, f"{kind} step")
