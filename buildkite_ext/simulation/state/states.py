"""States of jobs, as the engine distinguishes them."""

from __future__ import annotations

from ...states import RUNNING_JOBS

__all__ = [
    "JOB_ACTIVE",
    "JOB_FAILED",
    "JOB_LEFT_OUT",
    "JOB_STATES",
    "JOB_WAITING",
]


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

JOB_ACTIVE = RUNNING_JOBS | {"pending", "scheduled", "assigned", "accepted", "limited"}
"""States of a job that runs, or runs as soon as an agent is free."""

JOB_WAITING = frozenset({"waiting", "waiting_failed"})
"""States of a job that waits for a step before it, or never runs because of it."""

JOB_FAILED = frozenset({"failed", "timed_out", "canceled", "expired"})
"""States of a job that make its build fail."""

JOB_LEFT_OUT = frozenset({"skipped", "broken"})
"""States of a job that never runs."""
