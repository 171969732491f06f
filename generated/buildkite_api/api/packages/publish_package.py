# Generated from spec/ by `make generate`: edit that, not this.

"""Publish a package."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import Response, path_segment

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.error import Error
    from ...models.package import Package
    from ...models.publish_package_request import PublishPackageRequest


def _get_kwargs(org_slug: str, registry_slug: str, *, body: PublishPackageRequest) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "post",
        "url": f"/v2/packages/organizations/{path_segment('org_slug', org_slug)}/registries/{path_segment('registry_slug', registry_slug)}/packages",
        **body.to_form(),
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
    org_slug: str, registry_slug: str, *, client: Client, body: PublishPackageRequest
) -> Response[Error | Package]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, registry_slug, body=body)
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(org_slug: str, registry_slug: str, *, client: Client, body: PublishPackageRequest) -> Error | Package:
    """Publish a package.

    Upload a package file into a registry, as multipart form data: send it as a stream, since it can
    be large.

    Recommended for apk, deb, generic, Helm, PyPI, RPM and Terraform packages. OCI images, Helm charts
    by OCI and Maven, Gradle, npm and RubyGems packages are better published by their own tools.

    https://buildkite.com/docs/apis/rest-api/package-registries/packages

    Args:
        org_slug: The organization's slug, as in its URL.
        registry_slug: The package registry's slug, as in its URL.
        client: The client that sends the request.
        body: The package to publish.

    Returns:
        The new package.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(org_slug, registry_slug, client=client, body=body).parsed


async def asyncio_detailed(
    org_slug: str, registry_slug: str, *, client: Client, body: PublishPackageRequest
) -> Response[Error | Package]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, registry_slug, body=body)
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(org_slug: str, registry_slug: str, *, client: Client, body: PublishPackageRequest) -> Error | Package:
    """Call the operation like `sync`, with asyncio or trio."""
    return (await asyncio_detailed(org_slug, registry_slug, client=client, body=body)).parsed
