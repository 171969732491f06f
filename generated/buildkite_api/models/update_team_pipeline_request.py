# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import TYPE_CHECKING

from .._definition import define
from ..base import RequestModel

if TYPE_CHECKING:
    from .pipeline_access_level import PipelineAccessLevel


@define(kw_only=True, repr=False, weakref_slot=False)
class UpdateTeamPipelineRequest(RequestModel):
    """Changes."""

    access_level: PipelineAccessLevel | str
    """Access level."""
