# Generated from spec/ by `make generate`: edit that, not this.

from ..types import OpenEnum


class RunState(OpenEnum):
    """Whether the results of a run are still being processed.

    - `running`: They are.
    - `finished`: All that came are. It runs again when more come."""

    FINISHED = "finished"
    RUNNING = "running"
