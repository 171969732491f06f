# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from collections.abc import Sequence

from .._definition import define
from ..base import RequestModel
from ..types import UNSET, Unset


@define(kw_only=True, repr=False, weakref_slot=False)
class RuleValueRequest(RequestModel):
    """Pipelines of a rule."""

    source_pipeline: str
    """The id or the slug of the pipeline that triggers or reads."""

    target_pipeline: str
    """The id or the slug of the pipeline that is triggered or read."""

    conditions: Sequence[str] | Unset = UNSET
    """Further conditions, which all must hold, in the form of the conditionals of steps."""
