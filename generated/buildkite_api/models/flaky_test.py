# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import Any

from .._definition import define, field
from ..base import ReadModel, new


@define(kw_only=True, repr=False, weakref_slot=False)
class FlakyTest(ReadModel):
    """A test that was found to be flaky."""

    id: str
    """The test's id."""

    web_url: str | None = None
    """The test's page on Buildkite."""

    scope: str | None = None
    """Group of the test, such as the class that it tests."""

    name: str
    """Its name in that scope."""

    location: str | None = None
    """Location as file and line."""

    file_name: str | None = None
    """The file that it stands in."""

    instances: int | None = None
    """Number of its instances."""

    latest_occurrence_at: datetime.datetime | None = None
    """Time when it last occurred."""

    most_recent_instance_at: datetime.datetime | None = None
    """Time of its most recent instance."""

    last_resolved_at: datetime.datetime | None = None
    """Time when it was last resolved."""

    ownership_team_ids: list[str] = field(factory=list)
    """The ids of the teams that own it."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.id = struct.id
        model.web_url = struct.web_url
        model.scope = struct.scope
        model.name = struct.name
        model.location = struct.location
        model.file_name = struct.file_name
        model.instances = struct.instances
        model.latest_occurrence_at = struct.latest_occurrence_at
        model.most_recent_instance_at = struct.most_recent_instance_at
        model.last_resolved_at = struct.last_resolved_at
        model.ownership_team_ids = [] if struct.ownership_team_ids is None else struct.ownership_team_ids
        return model
