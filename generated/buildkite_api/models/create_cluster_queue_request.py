# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

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
    """What it is for."""

    retry_agent_affinity: RetryAgentAffinity | str | Unset = UNSET
    """Which agents a retried job goes to."""

    hostedAgents: CreateHostedAgentsRequest | Unset = UNSET
    """What Buildkite's agents shall be like. Without it, the queue is for agents of one's own."""
