# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from .._definition import define, field
from ..base import ReadModel, new


@define(kw_only=True, repr=False, weakref_slot=False)
class Emoji(ReadModel):
    """An emoji, which text names as `:name:`."""

    name: str
    """Its name."""

    url: str
    """Its picture."""

    aliases: list[str] = field(factory=list)
    """Its other names."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.name = struct.name
        model.url = struct.url
        model.aliases = [] if struct.aliases is None else struct.aliases
        return model
