# Generated from spec/ by `make generate`: edit that, not this.

from ..types import OpenEnum


class AgentImageStatus(OpenEnum):
    """State of an agent image.

    - `BUILDING`: Not yet.
    - `READY`: It can.
    - `FAILED`: It could not be built."""

    BUILDING = "BUILDING"
    FAILED = "FAILED"
    READY = "READY"
