# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from attrs import define, field

from ..base import ReadModel
from ..types import Secret


@define(kw_only=True, repr=False, weakref_slot=False)
class SshCredentials(ReadModel):
    """The credentials of an SSH session."""

    username: str
    """The user."""

    private_key: Secret = field(repr=False)
    """The private key."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.username = struct.username
        self.private_key = struct.private_key
