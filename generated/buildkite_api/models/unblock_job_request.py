# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._definition import define
from ..base import RequestModel
from ..types import UNSET, Unset


@define(kw_only=True, repr=False, weakref_slot=False)
class UnblockJobRequest(RequestModel):
    """Unblocker, and the values of the fields."""

    unblocker: str | Unset = UNSET
    """The id of the user who unblocks. Otherwise it is the user of the token."""

    fields: Mapping[str, Any] | Unset = UNSET
    """Values of the block step's fields, by their keys. Values are strings; several values for one field are
    not documented."""
