# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .._definition import define
from ..base import RequestModel

if TYPE_CHECKING:
    from .suite_access_level import SuiteAccessLevel


@define(kw_only=True, repr=False, weakref_slot=False)
class UpdateTeamSuiteRequest(RequestModel):
    """Changes."""

    access_level: Sequence[SuiteAccessLevel | str]
    """All that the team may do."""
