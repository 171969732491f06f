# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import define

from ..base import ReadModel

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

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.id = struct.id
        self.name = struct.name
        self.email = struct.email
        self.role = struct.role
        self.sso_mode = struct.sso_mode
