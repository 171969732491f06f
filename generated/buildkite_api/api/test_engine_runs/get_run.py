# Generated from spec/ by `make generate`: edit that, not this.

"""Get a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import Response, path_segment

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.error import Error
    from ...models.run import Run


def _get_kwargs(org_slug: str, suite_slug: str, run_id: str) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "get",
        "url": f"/v2/analytics/organizations/{path_segment('org_slug', org_slug)}/suites/{path_segment('suite_slug', suite_slug)}/runs/{path_segment('run_id', run_id)}",
    }
    return kwargs


def _parse_response(*, client: Client, response: httpx.Response) -> Error | Run:
    if response.is_success:
        from ...models.run import Run

        return client.decoder.decode(Run, response.content)
    return decode_error(client=client, response=response)


def _build_response(*, client: Client, response: httpx.Response) -> Response[Error | Run]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(org_slug: str, suite_slug: str, run_id: str, *, client: Client) -> Response[Error | Run]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, suite_slug, run_id)
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(org_slug: str, suite_slug: str, run_id: str, *, client: Client) -> Error | Run:
    """Get a run.

    One run by its id.

    A run that has `passed` or `failed` may still be `running`, and one that is `finished` runs again
    when more results come. From `passed` it can go on to `failed`, but never back.

    https://buildkite.com/docs/apis/rest-api/test-engine/runs

    Args:
        org_slug: The organization's slug, as in its URL.
        suite_slug: The test suite's slug, as in its URL.
        run_id: The run's id.
        client: The client that sends the request.

    Returns:
        The run.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(org_slug, suite_slug, run_id, client=client).parsed


async def asyncio_detailed(org_slug: str, suite_slug: str, run_id: str, *, client: Client) -> Response[Error | Run]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, suite_slug, run_id)
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(org_slug: str, suite_slug: str, run_id: str, *, client: Client) -> Error | Run:
    """Call the operation like `sync`, with asyncio or trio."""
    return (await asyncio_detailed(org_slug, suite_slug, run_id, client=client)).parsed
