# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import Any

from .._definition import define
from ..base import ReadModel, new


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

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.url = struct.url
        model.enabled = struct.enabled
        model.disabled_at = struct.disabled_at
        model.disabled_by = struct.disabled_by
        return model
