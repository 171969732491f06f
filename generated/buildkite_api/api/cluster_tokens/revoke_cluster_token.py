# Generated from spec/ by `make generate`: edit that, not this.

"""Revoke an agent token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import Response, path_segment

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.error import Error


def _get_kwargs(org_slug: str, cluster_id: str, token_id: str) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "delete",
        "url": f"/v2/organizations/{path_segment('org_slug', org_slug)}/clusters/{path_segment('cluster_id', cluster_id)}/tokens/{path_segment('token_id', token_id)}",
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


def sync_detailed(org_slug: str, cluster_id: str, token_id: str, *, client: Client) -> Response[Error | None]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, cluster_id, token_id)
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(org_slug: str, cluster_id: str, token_id: str, *, client: Client) -> Error | None:
    """Revoke an agent token.

    Revoke a token: no agent can register with it any more. One that cannot be revoked is a 422 that
    names the reason.

    https://buildkite.com/docs/apis/rest-api/clusters/agent-tokens

    Args:
        org_slug: The organization's slug, as in its URL.
        cluster_id: The cluster's id.
        token_id: The agent token's id, not its secret.
        client: The client that sends the request.

    Returns:
        The token is revoked.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(org_slug, cluster_id, token_id, client=client).parsed


async def asyncio_detailed(org_slug: str, cluster_id: str, token_id: str, *, client: Client) -> Response[Error | None]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, cluster_id, token_id)
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(org_slug: str, cluster_id: str, token_id: str, *, client: Client) -> Error | None:
    """Call the operation like `sync`, with asyncio or trio."""
    return (await asyncio_detailed(org_slug, cluster_id, token_id, client=client)).parsed
