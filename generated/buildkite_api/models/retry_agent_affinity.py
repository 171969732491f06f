# Generated from spec/ by `make generate`: edit that, not this.

from ..types import OpenEnum


class RetryAgentAffinity(OpenEnum):
    """Choice of the agents for a retried job.

    - `prefer-warmest`: Rather those that finished a job lately. What Buildkite does unless told
      otherwise.
    - `prefer-different`: Rather others than before."""

    PREFER_DIFFERENT = "prefer-different"
    PREFER_WARMEST = "prefer-warmest"
