# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._definition import define
from ..base import ReadModel, new

if TYPE_CHECKING:
    from .organization_role import OrganizationRole
    from .sso_mode import SsoMode


@define(kw_only=True, repr=False, weakref_slot=False)
class OrganizationMember(ReadModel):
    """A user's membership in an organization."""

    id: str
    """The user's id."""

    name: str | None = None
    """The user's display name."""

    email: str | None = None
    """The user's e-mail address."""

    role: OrganizationRole | None = None
    """Role of the member."""

    sso_mode: SsoMode | None = None
    """SSO mode of the member: required or optional. Only shown to administrators, and to the member."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.id = struct.id
        model.name = struct.name
        model.email = struct.email
        model.role = struct.role
        model.sso_mode = struct.sso_mode
        return model
