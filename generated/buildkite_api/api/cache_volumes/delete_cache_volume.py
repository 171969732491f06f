# Generated from spec/ by `make generate`: edit that, not this.

"""Delete a cache volume."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import Response, path_segment

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.delete_cache_volume_request import DeleteCacheVolumeRequest
    from ...models.error import Error


def _get_kwargs(org_slug: str, cluster_id: str, *, body: DeleteCacheVolumeRequest) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "delete",
        "url": f"/v2/organizations/{path_segment('org_slug', org_slug)}/clusters/{path_segment('cluster_id', cluster_id)}/cache_volumes",
        "json": body.to_dict(),
    }
    return kwargs


def _parse_response(*, client: Client, response: httpx.Response) -> Error | None:
    if response.is_success:
        return None
    return decode_error(client=client, response=response)


def _build_response(*, client: Client, response: httpx.Response) -> Response[Error | None]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    org_slug: str, cluster_id: str, *, client: Client, body: DeleteCacheVolumeRequest
) -> Response[Error | None]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, cluster_id, body=body)
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(org_slug: str, cluster_id: str, *, client: Client, body: DeleteCacheVolumeRequest) -> Error | None:
    """Delete a cache volume.

    Delete what is cached under a tag. The tag goes into the body, as it can hold slashes.

    An empty tag is a 400. One without a volume is a 404, and so is a cluster of one's own agents.
    Needs the permission to manage the cluster. When the service behind it fails, it is a 503.

    https://buildkite.com/docs/apis/rest-api/clusters/cache-volumes

    Args:
        org_slug: The organization's slug, as in its URL.
        cluster_id: The cluster's id.
        client: The client that sends the request.
        body: Cache volume to delete.

    Returns:
        The volume is deleted.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(org_slug, cluster_id, client=client, body=body).parsed


async def asyncio_detailed(
    org_slug: str, cluster_id: str, *, client: Client, body: DeleteCacheVolumeRequest
) -> Response[Error | None]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, cluster_id, body=body)
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(org_slug: str, cluster_id: str, *, client: Client, body: DeleteCacheVolumeRequest) -> Error | None:
    """Call the operation like `sync`, with asyncio or trio."""
    return (await asyncio_detailed(org_slug, cluster_id, client=client, body=body)).parsed
