# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from .._definition import define, field
from ..base import ReadModel, new

if TYPE_CHECKING:
    from .audit_event_entity import AuditEventEntity


@define(kw_only=True, repr=False, weakref_slot=False)
class AuditEvent(ReadModel):
    """Event in an organization."""

    _nullable: ClassVar[frozenset[str]] = frozenset({"context"})

    uuid: str
    """The event's id."""

    graphql_id: str | None = None
    """The same event in the GraphQL API."""

    type: str
    """Type of the event, as the name of a class that ends in `Event`. The audit log on Buildkite's pages
    writes the same name in capitals, with underscores and without `Event`."""

    occurred_at: datetime.datetime
    """Time when it happened."""

    actor: AuditEventEntity | None = None
    """User or token that did it. Null where Buildkite did it by itself."""

    subject: AuditEventEntity | None = None
    """Object that was changed."""

    context: dict[str, Any] = field(factory=dict)
    """Origin of the change: a `type`, and the fields of that type, such as `request_ip` and
    `request_user_agent` for a request, or the connection for an agent."""

    data: dict[str, Any] = field(factory=dict)
    """Changes. The keys depend on the type of the event."""

    url: str | None = None
    """The event in the REST API."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.uuid = struct.uuid
        model.graphql_id = struct.graphql_id
        model.type = struct.type
        model.occurred_at = struct.occurred_at
        model.actor = struct.actor and struct.actor._to_model()
        model.subject = struct.subject and struct.subject._to_model()
        model.context = {} if struct.context is None else struct.context
        model.data = {} if struct.data is None else struct.data
        model.url = struct.url
        return model
