# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from .._definition import define
from ..base import RequestModel
from ..types import UNSET, Unset


@define(kw_only=True, repr=False, weakref_slot=False)
class BuildAuthorRequest(RequestModel):
    """Author of a build."""

    name: str | Unset = UNSET
    """The author's name."""

    email: str | Unset = UNSET
    """The author's e-mail address."""
