# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import define

from ..base import ReadModel

if TYPE_CHECKING:
    from .repository_connection_type import RepositoryConnectionType


@define(kw_only=True, repr=False, weakref_slot=False)
class RepositoryConnection(ReadModel):
    """A connection to a source code host."""

    id: str
    """The connection's id."""

    type: RepositoryConnectionType
    """Kind of the host."""

    display_name: str
    """The display name."""

    url: str
    """The connection in the REST API."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.id = struct.id
        self.type = struct.type
        self.display_name = struct.display_name
        self.url = struct.url
