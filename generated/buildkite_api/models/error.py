# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._definition import define, field
from ..base import ReadModel, new

if TYPE_CHECKING:
    from .error_detail import ErrorDetail


@define(kw_only=True, repr=False, weakref_slot=False)
class Error(ReadModel):
    """Answer to a request that Buildkite refuses. Only `message` is common; `errors` comes with some 422s, the
    rest with a 429."""

    message: str | None = None
    """The reason, in a sentence."""

    errors: list[ErrorDetail] = field(factory=list)
    """The fields that failed validation."""

    scope: str | None = None
    """Limit that was reached, for instance `rest` (the organization's) or `rest_user` (the user's)."""

    limit: int | None = None
    """Number of requests that a window allows."""

    current: int | None = None
    """Number of requests in this window, which may be more than `limit`."""

    reset: int | None = None
    """Seconds until the window ends."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.message = struct.message
        model.errors = [] if struct.errors is None else [each._to_model() for each in struct.errors]
        model.scope = struct.scope
        model.limit = struct.limit
        model.current = struct.current
        model.reset = struct.reset
        return model
