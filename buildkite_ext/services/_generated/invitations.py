# Generated from spec/ by `make generate`: edit that, not this.

"""The service `client.invitations`: organization invitations."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import TYPE_CHECKING

from buildkite_api.types import UNSET, Unset
from buildkite_ext.pagination.items import AsyncItems
from buildkite_ext.services._base import AsyncService, Service, blocking

if TYPE_CHECKING:
    from buildkite_api.models import InvitationTeamRequest, OrganizationInvitation, OrganizationRole, SsoMode


class AsyncInvitations(AsyncService):
    """Invitations into an organization."""

    def list(
        self, *, per_page: int | None = None, limit: int | None = None, concurrency: int = 1
    ) -> AsyncItems[OrganizationInvitation]:
        """List an organization's pending invitations. Scope: read_organization_invitations.

        The invitations that wait for an answer, newest first, a page at a time. Others can only be got by their
        id.

        Needs the permission to invite members; otherwise 403. Pages go by cursor. Both cursors at once, a
        cursor that is no string or a wrong `per_page` is a 400.

        Args:
            per_page: items a request, at most 100.
            limit: the most items to give out.
            concurrency: pages fetched at once.

        https://buildkite.com/docs/apis/rest-api/organizations/invitations
        """
        from buildkite_api.api.organization_invitations import list_organization_invitations

        return self._items(
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
        role: OrganizationRole | str | Unset = UNSET,
        sso_mode: SsoMode | str | Unset = UNSET,
        teams: Sequence[InvitationTeamRequest] | Unset = UNSET,
    ) -> builtins.list[OrganizationInvitation]:
        """Invite people into an organization. Scope: write_organization_invitations.

        Invite one or more people by e-mail. Either all of them are invited or none: an address that is not
        valid, that is a member's already or that exceeds a quota is a 422.

        An address that is given twice counts once, whatever its case. Needs the permission to invite members;
        otherwise 403.

        Args:
            emails: the e-mail addresses.
            role: what they may do. Members, when left out.
            sso_mode: whether they have to sign in by SSO. Has to be given where the organization has SSO, and
                is `required` when left out where it has not.
            teams: the teams that they join, each at most once.

        https://buildkite.com/docs/apis/rest-api/organizations/invitations
        """
        from buildkite_api.api.organization_invitations import create_organization_invitations
        from buildkite_api.models import CreateOrganizationInvitationsRequest

        request = CreateOrganizationInvitationsRequest(emails=emails, role=role, sso_mode=sso_mode, teams=teams)
        return await self._requester.call(create_organization_invitations, self._requester.organization, body=request)

    async def get(self, invitation_uuid: str) -> OrganizationInvitation:
        """Get an invitation. Scope: read_organization_invitations.

        One invitation by its id, whatever its state.

        Needs the permission to invite members; otherwise 403.

        Args:
            invitation_uuid: the invitation's id.

        https://buildkite.com/docs/apis/rest-api/organizations/invitations
        """
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
        from buildkite_api.api.organization_invitations import revoke_organization_invitation

        return await self._requester.call(revoke_organization_invitation, self._requester.organization, invitation_uuid)


class Invitations(Service[AsyncInvitations]):
    """Invitations into an organization."""

    list = blocking(AsyncInvitations.list)
    create = blocking(AsyncInvitations.create)
    get = blocking(AsyncInvitations.get)
    revoke = blocking(AsyncInvitations.revoke)
