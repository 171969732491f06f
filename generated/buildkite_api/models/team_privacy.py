# Generated from spec/ by `make generate`: edit that, not this.

from ..types import OpenEnum


class TeamPrivacy(OpenEnum):
    """Privacy of a team. The documentation only names the two.

    - `visible`
    - `secret`"""

    SECRET = "secret"
    VISIBLE = "visible"
