# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import Any

from attrs import define

from ..base import ReadModel


@define(kw_only=True, repr=False, weakref_slot=False)
class GithubWebhookProcessing(ReadModel):
    """State of a pipeline's GitHub webhooks."""

    url: str
    """This state in the REST API."""

    enabled: bool
    """True if Buildkite processes them."""

    disabled_at: datetime.datetime | None = None
    """Time when that was switched off."""

    disabled_by: str | None = None
    """The name of the user who switched it off."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.url = struct.url
        self.enabled = struct.enabled
        self.disabled_at = struct.disabled_at
        self.disabled_by = struct.disabled_by
