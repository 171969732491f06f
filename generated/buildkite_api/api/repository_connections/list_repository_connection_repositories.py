# Generated from spec/ by `make generate`: edit that, not this.

"""List a connection's repositories."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import UNSET, Response, Unset, path_segment, query_params

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.error import Error
    from ...models.repository import Repository


def _get_kwargs(
    org_slug: str, repository_connection_id: str, *, repository: str | None | Unset = UNSET
) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "get",
        "url": f"/v2/organizations/{path_segment('org_slug', org_slug)}/repository_connections/{path_segment('repository_connection_id', repository_connection_id)}/repositories",
        "params": query_params({"repository": repository}),
    }
    return kwargs


def _parse_response(*, client: Client, response: httpx.Response) -> Error | list[Repository]:
    if response.is_success:
        from ...models.repository import Repository

        return client.decoder.decode(list[Repository], response.content)
    return decode_error(client=client, response=response)


def _build_response(*, client: Client, response: httpx.Response) -> Response[Error | list[Repository]]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    org_slug: str, repository_connection_id: str, *, client: Client, repository: str | None | Unset = UNSET
) -> Response[Error | list[Repository]]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, repository_connection_id, repository=repository)
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(
    org_slug: str, repository_connection_id: str, *, client: Client, repository: str | None | Unset = UNSET
) -> Error | list[Repository]:
    """List a connection's repositories.

    The repositories that a connection reaches, in the order of the host. Only for administrators;
    otherwise 403. Whether the list is paged is not documented.

    Bitbucket Server, self-managed GitLab and the legacy connections to GitHub Enterprise cannot list:
    a 422. A host that cannot be reached is a 503, which may carry `Retry-After`.

    https://buildkite.com/docs/apis/rest-api/repository-connections

    Args:
        org_slug: The organization's slug, as in its URL.
        repository_connection_id: The connection's id.
        client: The client that sends the request.
        repository: Only the repository with this full name, in any case. None is an empty list.

    Returns:
        The repositories.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(org_slug, repository_connection_id, client=client, repository=repository).parsed


async def asyncio_detailed(
    org_slug: str, repository_connection_id: str, *, client: Client, repository: str | None | Unset = UNSET
) -> Response[Error | list[Repository]]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, repository_connection_id, repository=repository)
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(
    org_slug: str, repository_connection_id: str, *, client: Client, repository: str | None | Unset = UNSET
) -> Error | list[Repository]:
    """Call the operation like `sync`, with asyncio or trio."""
    return (await asyncio_detailed(org_slug, repository_connection_id, client=client, repository=repository)).parsed
