# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import TYPE_CHECKING

from .._definition import define
from ..base import RequestModel

if TYPE_CHECKING:
    from .instance_shape_name import InstanceShapeName


@define(kw_only=True, repr=False, weakref_slot=False)
class CreateHostedAgentsRequest(RequestModel):
    """Properties of the hosted agents of a new queue. An image can only be set by an update."""

    instanceShape: InstanceShapeName | str
    """Their machines."""
