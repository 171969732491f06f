# Generated from spec/ by `make generate`: edit that, not this.

from ..types import OpenEnum


class NotificationServiceScope(OpenEnum):
    """Pipelines that a service is notified of.

    - `all`: All pipelines.
    - `some_projects`: Single pipelines.
    - `some_teams`: The pipelines of single teams.
    - `some_clusters`: The pipelines of single clusters."""

    ALL = "all"
    SOME_CLUSTERS = "some_clusters"
    SOME_PROJECTS = "some_projects"
    SOME_TEAMS = "some_teams"
