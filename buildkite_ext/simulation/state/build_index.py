"""Indexes of builds: what a list, a count or a setting of a pipeline asks for is found without a walk over all builds."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Collection, Sequence
from operator import attrgetter

from ...globs import matches_wildcard
from ...states import FINISHED_BUILDS, JOB_STATES, RUNNING_BUILDS, RUNNING_JOBS
from ..definition.steps import CommandStep
from .builds import Build
from .states import JOB_WAITING

__all__ = ["BuildIndex", "PipelineBuilds"]

_created_at = attrgetter("created_at")
_order = attrgetter("created_at", "sequence")


class BuildIndex:
    """Builds in the order of their creation, by state, and by branch. A build keeps its branch.

    Attributes:
        listed: all builds, oldest first.
    """

    def __init__(self) -> None:
        self.listed: list[Build] = []
        self._states: dict[str, dict[str, Build]] = defaultdict(dict)
        self._branches: dict[str, dict[str, Build]] = defaultdict(dict)

    def add(self, build: Build) -> None:
        """Add a new build."""
        if self.listed and build.created_at < self.listed[-1].created_at:
            insort(self.listed, build, key=_created_at)
        else:
            self.listed.append(build)
        self._states[build.state][build.id] = self._branches[build.branch][build.id] = build

    def remove(self, build: Build) -> None:
        """Remove a build."""
        del self.listed[self.listed.index(build, bisect_left(self.listed, build.created_at, key=_created_at))]
        del self._states[build.state][build.id]
        del self._branches[build.branch][build.id]
        if not self._branches[build.branch]:
            del self._branches[build.branch]

    def moved(self, build: Build, before: str) -> None:
        """Note the new state of a build."""
        del self._states[before][build.id]
        self._states[build.state][build.id] = build

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
        found: Collection[Build] = created
        for index, keys in ((self._states, states), (self._branches, names)):
            groups = () if keys is None else [index[key] for key in set(keys) if key in index]
            if keys is not None and sum(map(len, groups)) < len(found):
                found = sorted((build for group in groups for build in group.values()), key=_order)
        return [
            build
            for build in found
            if (states is None or build.state in states)
            and (names is None or build.branch in names)
            and (since is None or build.created_at >= since)
            and (until is None or build.created_at < until)
        ]

    def _named(self, branches: Collection[str], pattern: str) -> set[str]:
        matching = [name for name in self._branches if matches_wildcard(name, pattern)] if "*" in pattern else []
        return {*branches, *matching}


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
        self._job_states = dict.fromkeys(JOB_STATES, 0)

    def add(self, build: Build) -> None:
        super().add(build)
        self.by_number[build.number] = self.by_id[build.id] = build
        build.job_counts = self._job_states

    def remove(self, build: Build) -> None:
        super().remove(build)
        del self.by_number[build.number], self.by_id[build.id]

    def moved(self, build: Build, before: str) -> None:
        super().moved(build, before)
        done = build.state in FINISHED_BUILDS
        if (before in FINISHED_BUILDS) != done:
            for job in build.current_jobs:
                if isinstance(job.step, CommandStep):
                    self._job_states[job.state] += -1 if done else 1
            build.job_counts = None if done else self._job_states

    def counts(self) -> dict[str, int]:
        """Return how many builds wait and run, and how many command jobs of builds that are not done."""

        def builds(states: Collection[str]) -> int:
            return sum(len(self._states[state]) for state in states)

        def jobs(states: Collection[str]) -> int:
            return sum(self._job_states[state] for state in states)

        return {
            "scheduled_builds_count": builds(("creating", "scheduled")),
            "running_builds_count": builds(RUNNING_BUILDS),
            "scheduled_jobs_count": self._job_states["scheduled"],
            "running_jobs_count": jobs(RUNNING_JOBS),
            "waiting_jobs_count": jobs(JOB_WAITING),
        }
