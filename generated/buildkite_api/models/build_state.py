# Generated from spec/ by `make generate`: edit that, not this.

from ..types import OpenEnum


class BuildState(OpenEnum):
    """The states of a build. A build that is `passed` or `failed` runs again when a job is retried.

    - `creating`: The record exists, its steps do not yet.
    - `scheduled`: Waiting for its first job to start.
    - `running`: At least one job has started.
    - `failing`: A job has failed for good while others still run.
    - `passed`: Everything passed, as far as it ran.
    - `failed`: A job failed.
    - `blocked`: Waiting for someone to unblock a step. A single build that is asked for never says so.
    - `canceling`: Being canceled.
    - `canceled`: Canceled.
    - `skipped`: Superseded by a newer build before it started.
    - `not_run`: Every step was skipped.
    - `waiting`: Listed by Buildkite without a meaning of its own.
    - `waiting_failed`: Listed by Buildkite without a meaning of its own."""

    BLOCKED = "blocked"
    CANCELED = "canceled"
    CANCELING = "canceling"
    CREATING = "creating"
    FAILED = "failed"
    FAILING = "failing"
    NOT_RUN = "not_run"
    PASSED = "passed"
    RUNNING = "running"
    SCHEDULED = "scheduled"
    SKIPPED = "skipped"
    WAITING = "waiting"
    WAITING_FAILED = "waiting_failed"
