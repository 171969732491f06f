# Generated from spec/ by `make generate`: edit that, not this.

"""Stop an agent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import UNSET, Response, Unset, path_segment

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.error import Error
    from ...models.stop_agent_request import StopAgentRequest


def _get_kwargs(org_slug: str, agent_id: str, *, body: StopAgentRequest | Unset = UNSET) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "put",
        "url": f"/v2/organizations/{path_segment('org_slug', org_slug)}/agents/{path_segment('agent_id', agent_id)}/stop",
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
    org_slug: str, agent_id: str, *, client: Client, body: StopAgentRequest | Unset = UNSET
) -> Response[Error | None]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, agent_id, body=body)
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(org_slug: str, agent_id: str, *, client: Client, body: StopAgentRequest | Unset = UNSET) -> Error | None:
    """Stop an agent.

    Tell an agent to take no more jobs and to shut down. Unless `force` is false, the job that it runs is
    canceled, and the build with it. An agent that is not connected is a 400.

    Needs a token of an administrator, or of a user with the permission Stop Agents.

    https://buildkite.com/docs/apis/rest-api/agents

    Args:
        org_slug: The organization's slug, as in its URL.
        agent_id: The agent's id.
        client: The client that sends the request.
        body: Way to stop an agent.

    Returns:
        The agent has been told.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(org_slug, agent_id, client=client, body=body).parsed


async def asyncio_detailed(
    org_slug: str, agent_id: str, *, client: Client, body: StopAgentRequest | Unset = UNSET
) -> Response[Error | None]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, agent_id, body=body)
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(
    org_slug: str, agent_id: str, *, client: Client, body: StopAgentRequest | Unset = UNSET
) -> Error | None:
    """Call the operation like `sync`, with asyncio or trio."""
    return (await asyncio_detailed(org_slug, agent_id, client=client, body=body)).parsed
