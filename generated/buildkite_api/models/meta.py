# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from .._definition import define, field
from ..base import ReadModel, new


@define(kw_only=True, repr=False, weakref_slot=False)
class Meta(ReadModel):
    """Facts about Buildkite."""

    webhook_ips: list[str] = field(factory=list)
    """The addresses of outgoing requests, in CIDR notation."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.webhook_ips = [] if struct.webhook_ips is None else struct.webhook_ips
        return model
