# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from .._definition import define, field
from ..base import ReadModel, new

if TYPE_CHECKING:
    from .suite_access_level import SuiteAccessLevel


@define(kw_only=True, repr=False, weakref_slot=False)
class TeamSuite(ReadModel):
    """Access of a team to a test suite."""

    suite_id: str
    """The suite's id."""

    suite_url: str | None = None
    """The suite in the REST API."""

    access_level: list[SuiteAccessLevel] = field(factory=list)
    """Access level."""

    created_at: datetime.datetime | None = None
    """Time when the team got the suite."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.suite_id = struct.suite_id
        model.suite_url = struct.suite_url
        model.access_level = [] if struct.access_level is None else struct.access_level
        model.created_at = struct.created_at
        return model
