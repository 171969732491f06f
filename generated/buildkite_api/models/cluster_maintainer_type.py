# Generated from spec/ by `make generate`: edit that, not this.

from ..types import OpenEnum


class ClusterMaintainerType(OpenEnum):
    """Who can maintain a cluster.

    - `user`: A user.
    - `team`: A team."""

    TEAM = "team"
    USER = "user"
