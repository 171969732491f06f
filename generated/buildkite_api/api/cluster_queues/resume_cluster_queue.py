# Generated from spec/ by `make generate`: edit that, not this.

"""Resume a queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import Response, path_segment

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.cluster_queue import ClusterQueue
    from ...models.error import Error


def _get_kwargs(org_slug: str, cluster_id: str, queue_id: str) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "post",
        "url": f"/v2/organizations/{path_segment('org_slug', org_slug)}/clusters/{path_segment('cluster_id', cluster_id)}/queues/{path_segment('queue_id', queue_id)}/resume_dispatch",
    }
    return kwargs


def _parse_response(*, client: Client, response: httpx.Response) -> Error | ClusterQueue:
    if response.is_success:
        from ...models.cluster_queue import ClusterQueue

        return client.decoder.decode(ClusterQueue, response.content)
    return decode_error(client=client, response=response)


def _build_response(*, client: Client, response: httpx.Response) -> Response[Error | ClusterQueue]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(org_slug: str, cluster_id: str, queue_id: str, *, client: Client) -> Response[Error | ClusterQueue]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, cluster_id, queue_id)
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(org_slug: str, cluster_id: str, queue_id: str, *, client: Client) -> Error | ClusterQueue:
    """Resume a queue.

    Dispatch jobs to the agents of a paused queue again. A queue that is not paused is a 422.

    https://buildkite.com/docs/apis/rest-api/clusters/queues

    Args:
        org_slug: The organization's slug, as in its URL.
        cluster_id: The cluster's id.
        queue_id: The queue's id, not its key.
        client: The client that sends the request.

    Returns:
        The queue.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(org_slug, cluster_id, queue_id, client=client).parsed


async def asyncio_detailed(
    org_slug: str, cluster_id: str, queue_id: str, *, client: Client
) -> Response[Error | ClusterQueue]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, cluster_id, queue_id)
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(org_slug: str, cluster_id: str, queue_id: str, *, client: Client) -> Error | ClusterQueue:
    """Call the operation like `sync`, with asyncio or trio."""
    return (await asyncio_detailed(org_slug, cluster_id, queue_id, client=client)).parsed
