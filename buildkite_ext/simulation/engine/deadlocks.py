"""Deadlocks of builds: jobs that never get their turn in a concurrency group, since those ahead of them wait for them.

A job that waits for its turn waits for the jobs ahead of it. These wait for steps of their builds, and a trigger step waits for
the build that it has created, so that several builds may wait for each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ...states import ACTIVE_JOBS, FINISHED_BUILDS
from ..state.builds import Build, Job
from ..state.graph import Node
from .concurrency import ConcurrencyGroups, created

__all__ = ["Deadlock", "deadlock_of"]

_SETTLED = FINISHED_BUILDS | {"creating", "canceling"}
"""States of builds that go on by themselves, or have ended."""


class Deadlock(NamedTuple):
    """Steps to give up so that other jobs can run.

    Attributes:
        steps: the steps that can't begin: that of the job ahead, or those that wait for a key which no step has.
        ahead: the job ahead, which waits for its dependencies and keeps its place in a concurrency group.
        held: the job behind it for which it waits; None if it waits for a key that no step has, or for itself.
    """

    steps: Sequence[Node]
    ahead: Job
    held: Job | None


def deadlock_of(build: Build, groups: ConcurrencyGroups) -> Deadlock | None:
    """Return what has to be given up so that a build can go on; None if something else can still happen.

    Of several jobs ahead of others it is the one that was created first.
    """
    if not _all_stuck(build, groups):
        return None
    chain: list[Job] = []
    job = next(_active(build))
    while job not in chain:
        chain.append(job)
        if job.state != "limited":
            assert job.triggered_build is not None
            job = next(_active(job.triggered_build))
            continue
        ahead = groups.ahead(job)[0]
        before = [*ahead.build.graph.unfinished_before(ahead.run.node), ahead.run.node]
        missing = [node for node in before if node.missing]
        waits_for = {node.number for node in before}
        found = next((each for each in _active(ahead.build) if each.run.node.number in waits_for), None)
        if missing or found is None:
            return Deadlock(missing or [ahead.run.node], ahead, None)
        job = found
    cycle = [each for each in chain[chain.index(job) :] if each.state == "limited"]
    ahead, held = min(((groups.ahead(each)[0], each) for each in cycle), key=lambda pair: created(pair[0]))
    return Deadlock([ahead.run.node], ahead, held)


def _all_stuck(build: Build, groups: ConcurrencyGroups) -> bool:
    """Tell whether a build, and each one for which it waits, waits for another of them alone."""
    seen = {build.id}
    pending = [build]
    while pending:
        each = pending.pop()
        if not _waits_for_builds(each):
            return False
        for job in _active(each):
            others = [ahead.build for ahead in groups.ahead(job)] if job.state == "limited" else [job.triggered_build]
            if not others:
                return False
            for other in others:
                if other is None:
                    return False
                if other.id not in seen:
                    seen.add(other.id)
                    pending.append(other)
    return True


def _waits_for_builds(build: Build) -> bool:
    """Tell whether a build continues by jobs alone that wait for their turns, and by trigger steps."""
    if build.state in _SETTLED or build.blocked_jobs or not build.active_jobs:
        return False
    return build.active_jobs == build.limited_jobs or (
        build.awaits_builds and all(job.state == "limited" or _awaits_build(job) for job in _active(build))
    )


def _awaits_build(job: Job) -> bool:
    return job.state == "running" and job.triggered_build is not None


def _active(build: Build) -> Iterator[Job]:
    """Yield the jobs of a build that continue by themselves."""
    return (job for job in build.current_jobs if job.state in ACTIVE_JOBS)
