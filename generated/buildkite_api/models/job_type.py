# Generated from spec/ by `make generate`: edit that, not this.

from ..types import OpenEnum


class JobType(OpenEnum):
    """The kinds of jobs. What an input step becomes is not documented.

    - `script`: A command step.
    - `waiter`: A wait step. It never runs.
    - `manual`: A block step.
    - `trigger`: A step that starts a build of another pipeline."""

    MANUAL = "manual"
    SCRIPT = "script"
    TRIGGER = "trigger"
    WAITER = "waiter"
