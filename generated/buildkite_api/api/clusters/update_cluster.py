# Generated from spec/ by `make generate`: edit that, not this.

"""Update a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import Response, path_segment

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.cluster import Cluster
    from ...models.error import Error
    from ...models.update_cluster_request import UpdateClusterRequest


def _get_kwargs(org_slug: str, cluster_id: str, *, body: UpdateClusterRequest) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "put",
        "url": f"/v2/organizations/{path_segment('org_slug', org_slug)}/clusters/{path_segment('cluster_id', cluster_id)}",
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


def sync_detailed(
    org_slug: str, cluster_id: str, *, client: Client, body: UpdateClusterRequest
) -> Response[Error | Cluster]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, cluster_id, body=body)
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(org_slug: str, cluster_id: str, *, client: Client, body: UpdateClusterRequest) -> Error | Cluster:
    """Update a cluster.

    Change what is given and leave the rest alone.

    The `hosted_` settings only fit clusters with Buildkite hosted agents; elsewhere they are a 422. When
    the service behind them fails, the answer is a 503 and nothing has changed.

    https://buildkite.com/docs/apis/rest-api/clusters

    Args:
        org_slug: The organization's slug, as in its URL.
        cluster_id: The cluster's id.
        client: The client that sends the request.
        body: Changes. A field that is left out stays as it is.

    Returns:
        The changed cluster.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(org_slug, cluster_id, client=client, body=body).parsed


async def asyncio_detailed(
    org_slug: str, cluster_id: str, *, client: Client, body: UpdateClusterRequest
) -> Response[Error | Cluster]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, cluster_id, body=body)
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(org_slug: str, cluster_id: str, *, client: Client, body: UpdateClusterRequest) -> Error | Cluster:
    """Call the operation like `sync`, with asyncio or trio."""
    return (await asyncio_detailed(org_slug, cluster_id, client=client, body=body)).parsed
