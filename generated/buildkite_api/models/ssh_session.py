# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from .._definition import define, field
from ..base import ReadModel, new
from ..types import Secret

if TYPE_CHECKING:
    from .ssh_credentials import SshCredentials


@define(kw_only=True, repr=False, weakref_slot=False)
class SshSession(ReadModel):
    """A short-lived SSH connection to a job."""

    endpoint: str
    """Address of the endpoint."""

    access_token: Secret = field(repr=False)
    """Token that opens the connection."""

    expires_at: datetime.datetime | None = None
    """Until when the token is good."""

    transport: str | None = None
    """Transport to the endpoint."""

    ssh: SshCredentials
    """Credentials for the connected session."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.endpoint = struct.endpoint
        model.access_token = struct.access_token
        model.expires_at = struct.expires_at
        model.transport = struct.transport
        model.ssh = struct.ssh and struct.ssh._to_model()
        return model
