# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from .._definition import define
from ..base import ReadModel, new

if TYPE_CHECKING:
    from .cluster_maintainers import ClusterMaintainers
    from .user import User


@define(kw_only=True, repr=False, weakref_slot=False)
class Cluster(ReadModel):
    """An isolated set of agents and pipelines."""

    id: str
    """The cluster's id."""

    graphql_id: str | None = None
    """The same cluster in the GraphQL API."""

    default_queue_id: str | None = None
    """The queue of agents that name none."""

    name: str
    """The display name."""

    description: str | None = None
    """Purpose."""

    emoji: str | None = None
    """An emoji such as `:rocket:`."""

    color: str | None = None
    """A color as a hex code."""

    maintainers: ClusterMaintainers | None = None
    """Users and teams that may manage it."""

    url: str
    """The cluster in the REST API."""

    web_url: str | None = None
    """The cluster's page on Buildkite."""

    default_queue_url: str | None = None
    """The default queue in the REST API."""

    queues_url: str | None = None
    """The cluster's queues."""

    created_at: datetime.datetime | None = None
    """Time when it was created."""

    created_by: User | None = None
    """User who created it."""

    hosted_git_mirror_enabled: bool | None = None
    """True if hosted agents keep a mirror of repositories. Only for those who may manage the cluster."""

    hosted_container_cache_enabled: bool | None = None
    """True if hosted agents keep a cache of containers. Only for those who may manage the cluster."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.id = struct.id
        model.graphql_id = struct.graphql_id
        model.default_queue_id = struct.default_queue_id
        model.name = struct.name
        model.description = struct.description
        model.emoji = struct.emoji
        model.color = struct.color
        model.maintainers = struct.maintainers and struct.maintainers._to_model()
        model.url = struct.url
        model.web_url = struct.web_url
        model.default_queue_url = struct.default_queue_url
        model.queues_url = struct.queues_url
        model.created_at = struct.created_at
        model.created_by = struct.created_by and struct.created_by._to_model()
        model.hosted_git_mirror_enabled = struct.hosted_git_mirror_enabled
        model.hosted_container_cache_enabled = struct.hosted_container_cache_enabled
        return model
