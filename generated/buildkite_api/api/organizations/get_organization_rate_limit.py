# Generated from spec/ by `make generate`: edit that, not this.

"""Get an organization's rate limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import Response, path_segment

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.error import Error
    from ...models.rate_limits import RateLimits


def _get_kwargs(org_slug: str) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "get",
        "url": f"/v2/organizations/{path_segment('org_slug', org_slug)}/rate_limit",
    }
    return kwargs


def _parse_response(*, client: Client, response: httpx.Response) -> Error | RateLimits:
    if response.is_success:
        from ...models.rate_limits import RateLimits

        return client.decoder.decode(RateLimits, response.content)
    return decode_error(client=client, response=response)


def _build_response(*, client: Client, response: httpx.Response) -> Response[Error | RateLimits]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(org_slug: str, *, client: Client) -> Response[Error | RateLimits]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug)
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(org_slug: str, *, client: Client) -> Error | RateLimits:
    """Get an organization's rate limits.

    The use of the organization's budgets in the current windows: 60 seconds for the REST API, 300 for
    GraphQL.

    The per-user budgets are not told here. They arrive with every response, in the `RateLimit-User-*`
    headers. The scope `read_accounts` is what this endpoint's page asks for, although it stands in no
    published list of scopes.

    https://buildkite.com/docs/apis/rest-api/organizations/rate-limits

    Args:
        org_slug: The organization's slug, as in its URL.
        client: The client that sends the request.

    Returns:
        The budgets and their use.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(org_slug, client=client).parsed


async def asyncio_detailed(org_slug: str, *, client: Client) -> Response[Error | RateLimits]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug)
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(org_slug: str, *, client: Client) -> Error | RateLimits:
    """Call the operation like `sync`, with asyncio or trio."""
    return (await asyncio_detailed(org_slug, client=client)).parsed
