# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from .._definition import define
from ..base import ReadModel, new

if TYPE_CHECKING:
    from .hosted_agents import HostedAgents
    from .retry_agent_affinity import RetryAgentAffinity
    from .user import User


@define(kw_only=True, repr=False, weakref_slot=False)
class ClusterQueue(ReadModel):
    """A group of agents in a cluster, which pipelines address by its key."""

    id: str
    """The queue's id."""

    graphql_id: str | None = None
    """The same queue in the GraphQL API."""

    key: str
    """The name by which steps and agents address it."""

    description: str | None = None
    """Purpose."""

    url: str
    """The queue in the REST API."""

    web_url: str | None = None
    """The queue's page on Buildkite."""

    cluster_url: str | None = None
    """The queue's cluster in the REST API."""

    retry_agent_affinity: RetryAgentAffinity | None = None
    """Choice of the agents for a retried job. Absent from some answers."""

    dispatch_paused: bool | None = None
    """True if it is paused."""

    dispatch_paused_by: User | None = None
    """User who paused it."""

    dispatch_paused_at: datetime.datetime | None = None
    """Time when it was paused."""

    dispatch_paused_note: str | None = None
    """Reason why it was paused."""

    created_at: datetime.datetime | None = None
    """Time when it was created."""

    created_by: User | None = None
    """User who created it."""

    hosted: bool | None = None
    """True if its agents are Buildkite's. Absent from queues of self-hosted agents."""

    hosted_agents: HostedAgents | None = None
    """Properties of Buildkite's agents."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.id = struct.id
        model.graphql_id = struct.graphql_id
        model.key = struct.key
        model.description = struct.description
        model.url = struct.url
        model.web_url = struct.web_url
        model.cluster_url = struct.cluster_url
        model.retry_agent_affinity = struct.retry_agent_affinity
        model.dispatch_paused = struct.dispatch_paused
        model.dispatch_paused_by = struct.dispatch_paused_by and struct.dispatch_paused_by._to_model()
        model.dispatch_paused_at = struct.dispatch_paused_at
        model.dispatch_paused_note = struct.dispatch_paused_note
        model.created_at = struct.created_at
        model.created_by = struct.created_by and struct.created_by._to_model()
        model.hosted = struct.hosted
        model.hosted_agents = struct.hosted_agents and struct.hosted_agents._to_model()
        return model
