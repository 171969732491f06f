# Generated from spec/ by `make generate`: edit that, not this.

"""Copy a package to another registry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import Response, path_segment, query_params

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.error import Error
    from ...models.package import Package


def _get_kwargs(org_slug: str, registry_slug: str, package_id: str, *, to: str) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "post",
        "url": f"/v2/packages/organizations/{path_segment('org_slug', org_slug)}/registries/{path_segment('registry_slug', registry_slug)}/packages/{path_segment('package_id', package_id)}/copy",
        "params": query_params({"to": to}),
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


def sync_detailed(
    org_slug: str, registry_slug: str, package_id: str, *, client: Client, to: str
) -> Response[Error | Package]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, registry_slug, package_id, to=to)
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(org_slug: str, registry_slug: str, package_id: str, *, client: Client, to: str) -> Error | Package:
    """Copy a package to another registry.

    Copy a package into another registry of the organization. Only apk, deb, generic, npm, PyPI, RPM
    and RubyGems packages.

    https://buildkite.com/docs/apis/rest-api/package-registries/packages

    Args:
        org_slug: The organization's slug, as in its URL.
        registry_slug: The package registry's slug, as in its URL.
        package_id: The package's id.
        client: The client that sends the request.
        to: The slug of the registry to copy it into.

    Returns:
        The copy.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(org_slug, registry_slug, package_id, client=client, to=to).parsed


async def asyncio_detailed(
    org_slug: str, registry_slug: str, package_id: str, *, client: Client, to: str
) -> Response[Error | Package]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, registry_slug, package_id, to=to)
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(org_slug: str, registry_slug: str, package_id: str, *, client: Client, to: str) -> Error | Package:
    """Call the operation like `sync`, with asyncio or trio."""
    return (await asyncio_detailed(org_slug, registry_slug, package_id, client=client, to=to)).parsed
