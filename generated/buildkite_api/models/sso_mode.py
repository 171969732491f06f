# Generated from spec/ by `make generate`: edit that, not this.

from ..types import OpenEnum


class SsoMode(OpenEnum):
    """SSO mode of a member.

    - `required`: The member has to.
    - `optional`: The member may."""

    OPTIONAL = "optional"
    REQUIRED = "required"
