# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from .._definition import define
from ..base import RequestModel
from ..types import UNSET, Unset


@define(kw_only=True, repr=False, weakref_slot=False)
class StopAgentRequest(RequestModel):
    """Way to stop an agent."""

    force: bool | Unset = UNSET
    """Cancel the job that it runs, and the build with it. Buildkite does so if this is left out."""
