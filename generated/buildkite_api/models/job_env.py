# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from .._definition import define, field
from ..base import ReadModel, new


@define(kw_only=True, repr=False, weakref_slot=False)
class JobEnv(ReadModel):
    """A job's environment."""

    env: dict[str, str] = field(repr=False)
    """The variables. They can hold secrets."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.env = {} if struct.env is None else struct.env
        return model
