# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from attrs import define

from ..base import ReadModel


@define(kw_only=True, repr=False, weakref_slot=False)
class BuildAuthor(ReadModel):
    """The author of a build's commit."""

    username: str | None = None
    """The author's user name."""

    name: str | None = None
    """The author's name."""

    email: str | None = None
    """The author's e-mail address."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.username = struct.username
        self.name = struct.name
        self.email = struct.email
