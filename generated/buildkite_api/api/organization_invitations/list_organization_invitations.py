# Generated from spec/ by `make generate`: edit that, not this.

"""List an organization's pending invitations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import UNSET, Response, Unset, path_segment, query_params

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.error import Error
    from ...models.organization_invitation_page import OrganizationInvitationPage


def _get_kwargs(
    org_slug: str,
    *,
    per_page: int | None | Unset = UNSET,
    after: str | None | Unset = UNSET,
    before: str | None | Unset = UNSET,
) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "get",
        "url": f"/v2/organizations/{path_segment('org_slug', org_slug)}/invitations",
        "params": query_params({"per_page": per_page, "after": after, "before": before}),
    }
    return kwargs


def _parse_response(*, client: Client, response: httpx.Response) -> Error | OrganizationInvitationPage:
    if response.is_success:
        from ...models.organization_invitation_page import OrganizationInvitationPage

        return client.decoder.decode(OrganizationInvitationPage, response.content)
    return decode_error(client=client, response=response)


def _build_response(*, client: Client, response: httpx.Response) -> Response[Error | OrganizationInvitationPage]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    org_slug: str,
    *,
    client: Client,
    per_page: int | None | Unset = UNSET,
    after: str | None | Unset = UNSET,
    before: str | None | Unset = UNSET,
) -> Response[Error | OrganizationInvitationPage]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, per_page=per_page, after=after, before=before)
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(
    org_slug: str,
    *,
    client: Client,
    per_page: int | None | Unset = UNSET,
    after: str | None | Unset = UNSET,
    before: str | None | Unset = UNSET,
) -> Error | OrganizationInvitationPage:
    """List an organization's pending invitations.

    The invitations that wait for an answer, newest first, a page at a time. Others can only be got by
    their id.

    Needs the permission to invite members; otherwise 403. The pages have cursors. Both cursors at once, a
    cursor that is not a string or a wrong `per_page` is a 400.

    https://buildkite.com/docs/apis/rest-api/organizations/invitations

    Args:
        org_slug: The organization's slug, as in its URL.
        client: The client that sends the request.
        per_page: Number of items on a page, at most 100. Without it Buildkite sends 30.
        after: Only items after this cursor, which is itself left out. Not together with `before`.
        before: Only items before this cursor, which is itself left out. Not together with `after`.

    Returns:
        A page of invitations, with the URLs of its neighbours, which the Link header repeats.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(org_slug, client=client, per_page=per_page, after=after, before=before).parsed


async def asyncio_detailed(
    org_slug: str,
    *,
    client: Client,
    per_page: int | None | Unset = UNSET,
    after: str | None | Unset = UNSET,
    before: str | None | Unset = UNSET,
) -> Response[Error | OrganizationInvitationPage]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, per_page=per_page, after=after, before=before)
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(
    org_slug: str,
    *,
    client: Client,
    per_page: int | None | Unset = UNSET,
    after: str | None | Unset = UNSET,
    before: str | None | Unset = UNSET,
) -> Error | OrganizationInvitationPage:
    """Call the operation like `sync`, with asyncio or trio."""
    return (await asyncio_detailed(org_slug, client=client, per_page=per_page, after=after, before=before)).parsed
