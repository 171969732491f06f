# Generated from spec/ by `make generate`: edit that, not this.

"""Get a secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import Response, path_segment

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.cluster_secret import ClusterSecret
    from ...models.error import Error


def _get_kwargs(org_slug: str, cluster_id: str, secret_id: str) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "get",
        "url": f"/v2/organizations/{path_segment('org_slug', org_slug)}/clusters/{path_segment('cluster_id', cluster_id)}/secrets/{path_segment('secret_id', secret_id)}",
    }
    return kwargs


def _parse_response(*, client: Client, response: httpx.Response) -> Error | ClusterSecret:
    if response.is_success:
        from ...models.cluster_secret import ClusterSecret

        return client.decoder.decode(ClusterSecret, response.content)
    return decode_error(client=client, response=response)


def _build_response(*, client: Client, response: httpx.Response) -> Response[Error | ClusterSecret]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(org_slug: str, cluster_id: str, secret_id: str, *, client: Client) -> Response[Error | ClusterSecret]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, cluster_id, secret_id)
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(org_slug: str, cluster_id: str, secret_id: str, *, client: Client) -> Error | ClusterSecret:
    """Get a secret.

    One secret by its id, without its value.

    The page of this endpoint spells the scope `read_secret_details`; the list of scopes has
    `read_secrets_details`.

    https://buildkite.com/docs/apis/rest-api/clusters/secrets

    Args:
        org_slug: The organization's slug, as in its URL.
        cluster_id: The cluster's id.
        secret_id: The secret's id, not its key.
        client: The client that sends the request.

    Returns:
        The secret, without its value.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(org_slug, cluster_id, secret_id, client=client).parsed


async def asyncio_detailed(
    org_slug: str, cluster_id: str, secret_id: str, *, client: Client
) -> Response[Error | ClusterSecret]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, cluster_id, secret_id)
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(org_slug: str, cluster_id: str, secret_id: str, *, client: Client) -> Error | ClusterSecret:
    """Call the operation like `sync`, with asyncio or trio."""
    return (await asyncio_detailed(org_slug, cluster_id, secret_id, client=client)).parsed
