# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from attrs import define

from ..base import RequestModel
from ..types import UNSET, Unset


@define(kw_only=True, repr=False, weakref_slot=False)
class StopAgentRequest(RequestModel):
    """How to stop an agent."""

    force: bool | Unset = UNSET
    """Whether to cancel the job that it runs, and the build with it. Buildkite does so when this is left out."""
