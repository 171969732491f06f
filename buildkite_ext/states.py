"""States of builds and jobs, and what each of them means.

Every state of the description is in one class, which a test proves. A state that is in none, because Buildkite added it after
this version, counts as active: to wait a little longer is safer than to call unfinished work done.

https://buildkite.com/docs/pipelines/configure/defining-steps
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from buildkite_api.models import Build

__all__ = [
    "ACTIVE_BUILDS",
    "ACTIVE_JOBS",
    "BLOCKED_BUILDS",
    "FAILED_JOBS",
    "FINISHED_BUILDS",
    "FINISHED_FILTER",
    "FINISHED_JOBS",
    "HELD_JOBS",
    "RUNNING_BUILDS",
    "RUNNING_JOBS",
    "build_state",
    "is_job_active",
]

RUNNING_BUILDS = frozenset({"running", "failing", "canceling"})
"""Jobs of the build may run on agents."""

ACTIVE_BUILDS = RUNNING_BUILDS | {"creating", "scheduled", "waiting", "waiting_failed"}
"""The build continues by itself."""

BLOCKED_BUILDS = frozenset({"blocked"})
"""The build continues when a user unblocks it. The REST API shows it by `blocked`, not by its state: see `build_state`."""

FINISHED_BUILDS = frozenset({"passed", "failed", "canceled", "skipped", "not_run"})
"""Nothing more happens in the build by itself."""

FINISHED_FILTER = frozenset({"passed", "failed", "blocked", "canceled"})
"""The states that the query `state=finished` of the lists of builds stands for.
https://buildkite.com/docs/apis/rest-api/builds"""

RUNNING_JOBS = frozenset({"running", "canceling", "timing_out"})
"""A command of the job runs on an agent."""

ACTIVE_JOBS = RUNNING_JOBS | {
    "scheduled",
    "reserved",
    "assigned",
    "accepted",
    "limited",
    "limiting",
    "platform_limited",
    "platform_limiting",
}
"""The job runs, or continues without any other step and without any user."""

HELD_JOBS = frozenset({"pending", "waiting", "blocked", "unblocked"})
"""The job waits for another step or for a user; or it is a block step that was unblocked, which stays in that state."""

FINISHED_JOBS = frozenset(
    {
        "passed",
        "failed",
        "timed_out",
        "canceled",
        "skipped",
        "broken",
        "expired",
        "waiting_failed",
        "blocked_failed",
        "unblocked_failed",
    }
)
"""Nothing more happens in the job."""

FAILED_JOBS = frozenset({"failed", "timed_out", "expired"})
"""The job broke its build, unless it failed softly or was retried."""


def is_job_active(state: object) -> bool:
    """Tell whether a job in this state continues by itself. An unknown state does.

    Example:
        >>> is_job_active("running"), is_job_active("blocked"), is_job_active("a state of tomorrow")
        (True, False, True)
    """
    return str(state) not in FINISHED_JOBS and str(state) not in HELD_JOBS


def build_state(build: Build) -> str | None:
    """Return the state of a build, which is `blocked` at a block step.

    The state that Buildkite gives for such a build is its last one, `passed` by default.
    https://buildkite.com/docs/apis/rest-api/builds
    """
    if build.blocked is True:
        return "blocked"
    return None if build.state is None else str(build.state)
