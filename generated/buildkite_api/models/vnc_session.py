# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from attrs import define, field

from ..base import ReadModel, to_models
from ..types import Secret

if TYPE_CHECKING:
    from .vnc_credentials import VncCredentials


@define(kw_only=True, repr=False, weakref_slot=False)
class VncSession(ReadModel):
    """A short-lived remote desktop connection to a job."""

    endpoint: str
    """Address of the endpoint."""

    access_token: Secret = field(repr=False)
    """Token that opens the connection."""

    expires_at: datetime.datetime | None = None
    """Until when the token is good."""

    vnc: VncCredentials
    """Credentials for the connected session."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.endpoint = struct.endpoint
        self.access_token = struct.access_token
        self.expires_at = struct.expires_at
        self.vnc = struct.vnc and to_models(struct.vnc)
