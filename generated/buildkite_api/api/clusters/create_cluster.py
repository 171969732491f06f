# Generated from spec/ by `make generate`: edit that, not this.

"""Create a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import Response, path_segment

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.cluster import Cluster
    from ...models.create_cluster_request import CreateClusterRequest
    from ...models.error import Error


def _get_kwargs(org_slug: str, *, body: CreateClusterRequest) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "post",
        "url": f"/v2/organizations/{path_segment('org_slug', org_slug)}/clusters",
        "json": body.to_dict(),
    }
    return kwargs


def _parse_response(*, client: Client, response: httpx.Response) -> Error | Cluster:
    if response.is_success:
        from ...models.cluster import Cluster

        return client.decoder.decode(Cluster, response.content)
    return decode_error(client=client, response=response)


def _build_response(*, client: Client, response: httpx.Response) -> Response[Error | Cluster]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(org_slug: str, *, client: Client, body: CreateClusterRequest) -> Response[Error | Cluster]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, body=body)
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(org_slug: str, *, client: Client, body: CreateClusterRequest) -> Error | Cluster:
    """Create a cluster.

    Create a cluster. What does not fit is a 422.

    https://buildkite.com/docs/apis/rest-api/clusters

    Args:
        org_slug: The organization's slug, as in its URL.
        client: The client that sends the request.
        body: The new cluster.

    Returns:
        The new cluster.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(org_slug, client=client, body=body).parsed


async def asyncio_detailed(org_slug: str, *, client: Client, body: CreateClusterRequest) -> Response[Error | Cluster]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, body=body)
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(org_slug: str, *, client: Client, body: CreateClusterRequest) -> Error | Cluster:
    """Call the operation like `sync`, with asyncio or trio."""
    return (await asyncio_detailed(org_slug, client=client, body=body)).parsed
