# Generated from spec/ by `make generate`: edit that, not this.

from ..types import OpenEnum


class ArtifactState(OpenEnum):
    """The states of an artifact. Only a finished one can be downloaded.

    - `new`: Registered, not uploaded yet.
    - `error`: Could not be uploaded.
    - `finished`: Uploaded.
    - `deleted`: Deleted.
    - `expired`: Too old to be kept."""

    DELETED = "deleted"
    ERROR = "error"
    EXPIRED = "expired"
    FINISHED = "finished"
    NEW = "new"
