# Generated from spec/ by `make generate`: edit that, not this.

"""Service `client.invitations`: organization invitations."""

from __future__ import annotations

import builtins
from collections.abc import Sequence

from buildkite_api.models import InvitationTeamRequest, OrganizationInvitation, OrganizationRole, SsoMode
from buildkite_ext.pagination.items import AsyncItems
from buildkite_ext.services._base import AsyncService, Service, blocking
from buildkite_ext.services.arguments import or_unset
from buildkite_ext.services.checks import check


class AsyncInvitations(AsyncService):
    """Invitations into an organization."""

    def list(
        self, *, per_page: int | None = None, limit: int | None = None, concurrency: int = 1
    ) -> AsyncItems[OrganizationInvitation]:
        """List an organization's pending invitations. Scope: read_organization_invitations.

        The invitations that wait for an answer, newest first, a page at a time. Others can only be got by their
        id.

        Needs the permission to invite members; otherwise 403. The pages have cursors. Both cursors at once, a
        cursor that is not a string or a wrong `per_page` is a 400.

        Args:
            per_page: items a request, at most 100.
            limit: the maximum of items.
            concurrency: pages fetched at once.

        https://buildkite.com/docs/apis/rest-api/organizations/invitations
        """
        check(AsyncInvitations.list, locals())
        from buildkite_api.api.organization_invitations import list_organization_invitations

        return self._items(
            "invitations.list",
            list_organization_invitations,
            self._requester.organization,
            per_page=per_page,
            limit=limit,
            concurrency=concurrency,
        )

    async def create(
        self,
        *,
        emails: Sequence[str],
        role: OrganizationRole | str | None = None,
        sso_mode: SsoMode | str | None = None,
        teams: Sequence[InvitationTeamRequest] | None = None,
    ) -> builtins.list[OrganizationInvitation]:
        """Invite people into an organization. Scope: write_organization_invitations.

        Invite one or more people by e-mail. Either all of them are invited or none: an address that is not
        valid, that is a member's already or that exceeds a quota is a 422.

        An address that is given twice counts once; upper and lower case are the same. Needs the permission to
        invite members; otherwise 403.

        Args:
            emails: the e-mail addresses.
            role: role. Member, if left out.
            sso_mode: SSO mode: required or optional. Must be given if the organization has SSO; otherwise it is
                `required` by default.
            teams: the teams that they join, each at most once.

        https://buildkite.com/docs/apis/rest-api/organizations/invitations
        """
        check(AsyncInvitations.create, locals())
        from buildkite_api.api.organization_invitations import create_organization_invitations
        from buildkite_api.models import CreateOrganizationInvitationsRequest

        request = CreateOrganizationInvitationsRequest(
            emails=emails, role=or_unset(role), sso_mode=or_unset(sso_mode), teams=or_unset(teams)
        )
        return await self._requester.call(create_organization_invitations, self._requester.organization, body=request)

    async def get(self, invitation_uuid: str) -> OrganizationInvitation:
        """Get an invitation. Scope: read_organization_invitations.

        One invitation by its id, in any state.

        Needs the permission to invite members; otherwise 403.

        Args:
            invitation_uuid: the invitation's id.

        https://buildkite.com/docs/apis/rest-api/organizations/invitations
        """
        check(AsyncInvitations.get, locals())
        from buildkite_api.api.organization_invitations import get_organization_invitation

        return await self._requester.call(get_organization_invitation, self._requester.organization, invitation_uuid)

    async def revoke(self, invitation_uuid: str) -> None:
        """Revoke an invitation. Scope: write_organization_invitations.

        Take back an invitation. One that is accepted, revoked or expired already is a 422, so a second attempt
        after a lost answer can end so, too.

        Needs the permission to invite members; otherwise 403.

        Args:
            invitation_uuid: the invitation's id.

        https://buildkite.com/docs/apis/rest-api/organizations/invitations
        """
        check(AsyncInvitations.revoke, locals())
        from buildkite_api.api.organization_invitations import revoke_organization_invitation

        return await self._requester.call(revoke_organization_invitation, self._requester.organization, invitation_uuid)


class Invitations(Service[AsyncInvitations]):
    """Invitations into an organization."""

    list = blocking(AsyncInvitations.list)
    create = blocking(AsyncInvitations.create)
    get = blocking(AsyncInvitations.get)
    revoke = blocking(AsyncInvitations.revoke)
