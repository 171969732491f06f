# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from .._definition import define, field
from ..base import ReadModel, new

if TYPE_CHECKING:
    from .notification_service_provider import NotificationServiceProvider
    from .notification_service_scope import NotificationServiceScope
    from .user import User


@define(kw_only=True, repr=False, weakref_slot=False)
class NotificationService(ReadModel):
    """A service that is told about builds and jobs."""

    id: str
    """The service's id."""

    graphql_id: str | None = None
    """The same service in the GraphQL API, where it is there."""

    url: str
    """The service in the REST API."""

    provider: NotificationServiceProvider
    """Kind of the service."""

    description: str | None = None
    """Purpose."""

    enabled: bool
    """True if it is notified."""

    scope: NotificationServiceScope | None = None
    """Pipelines that it is notified of."""

    scope_uuids: list[str] = field(factory=list)
    """The ids of those pipelines, teams or clusters. Empty where it is told about all pipelines."""

    branch_configuration: str | None = None
    """Pattern of the branches that it is notified of. Empty for all."""

    build_states: dict[str, bool] = field(factory=dict)
    """Events that it is notified of: true or false for each of `build_passed`, `build_fixed`, `build_failed`,
    `build_blocked`, `build_canceled`, `build_failing` and `job_activated`."""

    settings: dict[str, Any] = field(factory=dict, repr=False)
    """Settings of the provider. The keys depend on it. Some secrets are shown in full, such as the token of a
    webhook; others are masked or left out."""

    created_at: datetime.datetime | None = None
    """Time when it was created."""

    created_by: User | None = None
    """User who created it."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.id = struct.id
        model.graphql_id = struct.graphql_id
        model.url = struct.url
        model.provider = struct.provider and struct.provider._to_model()
        model.description = struct.description
        model.enabled = struct.enabled
        model.scope = struct.scope
        model.scope_uuids = [] if struct.scope_uuids is None else struct.scope_uuids
        model.branch_configuration = struct.branch_configuration
        model.build_states = {} if struct.build_states is None else struct.build_states
        model.settings = {} if struct.settings is None else struct.settings
        model.created_at = struct.created_at
        model.created_by = struct.created_by and struct.created_by._to_model()
        return model
