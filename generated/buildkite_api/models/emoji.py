# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from attrs import define, field

from ..base import ReadModel


@define(kw_only=True, repr=False, weakref_slot=False)
class Emoji(ReadModel):
    """An emoji, which text names as `:name:`."""

    name: str
    """Its name."""

    url: str
    """Its picture."""

    aliases: list[str] = field(factory=list)
    """Its other names."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.name = struct.name
        self.url = struct.url
        self.aliases = [] if struct.aliases is None else struct.aliases
