# Generated from spec/ by `make generate`: edit that, not this.

"""List a run's failed executions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import UNSET, Response, Unset, path_segment, query_params

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.error import Error
    from ...models.failed_execution import FailedExecution


def _get_kwargs(
    org_slug: str,
    suite_slug: str,
    run_id: str,
    *,
    page: int | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
    include_failure_expanded: bool | None | Unset = UNSET,
) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "get",
        "url": f"/v2/analytics/organizations/{path_segment('org_slug', org_slug)}/suites/{path_segment('suite_slug', suite_slug)}/runs/{path_segment('run_id', run_id)}/failed_executions",
        "params": query_params(
            {"page": page, "per_page": per_page, "include_failure_expanded": include_failure_expanded}
        ),
    }
    return kwargs


def _parse_response(*, client: Client, response: httpx.Response) -> Error | list[FailedExecution]:
    if response.is_success:
        from ...models.failed_execution import FailedExecution

        return client.decoder.decode(list[FailedExecution], response.content)
    return decode_error(client=client, response=response)


def _build_response(*, client: Client, response: httpx.Response) -> Response[Error | list[FailedExecution]]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    org_slug: str,
    suite_slug: str,
    run_id: str,
    *,
    client: Client,
    page: int | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
    include_failure_expanded: bool | None | Unset = UNSET,
) -> Response[Error | list[FailedExecution]]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(
        org_slug, suite_slug, run_id, page=page, per_page=per_page, include_failure_expanded=include_failure_expanded
    )
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(
    org_slug: str,
    suite_slug: str,
    run_id: str,
    *,
    client: Client,
    page: int | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
    include_failure_expanded: bool | None | Unset = UNSET,
) -> Error | list[FailedExecution]:
    """List a run's failed executions.

    The executions of tests that failed in a run, a page at a time.

    https://buildkite.com/docs/apis/rest-api/test-engine/runs

    Args:
        org_slug: The organization's slug, as in its URL.
        suite_slug: The test suite's slug, as in its URL.
        run_id: The run's id.
        client: The client that sends the request.
        page: Number of the page, from 1. Without it Buildkite sends the first.
        per_page: Number of items on a page, at most 100. Without it Buildkite sends 30.
        include_failure_expanded: Add `failure_expanded`. Known from Buildkite's Go client alone.

    Returns:
        A page of failed executions.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(
        org_slug,
        suite_slug,
        run_id,
        client=client,
        page=page,
        per_page=per_page,
        include_failure_expanded=include_failure_expanded,
    ).parsed


async def asyncio_detailed(
    org_slug: str,
    suite_slug: str,
    run_id: str,
    *,
    client: Client,
    page: int | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
    include_failure_expanded: bool | None | Unset = UNSET,
) -> Response[Error | list[FailedExecution]]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(
        org_slug, suite_slug, run_id, page=page, per_page=per_page, include_failure_expanded=include_failure_expanded
    )
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(
    org_slug: str,
    suite_slug: str,
    run_id: str,
    *,
    client: Client,
    page: int | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
    include_failure_expanded: bool | None | Unset = UNSET,
) -> Error | list[FailedExecution]:
    """Call the operation like `sync`, with asyncio or trio."""
    return (
        await asyncio_detailed(
            org_slug,
            suite_slug,
            run_id,
            client=client,
            page=page,
            per_page=per_page,
            include_failure_expanded=include_failure_expanded,
        )
    ).parsed
