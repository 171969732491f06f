# Generated from spec/ by `make generate`: edit that, not this.

"""Get an organization's member."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import Response, path_segment

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.error import Error
    from ...models.organization_member import OrganizationMember


def _get_kwargs(org_slug: str, user_uuid: str) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "get",
        "url": f"/v2/organizations/{path_segment('org_slug', org_slug)}/members/{path_segment('user_uuid', user_uuid)}",
    }
    return kwargs


def _parse_response(*, client: Client, response: httpx.Response) -> Error | OrganizationMember:
    if response.is_success:
        from ...models.organization_member import OrganizationMember

        return client.decoder.decode(OrganizationMember, response.content)
    return decode_error(client=client, response=response)


def _build_response(*, client: Client, response: httpx.Response) -> Response[Error | OrganizationMember]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(org_slug: str, user_uuid: str, *, client: Client) -> Response[Error | OrganizationMember]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, user_uuid)
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(org_slug: str, user_uuid: str, *, client: Client) -> Error | OrganizationMember:
    """Get an organization's member.

    One member by the id of the user.

    Needs the permission to view teams in the organization.

    https://buildkite.com/docs/apis/rest-api/organizations/members

    Args:
        org_slug: The organization's slug, as in its URL.
        user_uuid: The user's id.
        client: The client that sends the request.

    Returns:
        The member.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(org_slug, user_uuid, client=client).parsed


async def asyncio_detailed(org_slug: str, user_uuid: str, *, client: Client) -> Response[Error | OrganizationMember]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, user_uuid)
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(org_slug: str, user_uuid: str, *, client: Client) -> Error | OrganizationMember:
    """Call the operation like `sync`, with asyncio or trio."""
    return (await asyncio_detailed(org_slug, user_uuid, client=client)).parsed
