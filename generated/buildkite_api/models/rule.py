# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from attrs import define

from ..base import ReadModel, to_models

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

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.uuid = struct.uuid
        self.graphql_id = struct.graphql_id
        self.organization_uuid = struct.organization_uuid
        self.url = struct.url
        self.type = struct.type
        self.source_type = struct.source_type
        self.source_uuid = struct.source_uuid
        self.target_type = struct.target_type
        self.target_uuid = struct.target_uuid
        self.effect = struct.effect
        self.action = struct.action
        self.created_at = struct.created_at
        self.created_by = struct.created_by and to_models(struct.created_by)
