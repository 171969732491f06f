# Generated from spec/ by `make generate`: edit that, not this.

from ..types import OpenEnum


class PipelineVisibility(OpenEnum):
    """Who may see a pipeline.

    - `private`: The organization.
    - `public`: Everybody."""

    PRIVATE = "private"
    PUBLIC = "public"
