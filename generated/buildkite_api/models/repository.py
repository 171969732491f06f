# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from attrs import define

from ..base import ReadModel


@define(kw_only=True, repr=False, weakref_slot=False)
class Repository(ReadModel):
    """A repository on a source code host."""

    full_name: str
    """The name with its owner, as `owner/name`."""

    html_url: str | None = None
    """Its page on the host."""

    clone_url: str | None = None
    """URL to clone it from."""

    default_branch: str | None = None
    """Its default branch."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.full_name = struct.full_name
        self.html_url = struct.html_url
        self.clone_url = struct.clone_url
        self.default_branch = struct.default_branch
