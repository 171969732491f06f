# Generated from spec/ by `make generate`: edit that, not this.

"""Create a token for a registry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import Response, path_segment

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.create_registry_token_request import CreateRegistryTokenRequest
    from ...models.error import Error
    from ...models.registry_token import RegistryToken


def _get_kwargs(org_slug: str, registry_slug: str, *, body: CreateRegistryTokenRequest) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "post",
        "url": f"/v2/packages/organizations/{path_segment('org_slug', org_slug)}/registries/{path_segment('registry_slug', registry_slug)}/tokens",
        "json": body.to_dict(),
    }
    return kwargs


def _parse_response(*, client: Client, response: httpx.Response) -> Error | RegistryToken:
    if response.is_success:
        from ...models.registry_token import RegistryToken

        return client.decoder.decode(RegistryToken, response.content)
    return decode_error(client=client, response=response)


def _build_response(*, client: Client, response: httpx.Response) -> Response[Error | RegistryToken]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    org_slug: str, registry_slug: str, *, client: Client, body: CreateRegistryTokenRequest
) -> Response[Error | RegistryToken]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, registry_slug, body=body)
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(
    org_slug: str, registry_slug: str, *, client: Client, body: CreateRegistryTokenRequest
) -> Error | RegistryToken:
    """Create a token for a registry.

    Create a token with which packages can be installed.

    Only this answer holds the secret itself, in `token`. Never log it: it cannot be got again.

    https://buildkite.com/docs/apis/rest-api/package-registries/registry-tokens

    Args:
        org_slug: The organization's slug, as in its URL.
        registry_slug: The package registry's slug, as in its URL.
        client: The client that sends the request.
        body: The new token.

    Returns:
        The new token, with its secret.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(org_slug, registry_slug, client=client, body=body).parsed


async def asyncio_detailed(
    org_slug: str, registry_slug: str, *, client: Client, body: CreateRegistryTokenRequest
) -> Response[Error | RegistryToken]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, registry_slug, body=body)
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(
    org_slug: str, registry_slug: str, *, client: Client, body: CreateRegistryTokenRequest
) -> Error | RegistryToken:
    """Call the operation like `sync`, with asyncio or trio."""
    return (await asyncio_detailed(org_slug, registry_slug, client=client, body=body)).parsed
