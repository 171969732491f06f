# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._definition import define
from ..base import ReadModel, new

if TYPE_CHECKING:
    from .repository_connection_account import RepositoryConnectionAccount
    from .repository_connection_host import RepositoryConnectionHost
    from .repository_connection_rate_limit import RepositoryConnectionRateLimit
    from .repository_connection_type import RepositoryConnectionType


@define(kw_only=True, repr=False, weakref_slot=False)
class RepositoryConnectionDetail(ReadModel):
    """A connection to a source code host, with what is known of its state."""

    id: str
    """The connection's id."""

    type: RepositoryConnectionType
    """Kind of the host."""

    display_name: str
    """The display name."""

    url: str
    """The connection in the REST API."""

    service_account: RepositoryConnectionAccount | None = None
    """The account on the host. Null where the connection is to the host alone."""

    host: RepositoryConnectionHost | None = None
    """The host."""

    rate_limit: RepositoryConnectionRateLimit | None = None
    """The budget on the host, as it was last seen."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.id = struct.id
        model.type = struct.type
        model.display_name = struct.display_name
        model.url = struct.url
        model.service_account = struct.service_account and struct.service_account._to_model()
        model.host = struct.host and struct.host._to_model()
        model.rate_limit = struct.rate_limit and struct.rate_limit._to_model()
        return model
