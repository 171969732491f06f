# Generated from spec/ by `make generate`: edit that, not this.

from ..types import OpenEnum


class RuleType(OpenEnum):
    """The kinds of rules.

    - `pipeline.trigger_build.pipeline`: A pipeline may trigger builds of another.
    - `pipeline.artifacts_read.pipeline`: A pipeline may read the artifacts of another."""

    PIPELINE_ARTIFACTS_READ_PIPELINE = "pipeline.artifacts_read.pipeline"
    PIPELINE_TRIGGER_BUILD_PIPELINE = "pipeline.trigger_build.pipeline"
