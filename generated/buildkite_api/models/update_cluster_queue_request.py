# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import TYPE_CHECKING

from .._definition import define
from ..base import RequestModel
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from .retry_agent_affinity import RetryAgentAffinity
    from .update_hosted_agents_request import UpdateHostedAgentsRequest


@define(kw_only=True, repr=False, weakref_slot=False)
class UpdateClusterQueueRequest(RequestModel):
    """Changes. A field that is left out stays as it is."""

    description: str | Unset = UNSET
    """Purpose."""

    retry_agent_affinity: RetryAgentAffinity | str | Unset = UNSET
    """Choice of the agents for a retried job."""

    hostedAgents: UpdateHostedAgentsRequest | Unset = UNSET
    """Properties of Buildkite's agents."""
