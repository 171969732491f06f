# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from collections.abc import Mapping

from .._definition import define
from ..base import RequestModel


@define(kw_only=True, repr=False, weakref_slot=False)
class ExecutionTagsRequest(RequestModel):
    """The tags of one execution."""

    id: str
    """The execution's id."""

    tags: Mapping[str, str]
    """All its mutable tags, whose names begin with `mut.`. Empty to remove them."""
