# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from .._definition import define, field
from ..base import ReadModel, new


@define(kw_only=True, repr=False, weakref_slot=False)
class BuildExports(ReadModel):
    """The export of an organization's builds."""

    available: bool | None = None
    """True if the plan has it."""

    enabled: bool | None = None
    """True if it is configured."""

    location: str | None = None
    """The bucket."""

    strategy_id: str | None = None
    """Strategy, such as `s3` or `gcs`."""

    supported_strategies: list[str] = field(factory=list)
    """Possible values of `strategy_id`."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.available = struct.available
        model.enabled = struct.enabled
        model.location = struct.location
        model.strategy_id = struct.strategy_id
        model.supported_strategies = [] if struct.supported_strategies is None else struct.supported_strategies
        return model
