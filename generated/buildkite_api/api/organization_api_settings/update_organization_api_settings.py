# Generated from spec/ by `make generate`: edit that, not this.

"""Update an organization's API settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import Response, path_segment

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.api_settings import ApiSettings
    from ...models.error import Error
    from ...models.update_organization_api_settings_request import UpdateOrganizationApiSettingsRequest


def _get_kwargs(org_slug: str, *, body: UpdateOrganizationApiSettingsRequest) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "patch",
        "url": f"/v2/organizations/{path_segment('org_slug', org_slug)}/api-settings",
        "json": body.to_dict(),
    }
    return kwargs


def _parse_response(*, client: Client, response: httpx.Response) -> Error | ApiSettings:
    if response.is_success:
        from ...models.api_settings import ApiSettings

        return client.decoder.decode(ApiSettings, response.content)
    return decode_error(client=client, response=response)


def _build_response(*, client: Client, response: httpx.Response) -> Response[Error | ApiSettings]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    org_slug: str, *, client: Client, body: UpdateOrganizationApiSettingsRequest
) -> Response[Error | ApiSettings]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, body=body)
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(org_slug: str, *, client: Client, body: UpdateOrganizationApiSettingsRequest) -> Error | ApiSettings:
    """Update an organization's API settings.

    Change what is given and leave the rest alone. Only for administrators; a setting that the plan
    does not have is a 403, too, and a value that is not allowed a 422.

    A list of addresses holds at once. One that lacks the caller's own address shuts the caller out
    with the next request.

    https://buildkite.com/docs/apis/rest-api/organizations/api-settings

    Args:
        org_slug: The organization's slug, as in its URL.
        client: The client that sends the request.
        body: Changes. A field that is left out stays as it is.

    Returns:
        The changed settings.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(org_slug, client=client, body=body).parsed


async def asyncio_detailed(
    org_slug: str, *, client: Client, body: UpdateOrganizationApiSettingsRequest
) -> Response[Error | ApiSettings]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, body=body)
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(org_slug: str, *, client: Client, body: UpdateOrganizationApiSettingsRequest) -> Error | ApiSettings:
    """Call the operation like `sync`, with asyncio or trio."""
    return (await asyncio_detailed(org_slug, client=client, body=body)).parsed
