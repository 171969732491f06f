# Generated from spec/ by `make generate`: edit that, not this.

from ..types import OpenEnum


class JobRetryType(OpenEnum):
    """How a job is retried.

    - `manual`: Someone, or a request, asked for it.
    - `automatic`: By the retry rules of the step."""

    AUTOMATIC = "automatic"
    MANUAL = "manual"
