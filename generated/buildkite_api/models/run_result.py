# Generated from spec/ by `make generate`: edit that, not this.

from ..types import OpenEnum


class RunResult(OpenEnum):
    """Result of a run so far.

    - `pending`: No result has been processed yet.
    - `passed`: No test has failed.
    - `failed`: A test has failed. This is for good.
    - `stale`: No result came in time."""

    FAILED = "failed"
    PASSED = "passed"
    PENDING = "pending"
    STALE = "stale"
