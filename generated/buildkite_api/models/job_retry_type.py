# Generated from spec/ by `make generate`: edit that, not this.

from ..types import OpenEnum


class JobRetryType(OpenEnum):
    """Kind of retry.

    - `manual`: Someone, or a request, asked for it.
    - `automatic`: By the retry rules of the step."""

    AUTOMATIC = "automatic"
    MANUAL = "manual"
