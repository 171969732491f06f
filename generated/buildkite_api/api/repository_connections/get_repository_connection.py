# Generated from spec/ by `make generate`: edit that, not this.

"""Get a repository connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import Response, path_segment

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.error import Error
    from ...models.repository_connection_detail import RepositoryConnectionDetail


def _get_kwargs(org_slug: str, repository_connection_id: str) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "get",
        "url": f"/v2/organizations/{path_segment('org_slug', org_slug)}/repository_connections/{path_segment('repository_connection_id', repository_connection_id)}",
    }
    return kwargs


def _parse_response(*, client: Client, response: httpx.Response) -> Error | RepositoryConnectionDetail:
    if response.is_success:
        from ...models.repository_connection_detail import RepositoryConnectionDetail

        return client.decoder.decode(RepositoryConnectionDetail, response.content)
    return decode_error(client=client, response=response)


def _build_response(*, client: Client, response: httpx.Response) -> Response[Error | RepositoryConnectionDetail]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    org_slug: str, repository_connection_id: str, *, client: Client
) -> Response[Error | RepositoryConnectionDetail]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, repository_connection_id)
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(org_slug: str, repository_connection_id: str, *, client: Client) -> Error | RepositoryConnectionDetail:
    """Get a repository connection.

    One connection by its id, with its host and its budget there. Only for administrators; otherwise
    403. An id that is no UUID is a 400.

    https://buildkite.com/docs/apis/rest-api/organizations/repository-connections

    Args:
        org_slug: The organization's slug, as in its URL.
        repository_connection_id: The connection's id.
        client: The client that sends the request.

    Returns:
        The connection.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(org_slug, repository_connection_id, client=client).parsed


async def asyncio_detailed(
    org_slug: str, repository_connection_id: str, *, client: Client
) -> Response[Error | RepositoryConnectionDetail]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, repository_connection_id)
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(
    org_slug: str, repository_connection_id: str, *, client: Client
) -> Error | RepositoryConnectionDetail:
    """Call the operation like `sync`, with asyncio or trio."""
    return (await asyncio_detailed(org_slug, repository_connection_id, client=client)).parsed
