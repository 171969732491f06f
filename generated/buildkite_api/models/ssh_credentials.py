# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from .._definition import define, field
from ..base import ReadModel, new
from ..types import Secret


@define(kw_only=True, repr=False, weakref_slot=False)
class SshCredentials(ReadModel):
    """The credentials of an SSH session."""

    username: str
    """The user."""

    private_key: Secret = field(repr=False)
    """The private key."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.username = struct.username
        model.private_key = struct.private_key
        return model
