# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from .._definition import define
from ..base import ReadModel, new

if TYPE_CHECKING:
    from .rule_action import RuleAction
    from .rule_type import RuleType
    from .user import User


@define(kw_only=True, repr=False, weakref_slot=False)
class Rule(ReadModel):
    """Permissions of one pipeline for another."""

    uuid: str
    """The rule's id."""

    graphql_id: str | None = None
    """The same rule in the GraphQL API."""

    organization_uuid: str | None = None
    """The organization's id."""

    url: str
    """The rule in the REST API."""

    type: RuleType
    """Kind of the rule."""

    source_type: str | None = None
    """Kind of the source, such as `pipeline`."""

    source_uuid: str | None = None
    """The id of that."""

    target_type: str | None = None
    """Kind of the target, such as `pipeline`."""

    target_uuid: str | None = None
    """The id of that."""

    effect: str | None = None
    """Effect of the rule, such as `allow`."""

    action: RuleAction | None = None
    """Action of the rule."""

    created_at: datetime.datetime | None = None
    """Time when it was created."""

    created_by: User | None = None
    """User who created it."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.uuid = struct.uuid
        model.graphql_id = struct.graphql_id
        model.organization_uuid = struct.organization_uuid
        model.url = struct.url
        model.type = struct.type
        model.source_type = struct.source_type
        model.source_uuid = struct.source_uuid
        model.target_type = struct.target_type
        model.target_uuid = struct.target_uuid
        model.effect = struct.effect
        model.action = struct.action
        model.created_at = struct.created_at
        model.created_by = struct.created_by and struct.created_by._to_model()
        return model
