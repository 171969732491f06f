"""States of builds and jobs in the REST API."""

from __future__ import annotations

__all__ = [
    "BUILD_DONE",
    "BUILD_FINISHED",
    "BUILD_UNDER_WAY",
    "JOB_ACTIVE",
    "JOB_FAILED",
    "JOB_LEFT_OUT",
    "JOB_RUNNING",
    "JOB_STATES",
    "JOB_WAITING",
]


BUILD_FINISHED = frozenset({"passed", "failed", "blocked", "canceled"})
"""States that the filter `state=finished` matches."""

BUILD_DONE = frozenset({"passed", "failed", "canceled", "skipped", "not_run"})
"""States that a build keeps unless a user acts."""

BUILD_UNDER_WAY = frozenset({"running", "failing", "canceling"})
"""States that count as running in a pipeline's `running_builds_count`."""

JOB_STATES = frozenset(
    {
        "pending",
        "waiting",
        "waiting_failed",
        "blocked",
        "blocked_failed",
        "unblocked",
        "unblocked_failed",
        "scheduled",
        "assigned",
        "accepted",
        "running",
        "passed",
        "failed",
        "timed_out",
        "timing_out",
        "canceled",
        "canceling",
        "skipped",
        "broken",
        "expired",
        "limited",
    }
)
"""States of a job. The list of jobs accepts these as `state[]`."""

JOB_RUNNING = frozenset({"running", "canceling", "timing_out"})
"""States of a job that runs on an agent."""

JOB_ACTIVE = JOB_RUNNING | {"pending", "scheduled", "assigned", "accepted", "limited"}
"""States of a job that runs, or runs as soon as an agent is free."""

JOB_WAITING = frozenset({"waiting", "waiting_failed"})
"""States of a job that waits for a step before it, or never runs because of it."""

JOB_FAILED = frozenset({"failed", "timed_out", "canceled", "expired"})
"""States of a job that make its build fail."""

JOB_LEFT_OUT = frozenset({"skipped", "broken"})
"""States of a job that never runs."""
