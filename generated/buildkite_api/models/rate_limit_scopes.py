# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._definition import define
from ..base import ReadModel, new

if TYPE_CHECKING:
    from .rate_limit_window import RateLimitWindow


@define(kw_only=True, repr=False, weakref_slot=False)
class RateLimitScopes(ReadModel):
    """The budgets, by API."""

    rest: RateLimitWindow | None = None
    """Requests to the REST API, in windows of 60 seconds."""

    graphql: RateLimitWindow | None = None
    """Complexity points in the GraphQL API, in windows of 300 seconds."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.rest = struct.rest and struct.rest._to_model()
        model.graphql = struct.graphql and struct.graphql._to_model()
        return model
