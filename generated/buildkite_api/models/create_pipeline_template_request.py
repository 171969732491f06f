# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from .._definition import define
from ..base import RequestModel
from ..types import UNSET, Unset


@define(kw_only=True, repr=False, weakref_slot=False)
class CreatePipelineTemplateRequest(RequestModel):
    """The new template."""

    name: str
    """The display name."""

    description: str | Unset = UNSET
    """Purpose."""

    configuration: str
    """Its steps as YAML."""

    available: bool | Unset = UNSET
    """True if others than administrators may give it to pipelines. The default is false."""
