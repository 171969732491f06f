# Generated from spec/ by `make generate`: edit that, not this.

"""Add a maintainer to a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import Response, path_segment

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.cluster_maintainer import ClusterMaintainer
    from ...models.create_cluster_maintainer_request import CreateClusterMaintainerRequest
    from ...models.error import Error


def _get_kwargs(org_slug: str, cluster_id: str, *, body: CreateClusterMaintainerRequest) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "post",
        "url": f"/v2/organizations/{path_segment('org_slug', org_slug)}/clusters/{path_segment('cluster_id', cluster_id)}/maintainers",
        "json": body.to_dict(),
    }
    return kwargs


def _parse_response(*, client: Client, response: httpx.Response) -> Error | ClusterMaintainer:
    if response.is_success:
        from ...models.cluster_maintainer import ClusterMaintainer

        return client.decoder.decode(ClusterMaintainer, response.content)
    return decode_error(client=client, response=response)


def _build_response(*, client: Client, response: httpx.Response) -> Response[Error | ClusterMaintainer]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    org_slug: str, cluster_id: str, *, client: Client, body: CreateClusterMaintainerRequest
) -> Response[Error | ClusterMaintainer]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, cluster_id, body=body)
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(
    org_slug: str, cluster_id: str, *, client: Client, body: CreateClusterMaintainerRequest
) -> Error | ClusterMaintainer:
    """Add a maintainer to a cluster.

    Let a user or a team manage a cluster: exactly one of the two. What does not fit is a 422.

    https://buildkite.com/docs/apis/rest-api/clusters/maintainers

    Args:
        org_slug: The organization's slug, as in its URL.
        cluster_id: The cluster's id.
        client: The client that sends the request.
        body: User or team that may manage the cluster.

    Returns:
        The new maintainer.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(org_slug, cluster_id, client=client, body=body).parsed


async def asyncio_detailed(
    org_slug: str, cluster_id: str, *, client: Client, body: CreateClusterMaintainerRequest
) -> Response[Error | ClusterMaintainer]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, cluster_id, body=body)
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(
    org_slug: str, cluster_id: str, *, client: Client, body: CreateClusterMaintainerRequest
) -> Error | ClusterMaintainer:
    """Call the operation like `sync`, with asyncio or trio."""
    return (await asyncio_detailed(org_slug, cluster_id, client=client, body=body)).parsed
