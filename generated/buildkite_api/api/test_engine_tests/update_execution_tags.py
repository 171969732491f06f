# Generated from spec/ by `make generate`: edit that, not this.

"""Set executions' tags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import Response, path_segment

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.error import Error
    from ...models.update_execution_tags_request import UpdateExecutionTagsRequest


def _get_kwargs(org_slug: str, suite_slug: str, *, body: UpdateExecutionTagsRequest) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "put",
        "url": f"/v2/analytics/organizations/{path_segment('org_slug', org_slug)}/suites/{path_segment('suite_slug', suite_slug)}/execution-tags",
        "json": body.to_dict(),
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


def sync_detailed(
    org_slug: str, suite_slug: str, *, client: Client, body: UpdateExecutionTagsRequest
) -> Response[Error | None]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, suite_slug, body=body)
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(org_slug: str, suite_slug: str, *, client: Client, body: UpdateExecutionTagsRequest) -> Error | None:
    """Set executions' tags.

    Replace the mutable tags of executions, many at once: by default up to 100,000 executions with up
    to 10 tags each.

    It has a limit of its own, by default one request a minute. What the answer's body holds is not
    documented.

    https://buildkite.com/docs/apis/rest-api/test-engine/execution-tags

    Args:
        org_slug: The organization's slug, as in its URL.
        suite_slug: The test suite's slug, as in its URL.
        client: The client that sends the request.
        body: The tags of executions.

    Returns:
        The tags are set.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(org_slug, suite_slug, client=client, body=body).parsed


async def asyncio_detailed(
    org_slug: str, suite_slug: str, *, client: Client, body: UpdateExecutionTagsRequest
) -> Response[Error | None]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, suite_slug, body=body)
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(org_slug: str, suite_slug: str, *, client: Client, body: UpdateExecutionTagsRequest) -> Error | None:
    """Call the operation like `sync`, with asyncio or trio."""
    return (await asyncio_detailed(org_slug, suite_slug, client=client, body=body)).parsed
