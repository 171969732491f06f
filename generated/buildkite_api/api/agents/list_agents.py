# Generated from spec/ by `make generate`: edit that, not this.

"""List an organization's agents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import UNSET, Response, Unset, path_segment, query_params

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.agent import Agent
    from ...models.error import Error


def _get_kwargs(
    org_slug: str,
    *,
    name: str | None | Unset = UNSET,
    hostname: str | None | Unset = UNSET,
    version: str | None | Unset = UNSET,
    cluster_queue_id: str | None | Unset = UNSET,
    page: int | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "get",
        "url": f"/v2/organizations/{path_segment('org_slug', org_slug)}/agents",
        "params": query_params(
            {
                "name": name,
                "hostname": hostname,
                "version": version,
                "cluster_queue_id": cluster_queue_id,
                "page": page,
                "per_page": per_page,
            }
        ),
    }
    return kwargs


def _parse_response(*, client: Client, response: httpx.Response) -> Error | list[Agent]:
    if response.is_success:
        from ...models.agent import Agent

        return client.decoder.decode(list[Agent], response.content)
    return decode_error(client=client, response=response)


def _build_response(*, client: Client, response: httpx.Response) -> Response[Error | list[Agent]]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    org_slug: str,
    *,
    client: Client,
    name: str | None | Unset = UNSET,
    hostname: str | None | Unset = UNSET,
    version: str | None | Unset = UNSET,
    cluster_queue_id: str | None | Unset = UNSET,
    page: int | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
) -> Response[Error | list[Agent]]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(
        org_slug,
        name=name,
        hostname=hostname,
        version=version,
        cluster_queue_id=cluster_queue_id,
        page=page,
        per_page=per_page,
    )
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(
    org_slug: str,
    *,
    client: Client,
    name: str | None | Unset = UNSET,
    hostname: str | None | Unset = UNSET,
    version: str | None | Unset = UNSET,
    cluster_queue_id: str | None | Unset = UNSET,
    page: int | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
) -> Error | list[Agent]:
    """List an organization's agents.

    The agents that are connected or stopping, a page at a time. Others can only be asked for one by one.

    https://buildkite.com/docs/apis/rest-api/agents

    Args:
        org_slug: The organization's slug, as in its URL.
        client: The client that sends the request.
        name: Only agents with this name.
        hostname: Only agents on this host.
        version: Only agents of exactly this version.
        cluster_queue_id: Only agents of the queue with this id.
        page: Number of the page, from 1. Without it Buildkite sends the first.
        per_page: Number of items on a page, at most 100. Without it Buildkite sends 30.

    Returns:
        A page of agents.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(
        org_slug,
        client=client,
        name=name,
        hostname=hostname,
        version=version,
        cluster_queue_id=cluster_queue_id,
        page=page,
        per_page=per_page,
    ).parsed


async def asyncio_detailed(
    org_slug: str,
    *,
    client: Client,
    name: str | None | Unset = UNSET,
    hostname: str | None | Unset = UNSET,
    version: str | None | Unset = UNSET,
    cluster_queue_id: str | None | Unset = UNSET,
    page: int | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
) -> Response[Error | list[Agent]]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(
        org_slug,
        name=name,
        hostname=hostname,
        version=version,
        cluster_queue_id=cluster_queue_id,
        page=page,
        per_page=per_page,
    )
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(
    org_slug: str,
    *,
    client: Client,
    name: str | None | Unset = UNSET,
    hostname: str | None | Unset = UNSET,
    version: str | None | Unset = UNSET,
    cluster_queue_id: str | None | Unset = UNSET,
    page: int | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
) -> Error | list[Agent]:
    """Call the operation like `sync`, with asyncio or trio."""
    return (
        await asyncio_detailed(
            org_slug,
            client=client,
            name=name,
            hostname=hostname,
            version=version,
            cluster_queue_id=cluster_queue_id,
            page=page,
            per_page=per_page,
        )
    ).parsed
