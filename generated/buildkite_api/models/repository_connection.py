# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._definition import define
from ..base import ReadModel, new

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

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.id = struct.id
        model.type = struct.type
        model.display_name = struct.display_name
        model.url = struct.url
        return model
