# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from attrs import define, field

from ..base import ReadModel


@define(kw_only=True, repr=False, weakref_slot=False)
class JobEnv(ReadModel):
    """A job's environment."""

    env: dict[str, str] = field(repr=False)
    """The variables. They can hold secrets."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.env = {} if struct.env is None else struct.env
