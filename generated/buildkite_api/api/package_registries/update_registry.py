# Generated from spec/ by `make generate`: edit that, not this.

"""Update a package registry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import Response, path_segment

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.error import Error
    from ...models.registry import Registry
    from ...models.update_registry_request import UpdateRegistryRequest


def _get_kwargs(org_slug: str, registry_slug: str, *, body: UpdateRegistryRequest) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "post",
        "url": f"/v2/packages/organizations/{path_segment('org_slug', org_slug)}/registries/{path_segment('registry_slug', registry_slug)}",
        "json": body.to_dict(),
    }
    return kwargs


def _parse_response(*, client: Client, response: httpx.Response) -> Error | Registry:
    if response.is_success:
        from ...models.registry import Registry

        return client.decoder.decode(Registry, response.content)
    return decode_error(client=client, response=response)


def _build_response(*, client: Client, response: httpx.Response) -> Response[Error | Registry]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    org_slug: str, registry_slug: str, *, client: Client, body: UpdateRegistryRequest
) -> Response[Error | Registry]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, registry_slug, body=body)
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(org_slug: str, registry_slug: str, *, client: Client, body: UpdateRegistryRequest) -> Error | Registry:
    """Update a package registry.

    Change what is given and leave the rest alone. An OIDC policy is replaced as a whole.

    https://buildkite.com/docs/apis/rest-api/package-registries/registries

    Args:
        org_slug: The organization's slug, as in its URL.
        registry_slug: The package registry's slug, as in its URL.
        client: The client that sends the request.
        body: Changes. A field that is left out stays as it is.

    Returns:
        The changed registry.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(org_slug, registry_slug, client=client, body=body).parsed


async def asyncio_detailed(
    org_slug: str, registry_slug: str, *, client: Client, body: UpdateRegistryRequest
) -> Response[Error | Registry]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, registry_slug, body=body)
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(
    org_slug: str, registry_slug: str, *, client: Client, body: UpdateRegistryRequest
) -> Error | Registry:
    """Call the operation like `sync`, with asyncio or trio."""
    return (await asyncio_detailed(org_slug, registry_slug, client=client, body=body)).parsed
