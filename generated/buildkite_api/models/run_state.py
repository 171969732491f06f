# Generated from spec/ by `make generate`: edit that, not this.

from ..types import OpenEnum


class RunState(OpenEnum):
    """State of the processing of a run's results.

    - `running`: They are.
    - `finished`: All that came are. It runs again when more come."""

    FINISHED = "finished"
    RUNNING = "running"
