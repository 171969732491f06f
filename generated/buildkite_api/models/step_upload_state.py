# Generated from spec/ by `make generate`: edit that, not this.

from ..types import OpenEnum


class StepUploadState(OpenEnum):
    """State of a step upload. These two are seen in the tests of Buildkite's Go client; there may be more.

    - `applied`: Its steps are part of the build.
    - `rejected`: Its steps did not fit."""

    APPLIED = "applied"
    REJECTED = "rejected"
