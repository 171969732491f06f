# Generated from spec/ by `make generate`: edit that, not this.

from ..types import OpenEnum


class TestSortKey(OpenEnum):
    """Sort key of tests.

    - `duration_avg`: The average duration.
    - `duration_sum`: The duration of all executions.
    - `duration_min`: The shortest duration.
    - `duration_max`: The longest duration.
    - `reliability`: The reliability."""

    __test__ = False

    DURATION_AVG = "duration_avg"
    DURATION_MAX = "duration_max"
    DURATION_MIN = "duration_min"
    DURATION_SUM = "duration_sum"
    RELIABILITY = "reliability"
