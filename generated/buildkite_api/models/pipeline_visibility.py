# Generated from spec/ by `make generate`: edit that, not this.

from ..types import OpenEnum


class PipelineVisibility(OpenEnum):
    """Visibility of a pipeline.

    - `private`: The organization.
    - `public`: Everybody."""

    PRIVATE = "private"
    PUBLIC = "public"
