# Generated from spec/ by `make generate`: edit that, not this.

"""Get a test suite."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import UNSET, Response, Unset, path_segment, query_params

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.error import Error
    from ...models.suite import Suite


def _get_kwargs(org_slug: str, suite_slug: str, *, show_api_token: bool | None | Unset = UNSET) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "get",
        "url": f"/v2/analytics/organizations/{path_segment('org_slug', org_slug)}/suites/{path_segment('suite_slug', suite_slug)}",
        "params": query_params({"show_api_token": show_api_token}),
    }
    return kwargs


def _parse_response(*, client: Client, response: httpx.Response) -> Error | Suite:
    if response.is_success:
        from ...models.suite import Suite

        return client.decoder.decode(Suite, response.content)
    return decode_error(client=client, response=response)


def _build_response(*, client: Client, response: httpx.Response) -> Response[Error | Suite]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    org_slug: str, suite_slug: str, *, client: Client, show_api_token: bool | None | Unset = UNSET
) -> Response[Error | Suite]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, suite_slug, show_api_token=show_api_token)
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(
    org_slug: str, suite_slug: str, *, client: Client, show_api_token: bool | None | Unset = UNSET
) -> Error | Suite:
    """Get a test suite.

    One suite by its slug.

    https://buildkite.com/docs/apis/rest-api/test-engine/suites

    Args:
        org_slug: The organization's slug, as in its URL.
        suite_slug: The test suite's slug, as in its URL.
        client: The client that sends the request.
        show_api_token: Add the suite's API token. A 403 for those who may not see it.

    Returns:
        The suite.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(org_slug, suite_slug, client=client, show_api_token=show_api_token).parsed


async def asyncio_detailed(
    org_slug: str, suite_slug: str, *, client: Client, show_api_token: bool | None | Unset = UNSET
) -> Response[Error | Suite]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, suite_slug, show_api_token=show_api_token)
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(
    org_slug: str, suite_slug: str, *, client: Client, show_api_token: bool | None | Unset = UNSET
) -> Error | Suite:
    """Call the operation like `sync`, with asyncio or trio."""
    return (await asyncio_detailed(org_slug, suite_slug, client=client, show_api_token=show_api_token)).parsed
