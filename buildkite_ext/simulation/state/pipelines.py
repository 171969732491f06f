"""A pipeline: its template and its builds."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..definition.steps import Step
from ..states import BUILD_DONE, BUILD_UNDER_WAY, JOB_RUNNING, JOB_WAITING
from .builds import Build
from .users import User


@dataclass(slots=True, eq=False)
class Pipeline:
    """A pipeline. `version` goes up with every change that the API can show in it."""

    id: str
    slug: str
    name: str
    description: str | None
    repository: str
    default_branch: str
    cluster_id: str
    created_at: float
    created_by: User
    allow_rebuilds: bool = True
    branch_configuration: str | None = None
    skip_queued_branch_builds: bool = False
    cancel_running_branch_builds: bool = False
    env: dict[str, str] = field(default_factory=dict[str, str])
    steps: list[Step] = field(default_factory=list[Step])
    builds: list[Build] = field(default_factory=list[Build])
    by_number: dict[int, Build] = field(default_factory=dict[int, Build])
    under_way: dict[str, Build] = field(default_factory=dict[str, Build])
    version: int = 0
    last_number: int = 0

    def note(self, build: Build) -> None:
        """Keep account of the builds that are not over. A build without a number is only a rehearsal."""
        if build.state in BUILD_DONE:
            self.under_way.pop(build.id, None)
        elif build.number:
            self.under_way[build.id] = build

    def counts(self) -> dict[str, int]:
        """How many builds and jobs wait and run."""
        builds = list(self.under_way.values())
        jobs = [job.state for build in builds for job in build.slots if job.type == "script"]
        return {
            "scheduled_builds_count": sum(build.state in ("creating", "scheduled") for build in builds),
            "running_builds_count": sum(build.state in BUILD_UNDER_WAY for build in builds),
            "scheduled_jobs_count": jobs.count("scheduled"),
            "running_jobs_count": sum(state in JOB_RUNNING for state in jobs),
            "waiting_jobs_count": sum(state in JOB_WAITING for state in jobs),
        }
