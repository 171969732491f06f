# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from attrs import define

from ..base import ReadModel


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

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.id = struct.id
        self.number = struct.number
        self.url = struct.url
        self.web_url = struct.web_url
