# Generated from spec/ by `make generate`: edit that, not this.

from ..types import OpenEnum


class AnnotationScope(OpenEnum):
    """Owner of an annotation.

    - `build`: A build.
    - `job`: A job."""

    BUILD = "build"
    JOB = "job"
