# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import Any

from attrs import define

from ..base import ReadModel


@define(kw_only=True, repr=False, weakref_slot=False)
class GithubWebhookProcessing(ReadModel):
    """Whether Buildkite acts on the GitHub webhooks of a pipeline."""

    url: str
    """This state in the REST API."""

    enabled: bool
    """Whether it acts on them."""

    disabled_at: datetime.datetime | None = None
    """When that was switched off."""

    disabled_by: str | None = None
    """The name of the user who switched it off."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.url = struct.url
        self.enabled = struct.enabled
        self.disabled_at = struct.disabled_at
        self.disabled_by = struct.disabled_by
