# Generated from spec/ by `make generate`: edit that, not this.

from ..types import OpenEnum


class ClusterMaintainerType(OpenEnum):
    """Kind of maintainer of a cluster.

    - `user`: A user.
    - `team`: A team."""

    TEAM = "team"
    USER = "user"
