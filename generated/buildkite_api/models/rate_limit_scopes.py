# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import define

from ..base import ReadModel, to_models

if TYPE_CHECKING:
    from .rate_limit_window import RateLimitWindow


@define(kw_only=True, repr=False, weakref_slot=False)
class RateLimitScopes(ReadModel):
    """The budgets, by API."""

    rest: RateLimitWindow | None = None
    """Requests to the REST API, in windows of 60 seconds."""

    graphql: RateLimitWindow | None = None
    """Complexity points in the GraphQL API, in windows of 300 seconds."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.rest = struct.rest and to_models(struct.rest)
        self.graphql = struct.graphql and to_models(struct.graphql)
