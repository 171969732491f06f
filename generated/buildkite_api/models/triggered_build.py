# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from .._definition import define
from ..base import ReadModel, new


@define(kw_only=True, repr=False, weakref_slot=False)
class TriggeredBuild(ReadModel):
    """The build that a trigger job started."""

    id: str
    """The build's id."""

    number: int
    """The build's number in its pipeline."""

    url: str
    """The build in the REST API."""

    web_url: str | None = None
    """The build's page on Buildkite."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.id = struct.id
        model.number = struct.number
        model.url = struct.url
        model.web_url = struct.web_url
        return model
