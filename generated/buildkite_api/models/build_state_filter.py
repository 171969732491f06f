# Generated from spec/ by `make generate`: edit that, not this.

from ..types import OpenEnum


class BuildStateFilter(OpenEnum):
    """The states by which builds can be listed.

    - `creating`: The record exists, its steps do not yet.
    - `scheduled`: Waiting for its first job to start.
    - `running`: At least one job has started.
    - `passed`: Everything passed, as far as it ran.
    - `failing`: A job has failed for good while others still run.
    - `failed`: A job failed.
    - `blocked`: Waiting for someone to unblock a step.
    - `canceling`: Being canceled.
    - `canceled`: Canceled.
    - `skipped`: Superseded by a newer build before it started.
    - `not_run`: Every step was skipped.
    - `finished`: Short for `passed`, `failed`, `blocked` and `canceled`. It leaves out `skipped` and
      `not_run`."""

    BLOCKED = "blocked"
    CANCELED = "canceled"
    CANCELING = "canceling"
    CREATING = "creating"
    FAILED = "failed"
    FAILING = "failing"
    FINISHED = "finished"
    NOT_RUN = "not_run"
    PASSED = "passed"
    RUNNING = "running"
    SCHEDULED = "scheduled"
    SKIPPED = "skipped"
