# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from attrs import define

from ..base import ReadModel


@define(kw_only=True, repr=False, weakref_slot=False)
class RepositoryConnectionAccount(ReadModel):
    """The account of a connection on its host."""

    login: str | None = None
    """Its name."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.login = struct.login
