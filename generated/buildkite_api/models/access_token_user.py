# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from .._definition import define
from ..base import ReadModel, new


@define(kw_only=True, repr=False, weakref_slot=False)
class AccessTokenUser(ReadModel):
    """The owner of a token."""

    name: str | None = None
    """The user's name."""

    email: str | None = None
    """The user's e-mail address."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.name = struct.name
        model.email = struct.email
        return model
