# Generated from spec/ by `make generate`: edit that, not this.

from ..types import OpenEnum


class OrganizationRole(OpenEnum):
    """The roles in an organization.

    - `admin`: Administers the organization.
    - `member`: Belongs to it."""

    ADMIN = "admin"
    MEMBER = "member"
