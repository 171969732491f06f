# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from attrs import define

from ..base import ReadModel


@define(kw_only=True, repr=False, weakref_slot=False)
class JobRetrier(ReadModel):
    """User who retried a job, in webhooks."""

    name: str | None = None
    """The user's name."""

    email: str | None = None
    """The user's e-mail address."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.name = struct.name
        self.email = struct.email
