# Generated from spec/ by `make generate`: edit that, not this.

"""Invite people into an organization."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import Response, path_segment

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.create_organization_invitations_request import CreateOrganizationInvitationsRequest
    from ...models.error import Error
    from ...models.organization_invitation import OrganizationInvitation


def _get_kwargs(org_slug: str, *, body: CreateOrganizationInvitationsRequest) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "post",
        "url": f"/v2/organizations/{path_segment('org_slug', org_slug)}/invitations",
        "json": body.to_dict(),
    }
    return kwargs


def _parse_response(*, client: Client, response: httpx.Response) -> Error | list[OrganizationInvitation]:
    if response.is_success:
        from ...models.organization_invitation import OrganizationInvitation

        return client.decoder.decode(list[OrganizationInvitation], response.content)
    return decode_error(client=client, response=response)


def _build_response(*, client: Client, response: httpx.Response) -> Response[Error | list[OrganizationInvitation]]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    org_slug: str, *, client: Client, body: CreateOrganizationInvitationsRequest
) -> Response[Error | list[OrganizationInvitation]]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, body=body)
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(
    org_slug: str, *, client: Client, body: CreateOrganizationInvitationsRequest
) -> Error | list[OrganizationInvitation]:
    """Invite people into an organization.

    Invite one or more people by e-mail. Either all of them are invited or none: an address that is
    not valid, that is a member's already or that exceeds a quota is a 422.

    An address that is given twice counts once; upper and lower case are the same. Needs the permission to
    invite members; otherwise 403.

    https://buildkite.com/docs/apis/rest-api/organizations/invitations

    Args:
        org_slug: The organization's slug, as in its URL.
        client: The client that sends the request.
        body: Addresses to invite, and the roles to give.

    Returns:
        The new invitations, as a plain list.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(org_slug, client=client, body=body).parsed


async def asyncio_detailed(
    org_slug: str, *, client: Client, body: CreateOrganizationInvitationsRequest
) -> Response[Error | list[OrganizationInvitation]]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, body=body)
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(
    org_slug: str, *, client: Client, body: CreateOrganizationInvitationsRequest
) -> Error | list[OrganizationInvitation]:
    """Call the operation like `sync`, with asyncio or trio."""
    return (await asyncio_detailed(org_slug, client=client, body=body)).parsed
