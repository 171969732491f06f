# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._definition import define
from ..base import ReadModel, new

if TYPE_CHECKING:
    from .rate_limit_scopes import RateLimitScopes


@define(kw_only=True, repr=False, weakref_slot=False)
class RateLimits(ReadModel):
    """An organization's budgets in both APIs."""

    scopes: RateLimitScopes
    """One budget for each API."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.scopes = struct.scopes and struct.scopes._to_model()
        return model
