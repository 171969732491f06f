# Generated from spec/ by `make generate`: edit that, not this.

"""Update a portal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import Response, path_segment

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.error import Error
    from ...models.portal import Portal
    from ...models.update_portal_request import UpdatePortalRequest


def _get_kwargs(org_slug: str, portal_slug: str, *, body: UpdatePortalRequest) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "put",
        "url": f"/v2/organizations/{path_segment('org_slug', org_slug)}/portals/{path_segment('portal_slug', portal_slug)}",
        "json": body.to_dict(),
    }
    return kwargs


def _parse_response(*, client: Client, response: httpx.Response) -> Error | Portal:
    if response.is_success:
        from ...models.portal import Portal

        return client.decoder.decode(Portal, response.content)
    return decode_error(client=client, response=response)


def _build_response(*, client: Client, response: httpx.Response) -> Response[Error | Portal]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    org_slug: str, portal_slug: str, *, client: Client, body: UpdatePortalRequest
) -> Response[Error | Portal]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, portal_slug, body=body)
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(org_slug: str, portal_slug: str, *, client: Client, body: UpdatePortalRequest) -> Error | Portal:
    """Update a portal.

    Change what is given and leave the rest alone. A new `slug` moves the portal's address. What does
    not fit is a 422.

    https://buildkite.com/docs/apis/rest-api/portals

    Args:
        org_slug: The organization's slug, as in its URL.
        portal_slug: The portal's slug.
        client: The client that sends the request.
        body: Changes. A field that is left out stays as it is.

    Returns:
        The changed portal.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(org_slug, portal_slug, client=client, body=body).parsed


async def asyncio_detailed(
    org_slug: str, portal_slug: str, *, client: Client, body: UpdatePortalRequest
) -> Response[Error | Portal]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, portal_slug, body=body)
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(org_slug: str, portal_slug: str, *, client: Client, body: UpdatePortalRequest) -> Error | Portal:
    """Call the operation like `sync`, with asyncio or trio."""
    return (await asyncio_detailed(org_slug, portal_slug, client=client, body=body)).parsed
