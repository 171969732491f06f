# Generated from spec/ by `make generate`: edit that, not this.

"""Pause an agent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import UNSET, Response, Unset, path_segment

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.error import Error
    from ...models.pause_agent_request import PauseAgentRequest


def _get_kwargs(org_slug: str, agent_id: str, *, body: PauseAgentRequest | Unset = UNSET) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "put",
        "url": f"/v2/organizations/{path_segment('org_slug', org_slug)}/agents/{path_segment('agent_id', agent_id)}/pause",
    }
    if not isinstance(body, Unset):
        kwargs["json"] = body.to_dict()
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
    org_slug: str, agent_id: str, *, client: Client, body: PauseAgentRequest | Unset = UNSET
) -> Response[Error | None]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, agent_id, body=body)
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(org_slug: str, agent_id: str, *, client: Client, body: PauseAgentRequest | Unset = UNSET) -> Error | None:
    """Pause an agent.

    Give an agent no more jobs, but keep it running. It finishes the job that it has. An agent that is
    paused already or not connected is a 422.

    Needs a token of an administrator, or of a user with the permission Stop Agents.

    https://buildkite.com/docs/apis/rest-api/agents

    Args:
        org_slug: The organization's slug, as in its URL.
        agent_id: The agent's id.
        client: The client that sends the request.
        body: Way to pause an agent.

    Returns:
        The agent is paused.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(org_slug, agent_id, client=client, body=body).parsed


async def asyncio_detailed(
    org_slug: str, agent_id: str, *, client: Client, body: PauseAgentRequest | Unset = UNSET
) -> Response[Error | None]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, agent_id, body=body)
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(
    org_slug: str, agent_id: str, *, client: Client, body: PauseAgentRequest | Unset = UNSET
) -> Error | None:
    """Call the operation like `sync`, with asyncio or trio."""
    return (await asyncio_detailed(org_slug, agent_id, client=client, body=body)).parsed
