# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import Any

from attrs import define, field

from ..base import ReadModel


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

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.id = struct.id
        self.web_url = struct.web_url
        self.scope = struct.scope
        self.name = struct.name
        self.location = struct.location
        self.file_name = struct.file_name
        self.instances = struct.instances
        self.latest_occurrence_at = struct.latest_occurrence_at
        self.most_recent_instance_at = struct.most_recent_instance_at
        self.last_resolved_at = struct.last_resolved_at
        self.ownership_team_ids = [] if struct.ownership_team_ids is None else struct.ownership_team_ids
