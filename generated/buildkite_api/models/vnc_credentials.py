# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from attrs import define, field

from ..base import ReadModel
from ..types import Secret


@define(kw_only=True, repr=False, weakref_slot=False)
class VncCredentials(ReadModel):
    """The credentials of a remote desktop session."""

    username: str
    """The user."""

    password: Secret = field(repr=False)
    """The password."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.username = struct.username
        self.password = struct.password
