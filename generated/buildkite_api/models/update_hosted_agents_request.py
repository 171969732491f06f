# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import TYPE_CHECKING

from .._definition import define
from ..base import RequestModel
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from .instance_shape_name import InstanceShapeName


@define(kw_only=True, repr=False, weakref_slot=False)
class UpdateHostedAgentsRequest(RequestModel):
    """Properties of the hosted agents of a queue."""

    instanceShape: InstanceShapeName | str
    """Their machines. Repeat the present shape to change only the image."""

    agentImageRef: str | Unset = UNSET
    """The image that they run, for Linux alone. It has to be public or in the internal registry."""
