# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import TYPE_CHECKING

from .._definition import define
from ..base import RequestModel
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from .create_hosted_agents_request import CreateHostedAgentsRequest
    from .retry_agent_affinity import RetryAgentAffinity


@define(kw_only=True, repr=False, weakref_slot=False)
class CreateClusterQueueRequest(RequestModel):
    """The new queue."""

    key: str
    """The name by which steps and agents address it."""

    description: str | Unset = UNSET
    """Purpose."""

    retry_agent_affinity: RetryAgentAffinity | str | Unset = UNSET
    """Choice of the agents for a retried job."""

    hostedAgents: CreateHostedAgentsRequest | Unset = UNSET
    """Properties of Buildkite's agents. Without it, the queue is for self-hosted agents."""
