# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from ..base import RequestModel
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from .retry_agent_affinity import RetryAgentAffinity
    from .update_hosted_agents_request import UpdateHostedAgentsRequest


@define(kw_only=True, repr=False, weakref_slot=False)
class UpdateClusterQueueRequest(RequestModel):
    """What to change. What is left out stays as it is."""

    description: str | Unset = UNSET
    """What it is for."""

    retry_agent_affinity: RetryAgentAffinity | str | Unset = UNSET
    """Which agents a retried job goes to."""

    hostedAgents: UpdateHostedAgentsRequest | Unset = UNSET
    """What Buildkite's agents shall be like."""
