# Generated from spec/ by `make generate`: edit that, not this.

from ..types import OpenEnum


class LabelOperator(OpenEnum):
    """Operation on labels.

    - `add`: Add them.
    - `remove`: Remove them."""

    ADD = "add"
    REMOVE = "remove"
