# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import TYPE_CHECKING

from .._definition import define
from ..base import RequestModel

if TYPE_CHECKING:
    from .pipeline_access_level import PipelineAccessLevel


@define(kw_only=True, repr=False, weakref_slot=False)
class CreateTeamPipelineRequest(RequestModel):
    """Pipeline to give to the team."""

    pipeline_id: str
    """The pipeline's id."""

    access_level: PipelineAccessLevel | str
    """Access level."""
