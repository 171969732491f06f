# Generated from spec/ by `make generate`: edit that, not this.

"""Get a package."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import Response, path_segment

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.error import Error
    from ...models.package import Package


def _get_kwargs(org_slug: str, registry_slug: str, package_id: str) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "get",
        "url": f"/v2/packages/organizations/{path_segment('org_slug', org_slug)}/registries/{path_segment('registry_slug', registry_slug)}/packages/{path_segment('package_id', package_id)}",
    }
    return kwargs


def _parse_response(*, client: Client, response: httpx.Response) -> Error | Package:
    if response.is_success:
        from ...models.package import Package

        return client.decoder.decode(Package, response.content)
    return decode_error(client=client, response=response)


def _build_response(*, client: Client, response: httpx.Response) -> Response[Error | Package]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(org_slug: str, registry_slug: str, package_id: str, *, client: Client) -> Response[Error | Package]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, registry_slug, package_id)
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(org_slug: str, registry_slug: str, package_id: str, *, client: Client) -> Error | Package:
    """Get a package.

    One package by its id.

    https://buildkite.com/docs/apis/rest-api/package-registries/packages

    Args:
        org_slug: The organization's slug, as in its URL.
        registry_slug: The package registry's slug, as in its URL.
        package_id: The package's id.
        client: The client that sends the request.

    Returns:
        The package.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(org_slug, registry_slug, package_id, client=client).parsed


async def asyncio_detailed(
    org_slug: str, registry_slug: str, package_id: str, *, client: Client
) -> Response[Error | Package]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, registry_slug, package_id)
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(org_slug: str, registry_slug: str, package_id: str, *, client: Client) -> Error | Package:
    """Call the operation like `sync`, with asyncio or trio."""
    return (await asyncio_detailed(org_slug, registry_slug, package_id, client=client)).parsed
