# Generated from spec/ by `make generate`: edit that, not this.

from ..types import OpenEnum


class PipelineAccessLevel(OpenEnum):
    """Access level of a team for a pipeline. A documented answer also shows `read`.

    - `read_only`: Read.
    - `build_and_read`: Build and read.
    - `manage_build_and_read`: Manage, build and read."""

    BUILD_AND_READ = "build_and_read"
    MANAGE_BUILD_AND_READ = "manage_build_and_read"
    READ_ONLY = "read_only"
