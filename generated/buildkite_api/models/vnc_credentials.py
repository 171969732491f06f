# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from .._definition import define, field
from ..base import ReadModel, new
from ..types import Secret


@define(kw_only=True, repr=False, weakref_slot=False)
class VncCredentials(ReadModel):
    """The credentials of a remote desktop session."""

    username: str
    """The user."""

    password: Secret = field(repr=False)
    """The password."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.username = struct.username
        model.password = struct.password
        return model
