# Generated from spec/ by `make generate`: edit that, not this.

from ..types import OpenEnum


class TestState(OpenEnum):
    """The states of a test.

    - `enabled`: It counts.
    - `muted`: Its failures are passed over.
    - `skipped`: It is skipped."""

    __test__ = False

    ENABLED = "enabled"
    MUTED = "muted"
    SKIPPED = "skipped"
