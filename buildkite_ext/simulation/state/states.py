"""Buildkite's own states, and which may follow which.

Builds: the diagram of https://buildkite.com/docs/pipelines/configure/defining-steps. A blocked build is in the state
`blocked` in here; the API shows it as the state that the block step keeps, with `blocked: true`.
"""

from __future__ import annotations

from collections.abc import Mapping

BUILD_DIAGRAM: Mapping[str, frozenset[str]] = {
    "creating": frozenset({"scheduled"}),
    "scheduled": frozenset({"not_run", "skipped", "running", "blocked", "canceled"}),
    "running": frozenset({"blocked", "passed", "failing", "failed", "canceling"}),
    "failing": frozenset({"running", "failed", "canceling"}),
    "blocked": frozenset({"running", "canceled"}),
    "passed": frozenset({"running"}),
    "failed": frozenset({"running"}),
    "canceling": frozenset({"canceled"}),
    "canceled": frozenset(),
    "skipped": frozenset(),
    "not_run": frozenset(),
}

BUILD_FINISHED = frozenset({"passed", "failed", "blocked", "canceled"})
"""What the filter `state=finished` stands for."""

BUILD_DONE = frozenset({"passed", "failed", "canceled", "skipped", "not_run"})
"""Nothing more happens by itself."""

BUILD_UNDER_WAY = frozenset({"running", "failing", "canceling"})

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
"""Every job state of the REST API; the list of jobs takes these as `state[]`."""

JOB_RUNNING = frozenset({"running", "canceling", "timing_out"})
"""Something runs on an agent."""

JOB_ACTIVE = JOB_RUNNING | {"pending", "scheduled", "assigned", "accepted", "limited"}
"""It runs, or nothing but time keeps it from running."""

JOB_WAITING = frozenset({"waiting", "waiting_failed"})
"""Something before it has to end first, or has failed."""

JOB_FAILED = frozenset({"failed", "timed_out", "canceled", "expired"})

JOB_LEFT_OUT = frozenset({"skipped", "broken"})
