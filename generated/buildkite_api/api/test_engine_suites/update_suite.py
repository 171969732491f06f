# Generated from spec/ by `make generate`: edit that, not this.

"""Update a test suite."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import Response, path_segment

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.error import Error
    from ...models.suite import Suite
    from ...models.update_suite_request import UpdateSuiteRequest


def _get_kwargs(org_slug: str, suite_slug: str, *, body: UpdateSuiteRequest) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "patch",
        "url": f"/v2/analytics/organizations/{path_segment('org_slug', org_slug)}/suites/{path_segment('suite_slug', suite_slug)}",
        "json": body.to_dict(),
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
    org_slug: str, suite_slug: str, *, client: Client, body: UpdateSuiteRequest
) -> Response[Error | Suite]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, suite_slug, body=body)
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(org_slug: str, suite_slug: str, *, client: Client, body: UpdateSuiteRequest) -> Error | Suite:
    """Update a test suite.

    Change what is given and leave the rest alone.

    https://buildkite.com/docs/apis/rest-api/test-engine/suites

    Args:
        org_slug: The organization's slug, as in its URL.
        suite_slug: The test suite's slug, as in its URL.
        client: The client that sends the request.
        body: Changes. A field that is left out stays as it is.

    Returns:
        The changed suite.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(org_slug, suite_slug, client=client, body=body).parsed


async def asyncio_detailed(
    org_slug: str, suite_slug: str, *, client: Client, body: UpdateSuiteRequest
) -> Response[Error | Suite]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, suite_slug, body=body)
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(org_slug: str, suite_slug: str, *, client: Client, body: UpdateSuiteRequest) -> Error | Suite:
    """Call the operation like `sync`, with asyncio or trio."""
    return (await asyncio_detailed(org_slug, suite_slug, client=client, body=body)).parsed
