# Generated from spec/ by `make generate`: edit that, not this.

"""Create an agent image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import Response, path_segment

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.agent_image import AgentImage
    from ...models.create_agent_image_request import CreateAgentImageRequest
    from ...models.error import Error


def _get_kwargs(org_slug: str, cluster_id: str, *, body: CreateAgentImageRequest) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "post",
        "url": f"/v2/organizations/{path_segment('org_slug', org_slug)}/clusters/{path_segment('cluster_id', cluster_id)}/agent-images",
        "json": body.to_dict(),
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


def sync_detailed(
    org_slug: str, cluster_id: str, *, client: Client, body: CreateAgentImageRequest
) -> Response[Error | AgentImage]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, cluster_id, body=body)
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(org_slug: str, cluster_id: str, *, client: Client, body: CreateAgentImageRequest) -> Error | AgentImage:
    """Create an agent image.

    Build an image on top of Buildkite's. The answer comes before it is built: ask for it until its
    status is no longer `BUILDING`.

    A name that is taken is a 409, and what does not fit, such as a cluster of one's own agents, a
    422. A 503 may be sent again. Needs the permission to manage the cluster. Where the organization
    does not have custom images, it is a 404.

    https://buildkite.com/docs/apis/rest-api/clusters/agent-images

    Args:
        org_slug: The organization's slug, as in its URL.
        cluster_id: The cluster's id.
        client: The client that sends the request.
        body: The new image.

    Returns:
        The new image, being built.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(org_slug, cluster_id, client=client, body=body).parsed


async def asyncio_detailed(
    org_slug: str, cluster_id: str, *, client: Client, body: CreateAgentImageRequest
) -> Response[Error | AgentImage]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, cluster_id, body=body)
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(
    org_slug: str, cluster_id: str, *, client: Client, body: CreateAgentImageRequest
) -> Error | AgentImage:
    """Call the operation like `sync`, with asyncio or trio."""
    return (await asyncio_detailed(org_slug, cluster_id, client=client, body=body)).parsed
