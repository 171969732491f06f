# Generated from spec/ by `make generate`: edit that, not this.

"""Get an agent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import Response, path_segment

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.agent import Agent
    from ...models.error import Error


def _get_kwargs(org_slug: str, agent_id: str) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "get",
        "url": f"/v2/organizations/{path_segment('org_slug', org_slug)}/agents/{path_segment('agent_id', agent_id)}",
    }
    return kwargs


def _parse_response(*, client: Client, response: httpx.Response) -> Error | Agent:
    if response.is_success:
        from ...models.agent import Agent

        return client.decoder.decode(Agent, response.content)
    return decode_error(client=client, response=response)


def _build_response(*, client: Client, response: httpx.Response) -> Response[Error | Agent]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(org_slug: str, agent_id: str, *, client: Client) -> Response[Error | Agent]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, agent_id)
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(org_slug: str, agent_id: str, *, client: Client) -> Error | Agent:
    """Get an agent.

    One agent by its id, in any state of connection.

    https://buildkite.com/docs/apis/rest-api/agents

    Args:
        org_slug: The organization's slug, as in its URL.
        agent_id: The agent's id.
        client: The client that sends the request.

    Returns:
        The agent.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(org_slug, agent_id, client=client).parsed


async def asyncio_detailed(org_slug: str, agent_id: str, *, client: Client) -> Response[Error | Agent]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, agent_id)
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(org_slug: str, agent_id: str, *, client: Client) -> Error | Agent:
    """Call the operation like `sync`, with asyncio or trio."""
    return (await asyncio_detailed(org_slug, agent_id, client=client)).parsed
