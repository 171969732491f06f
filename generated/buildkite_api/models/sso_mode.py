# Generated from spec/ by `make generate`: edit that, not this.

from ..types import OpenEnum


class SsoMode(OpenEnum):
    """Whether a member has to sign in by SSO.

    - `required`: The member has to.
    - `optional`: The member may."""

    OPTIONAL = "optional"
    REQUIRED = "required"
