"""Indexes of builds: what a list, a count or a setting of a pipeline asks for is found without a walk over all builds."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from operator import attrgetter

from ...globs import matches_wildcard
from ...states import FINISHED_BUILDS, JOB_STATES, RUNNING_BUILDS, RUNNING_JOBS
from .builds import Build
from .states import JOB_WAITING

__all__ = ["BuildIndex", "PipelineBuilds"]

_created_at = attrgetter("created_at")
_order = attrgetter("created_at", "sequence")


class BuildIndex:
    """Builds in the order of their creation, and by state and branch.

    Attributes:
        listed: all builds, oldest first.
    """

    def __init__(self) -> None:
        self.listed: list[Build] = []
        self._branches: set[str] = set()
        self._groups: dict[str, dict[str, dict[str, Build]]] = {}

    def add(self, build: Build) -> None:
        """Add a new build."""
        if self.listed and build.created_at < self.listed[-1].created_at:
            insort(self.listed, build, key=_created_at)
        else:
            self.listed.append(build)
        self._enter(build)

    def remove(self, build: Build) -> None:
        """Remove a build."""
        del self.listed[self.listed.index(build, bisect_left(self.listed, build.created_at, key=_created_at))]
        self._leave(build, build.state)

    def moved(self, build: Build, before: str) -> None:
        """Note the new state of a build."""
        self._leave(build, before)
        self._enter(build)

    def _leave(self, build: Build, before: str) -> None:
        branches = self._groups[before]
        group = branches[build.branch]
        del group[build.id]
        if not group:
            del branches[build.branch]
            if not any(build.branch in named for named in self._groups.values()):
                self._branches.discard(build.branch)

    def select(
        self,
        *,
        states: Collection[str] | None = None,
        branches: Collection[str] | None = None,
        pattern: str = "",
        since: float | None = None,
        until: float | None = None,
    ) -> Sequence[Build]:
        """Return builds, oldest first.

        Args:
            states: their states; None for all.
            branches: their branches; None for all.
            pattern: a pattern of further branches.
            since: the time from which on they were created; None for any.
            until: the time before which they were created; None for any.
        """
        low = 0 if since is None else bisect_left(self.listed, since, key=_created_at)
        high = len(self.listed) if until is None else bisect_left(self.listed, until, key=_created_at)
        created = self.listed if high - low == len(self.listed) else self.listed[low:high]
        if states is None and branches is None:
            return created
        names = None if branches is None else self._named(branches, pattern)
        groups = [
            group
            for state in (self._groups if states is None else states)
            for group in _values(self._groups.get(state, {}), names)
        ]
        if sum(map(len, groups)) >= len(created):
            return [
                build
                for build in created
                if (states is None or build.state in states) and (names is None or build.branch in names)
            ]
        found = sorted((build for group in groups for build in group.values()), key=_order)
        return [
            build
            for build in found
            if (since is None or build.created_at >= since) and (until is None or build.created_at < until)
        ]

    def _named(self, branches: Collection[str], pattern: str) -> set[str]:
        matching = [name for name in self._branches if matches_wildcard(name, pattern)] if "*" in pattern else []
        return {*branches, *matching}

    def _enter(self, build: Build) -> None:
        self._branches.add(build.branch)
        self._groups.setdefault(build.state, {}).setdefault(build.branch, {})[build.id] = build


def _values(groups: dict[str, dict[str, Build]], names: set[str] | None) -> list[dict[str, Build]]:
    if names is None:
        return list(groups.values())
    return [groups[name] for name in names if name in groups]


class PipelineBuilds(BuildIndex):
    """Builds of a pipeline.

    Attributes:
        by_number: all builds by number.
        by_id: the same by UUID.
    """

    def __init__(self) -> None:
        super().__init__()
        self.by_number: dict[int, Build] = {}
        self.by_id: dict[str, Build] = {}
        self._states: Counter[str] = Counter()
        self._job_states = dict.fromkeys(JOB_STATES, 0)

    def add(self, build: Build) -> None:
        super().add(build)
        self.by_number[build.number] = self.by_id[build.id] = build
        self._states[build.state] += 1
        build.job_counts = self._job_states

    def remove(self, build: Build) -> None:
        super().remove(build)
        del self.by_number[build.number], self.by_id[build.id]
        self._states[build.state] -= 1

    def moved(self, build: Build, before: str) -> None:
        super().moved(build, before)
        self._states[before] -= 1
        self._states[build.state] += 1
        if (before in FINISHED_BUILDS) != build.done:
            for job in build.current_jobs:
                if job.command_step is not None:
                    self._job_states[job.state] += -1 if build.done else 1
            build.job_counts = None if build.done else self._job_states

    def counts(self) -> dict[str, int]:
        """Return how many builds wait and run, and how many command jobs of builds that are not done."""

        def total(states: Collection[str], counted: Mapping[str, int]) -> int:
            return sum(counted[state] for state in states)

        return {
            "scheduled_builds_count": total(("creating", "scheduled"), self._states),
            "running_builds_count": total(RUNNING_BUILDS, self._states),
            "scheduled_jobs_count": self._job_states["scheduled"],
            "running_jobs_count": total(RUNNING_JOBS, self._job_states),
            "waiting_jobs_count": total(JOB_WAITING, self._job_states),
        }
