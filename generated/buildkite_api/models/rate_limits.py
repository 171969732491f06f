# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import define

from ..base import ReadModel, to_models

if TYPE_CHECKING:
    from .rate_limit_scopes import RateLimitScopes


@define(kw_only=True, repr=False, weakref_slot=False)
class RateLimits(ReadModel):
    """An organization's budgets in both APIs."""

    scopes: RateLimitScopes
    """One budget for each API."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.scopes = struct.scopes and to_models(struct.scopes)
