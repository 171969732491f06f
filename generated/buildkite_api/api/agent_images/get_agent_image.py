# Generated from spec/ by `make generate`: edit that, not this.

"""Get an agent image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import Response, path_segment

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.agent_image import AgentImage
    from ...models.error import Error


def _get_kwargs(org_slug: str, cluster_id: str, image_id: str) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "get",
        "url": f"/v2/organizations/{path_segment('org_slug', org_slug)}/clusters/{path_segment('cluster_id', cluster_id)}/agent-images/{path_segment('image_id', image_id)}",
    }
    return kwargs


def _parse_response(*, client: Client, response: httpx.Response) -> Error | AgentImage:
    if response.is_success:
        from ...models.agent_image import AgentImage

        return client.decoder.decode(AgentImage, response.content)
    return decode_error(client=client, response=response)


def _build_response(*, client: Client, response: httpx.Response) -> Response[Error | AgentImage]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(org_slug: str, cluster_id: str, image_id: str, *, client: Client) -> Response[Error | AgentImage]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, cluster_id, image_id)
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(org_slug: str, cluster_id: str, image_id: str, *, client: Client) -> Error | AgentImage:
    """Get an agent image.

    One image by its id. Ask again until its status is no longer `BUILDING`.

    Needs the permission to manage the cluster. Where the organization does not have custom images, it
    is a 404. When the service behind it fails, it is a 503.

    https://buildkite.com/docs/apis/rest-api/clusters/agent-images

    Args:
        org_slug: The organization's slug, as in its URL.
        cluster_id: The cluster's id.
        image_id: The agent image's id.
        client: The client that sends the request.

    Returns:
        The image.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(org_slug, cluster_id, image_id, client=client).parsed


async def asyncio_detailed(
    org_slug: str, cluster_id: str, image_id: str, *, client: Client
) -> Response[Error | AgentImage]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, cluster_id, image_id)
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(org_slug: str, cluster_id: str, image_id: str, *, client: Client) -> Error | AgentImage:
    """Call the operation like `sync`, with asyncio or trio."""
    return (await asyncio_detailed(org_slug, cluster_id, image_id, client=client)).parsed
