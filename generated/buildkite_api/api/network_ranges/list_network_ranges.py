# Generated from spec/ by `make generate`: edit that, not this.

"""List a cluster's network ranges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import Response, path_segment

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.error import Error
    from ...models.network_range import NetworkRange


def _get_kwargs(org_slug: str, cluster_id: str) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "get",
        "url": f"/v2/organizations/{path_segment('org_slug', org_slug)}/clusters/{path_segment('cluster_id', cluster_id)}/network_ranges",
    }
    return kwargs


def _parse_response(*, client: Client, response: httpx.Response) -> Error | list[NetworkRange]:
    if response.is_success:
        from ...models.network_range import NetworkRange

        return client.decoder.decode(list[NetworkRange], response.content)
    return decode_error(client=client, response=response)


def _build_response(*, client: Client, response: httpx.Response) -> Response[Error | list[NetworkRange]]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(org_slug: str, cluster_id: str, *, client: Client) -> Response[Error | list[NetworkRange]]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, cluster_id)
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(org_slug: str, cluster_id: str, *, client: Client) -> Error | list[NetworkRange]:
    """List a cluster's network ranges.

    The networks that the hosted agents of a cluster come from, all at once, for the firewalls in
    their way. A cluster of one's own agents has none.

    Needs the permission to manage the cluster. When the service behind it fails, it is a 503.

    https://buildkite.com/docs/apis/rest-api/clusters/network-ranges

    Args:
        org_slug: The organization's slug, as in its URL.
        cluster_id: The cluster's id.
        client: The client that sends the request.

    Returns:
        All ranges.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(org_slug, cluster_id, client=client).parsed


async def asyncio_detailed(org_slug: str, cluster_id: str, *, client: Client) -> Response[Error | list[NetworkRange]]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, cluster_id)
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(org_slug: str, cluster_id: str, *, client: Client) -> Error | list[NetworkRange]:
    """Call the operation like `sync`, with asyncio or trio."""
    return (await asyncio_detailed(org_slug, cluster_id, client=client)).parsed
