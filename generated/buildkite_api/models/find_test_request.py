# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from .._definition import define
from ..base import RequestModel


@define(kw_only=True, repr=False, weakref_slot=False)
class FindTestRequest(RequestModel):
    """Test to find."""

    scope: str
    """Group of the test, such as the class that it tests."""

    name: str
    """Its name in that scope."""
