# Generated from spec/ by `make generate`: edit that, not this.

from ..types import OpenEnum


class AnnotationScopeFilter(OpenEnum):
    """Annotations of a build to list.

    - `build`: Those of the build itself.
    - `job`: Those of its jobs.
    - `all`: Both."""

    ALL = "all"
    BUILD = "build"
    JOB = "job"
