# Generated from spec/ by `make generate`: edit that, not this.

from ..types import OpenEnum


class PipelineStepType(OpenEnum):
    """The kinds of steps. How input and group steps appear here is not documented.

    - `script`: Runs a command.
    - `waiter`: Waits for all steps before it.
    - `manual`: Waits for someone to unblock it.
    - `trigger`: Starts a build of another pipeline."""

    MANUAL = "manual"
    SCRIPT = "script"
    TRIGGER = "trigger"
    WAITER = "waiter"
