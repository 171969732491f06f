# Generated from spec/ by `make generate`: edit that, not this.

"""List a registry's packages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import UNSET, Response, Unset, path_segment, query_params

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.error import Error
    from ...models.package_page import PackagePage


def _get_kwargs(
    org_slug: str,
    registry_slug: str,
    *,
    name: str | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
    after: str | None | Unset = UNSET,
    before: str | None | Unset = UNSET,
) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "get",
        "url": f"/v2/packages/organizations/{path_segment('org_slug', org_slug)}/registries/{path_segment('registry_slug', registry_slug)}/packages",
        "params": query_params({"name": name, "per_page": per_page, "after": after, "before": before}),
    }
    return kwargs


def _parse_response(*, client: Client, response: httpx.Response) -> Error | PackagePage:
    if response.is_success:
        from ...models.package_page import PackagePage

        return client.decoder.decode(PackagePage, response.content)
    return decode_error(client=client, response=response)


def _build_response(*, client: Client, response: httpx.Response) -> Response[Error | PackagePage]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    org_slug: str,
    registry_slug: str,
    *,
    client: Client,
    name: str | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
    after: str | None | Unset = UNSET,
    before: str | None | Unset = UNSET,
) -> Response[Error | PackagePage]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, registry_slug, name=name, per_page=per_page, after=after, before=before)
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(
    org_slug: str,
    registry_slug: str,
    *,
    client: Client,
    name: str | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
    after: str | None | Unset = UNSET,
    before: str | None | Unset = UNSET,
) -> Error | PackagePage:
    """List a registry's packages.

    The packages of a registry, newest first, a page at a time. They come without their organization
    and registry. Pages go by cursor.

    https://buildkite.com/docs/apis/rest-api/package-registries/packages

    Args:
        org_slug: The organization's slug, as in its URL.
        registry_slug: The package registry's slug, as in its URL.
        client: The client that sends the request.
        name: Only packages with this name.
        per_page: Number of items on a page, at most 100. Without it Buildkite sends 30.
        after: Only items after this cursor, which is itself left out. Not together with `before`.
        before: Only items before this cursor, which is itself left out. Not together with `after`.

    Returns:
        A page of packages, with the URLs of its neighbours.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(
        org_slug, registry_slug, client=client, name=name, per_page=per_page, after=after, before=before
    ).parsed


async def asyncio_detailed(
    org_slug: str,
    registry_slug: str,
    *,
    client: Client,
    name: str | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
    after: str | None | Unset = UNSET,
    before: str | None | Unset = UNSET,
) -> Response[Error | PackagePage]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, registry_slug, name=name, per_page=per_page, after=after, before=before)
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(
    org_slug: str,
    registry_slug: str,
    *,
    client: Client,
    name: str | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
    after: str | None | Unset = UNSET,
    before: str | None | Unset = UNSET,
) -> Error | PackagePage:
    """Call the operation like `sync`, with asyncio or trio."""
    return (
        await asyncio_detailed(
            org_slug, registry_slug, client=client, name=name, per_page=per_page, after=after, before=before
        )
    ).parsed
