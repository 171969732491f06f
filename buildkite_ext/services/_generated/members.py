# Generated from spec/ by `make generate`: edit that, not this.

"""Service `client.members`: organization members."""

from __future__ import annotations

from buildkite_api.models import OrganizationMember, OrganizationRole, SsoMode
from buildkite_api.types import UNSET, Unset
from buildkite_ext.pagination.items import AsyncItems
from buildkite_ext.services._base import AsyncService, Service, blocking
from buildkite_ext.services.arguments import not_null
from buildkite_ext.services.checks import check


class AsyncMembers(AsyncService):
    """The members of an organization."""

    def list(
        self, *, per_page: int | None = None, limit: int | None = None, concurrency: int = 1
    ) -> AsyncItems[OrganizationMember]:
        """List an organization's members. Scope: read_organizations.

        The members of an organization, a page at a time.

        Needs the permission to view teams in the organization.

        Args:
            per_page: items a request, at most 100.
            limit: the maximum of items.
            concurrency: pages fetched at once.

        https://buildkite.com/docs/apis/rest-api/organizations/members
        """
        check(AsyncMembers.list, locals())
        from buildkite_api.api.organization_members import list_organization_members

        return self._items(
            "members.list",
            list_organization_members,
            self._requester.organization,
            per_page=per_page,
            limit=limit,
            concurrency=concurrency,
        )

    async def get(self, user_uuid: str) -> OrganizationMember:
        """Get an organization's member. Scope: read_organizations.

        One member by the id of the user.

        Needs the permission to view teams in the organization.

        Args:
            user_uuid: the user's id.

        https://buildkite.com/docs/apis/rest-api/organizations/members
        """
        check(AsyncMembers.get, locals())
        from buildkite_api.api.organization_members import get_organization_member

        return await self._requester.call(get_organization_member, self._requester.organization, user_uuid)

    async def update(
        self, user_uuid: str, *, role: OrganizationRole | str | Unset = UNSET, sso_mode: SsoMode | str | Unset = UNSET
    ) -> OrganizationMember:
        """Update an organization's member. Scope: write_organizations.

        Change a member's role or SSO mode. At least one of the two has to be given; nothing, or a value that is
        not supported, is a 422.

        Needs the permission to update the member. One's own membership cannot be changed: that is a 403.

        Args:
            user_uuid: the user's id.
            role: role of the member.
            sso_mode: SSO mode of the member: required or optional.

        https://buildkite.com/docs/apis/rest-api/organizations/members
        """
        check(AsyncMembers.update, locals())
        from buildkite_api.api.organization_members import update_organization_member
        from buildkite_api.models import UpdateOrganizationMemberRequest

        not_null(role=role, sso_mode=sso_mode)
        request = UpdateOrganizationMemberRequest(role=role, sso_mode=sso_mode)
        return await self._requester.call(
            update_organization_member, self._requester.organization, user_uuid, body=request
        )

    async def remove(self, user_uuid: str) -> None:
        """Remove a member from an organization. Scope: write_organizations.

        Remove a member from an organization. Needs the permission to do so. A member who cannot be removed,
        such as the last administrator, is a 422.

        Args:
            user_uuid: the user's id.

        https://buildkite.com/docs/apis/rest-api/organizations/members
        """
        check(AsyncMembers.remove, locals())
        from buildkite_api.api.organization_members import remove_organization_member

        return await self._requester.call(remove_organization_member, self._requester.organization, user_uuid)


class Members(Service[AsyncMembers]):
    """The members of an organization."""

    list = blocking(AsyncMembers.list)
    get = blocking(AsyncMembers.get)
    update = blocking(AsyncMembers.update)
    remove = blocking(AsyncMembers.remove)
