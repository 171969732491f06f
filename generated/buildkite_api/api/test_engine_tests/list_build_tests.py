# Generated from spec/ by `make generate`: edit that, not this.

"""List a build's tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import UNSET, Response, Unset, path_segment, query_params

if TYPE_CHECKING:
    from collections.abc import Sequence

    import httpx

    from ...client import Client
    from ...models.error import Error
    from ...models.sort_order import SortOrder
    from ...models.test_sort_key import TestSortKey
    from ...models.test_state import TestState
    from ...models.test_with_metrics import TestWithMetrics


def _get_kwargs(
    org_slug: str,
    build_id: str,
    *,
    labels: str | Sequence[str] | None | Unset = UNSET,
    branch: str | None | Unset = UNSET,
    owners: str | Sequence[str] | None | Unset = UNSET,
    state: TestState | str | None | Unset = UNSET,
    tags: str | Sequence[str] | None | Unset = UNSET,
    sort_by: TestSortKey | str | None | Unset = UNSET,
    order: SortOrder | str | None | Unset = UNSET,
    page: int | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "get",
        "url": f"/v2/analytics/organizations/{path_segment('org_slug', org_slug)}/builds/{path_segment('build_id', build_id)}/tests",
        "params": query_params(
            {
                "labels": labels,
                "branch": branch,
                "owners": owners,
                "state": state,
                "tags": tags,
                "sort_by": sort_by,
                "order": order,
                "page": page,
                "per_page": per_page,
            }
        ),
    }
    return kwargs


def _parse_response(*, client: Client, response: httpx.Response) -> Error | list[TestWithMetrics]:
    if response.is_success:
        from ...models.test_with_metrics import TestWithMetrics

        return client.decoder.decode(list[TestWithMetrics], response.content)
    return decode_error(client=client, response=response)


def _build_response(*, client: Client, response: httpx.Response) -> Response[Error | list[TestWithMetrics]]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    org_slug: str,
    build_id: str,
    *,
    client: Client,
    labels: str | Sequence[str] | None | Unset = UNSET,
    branch: str | None | Unset = UNSET,
    owners: str | Sequence[str] | None | Unset = UNSET,
    state: TestState | str | None | Unset = UNSET,
    tags: str | Sequence[str] | None | Unset = UNSET,
    sort_by: TestSortKey | str | None | Unset = UNSET,
    order: SortOrder | str | None | Unset = UNSET,
    page: int | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
) -> Response[Error | list[TestWithMetrics]]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(
        org_slug,
        build_id,
        labels=labels,
        branch=branch,
        owners=owners,
        state=state,
        tags=tags,
        sort_by=sort_by,
        order=order,
        page=page,
        per_page=per_page,
    )
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(
    org_slug: str,
    build_id: str,
    *,
    client: Client,
    labels: str | Sequence[str] | None | Unset = UNSET,
    branch: str | None | Unset = UNSET,
    owners: str | Sequence[str] | None | Unset = UNSET,
    state: TestState | str | None | Unset = UNSET,
    tags: str | Sequence[str] | None | Unset = UNSET,
    sort_by: TestSortKey | str | None | Unset = UNSET,
    order: SortOrder | str | None | Unset = UNSET,
    page: int | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
) -> Error | list[TestWithMetrics]:
    """List a build's tests.

    The tests that ran in a build, of every suite that the token can reach, with their metrics in that
    build, a page at a time.

    The counted time begins when the build is created, or later if the organization keeps less. It ends when
    the build finishes, or now, but after 24 hours at most. No version of the API is requested here.

    https://buildkite.com/docs/apis/rest-api/test-engine/build-tests

    Args:
        org_slug: The organization's slug, as in its URL.
        build_id: The build's id, not its number.
        client: The client that sends the request.
        labels: Only tests with these labels, a list or one text with commas; `!` before one for tests
            without it.
        branch: Only count what was executed on this branch; `!` before it for all others, `*` after it
            for a prefix.
        owners: Only tests of these owners, slugs in a list or in one text with commas; `!` before one for
            tests of others.
        state: Only tests in this state.
        tags: Only tests that were executed with these tags, each as `key:value`, in a list or in one
            text with commas; `!` before a value for all others, `*` after it for a prefix. Before a
            value of the tag `result`, `~` finds tests with such an execution, `^` tests with no
            other.
        sort_by: Sort key; by default `duration_avg`.
        order: In which direction: `desc`, when left out.
        page: Number of the page, from 1. Without it Buildkite sends the first.
        per_page: Number of items on a page, at most 100. Without it Buildkite sends 30.

    Returns:
        A page of tests.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(
        org_slug,
        build_id,
        client=client,
        labels=labels,
        branch=branch,
        owners=owners,
        state=state,
        tags=tags,
        sort_by=sort_by,
        order=order,
        page=page,
        per_page=per_page,
    ).parsed


async def asyncio_detailed(
    org_slug: str,
    build_id: str,
    *,
    client: Client,
    labels: str | Sequence[str] | None | Unset = UNSET,
    branch: str | None | Unset = UNSET,
    owners: str | Sequence[str] | None | Unset = UNSET,
    state: TestState | str | None | Unset = UNSET,
    tags: str | Sequence[str] | None | Unset = UNSET,
    sort_by: TestSortKey | str | None | Unset = UNSET,
    order: SortOrder | str | None | Unset = UNSET,
    page: int | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
) -> Response[Error | list[TestWithMetrics]]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(
        org_slug,
        build_id,
        labels=labels,
        branch=branch,
        owners=owners,
        state=state,
        tags=tags,
        sort_by=sort_by,
        order=order,
        page=page,
        per_page=per_page,
    )
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(
    org_slug: str,
    build_id: str,
    *,
    client: Client,
    labels: str | Sequence[str] | None | Unset = UNSET,
    branch: str | None | Unset = UNSET,
    owners: str | Sequence[str] | None | Unset = UNSET,
    state: TestState | str | None | Unset = UNSET,
    tags: str | Sequence[str] | None | Unset = UNSET,
    sort_by: TestSortKey | str | None | Unset = UNSET,
    order: SortOrder | str | None | Unset = UNSET,
    page: int | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
) -> Error | list[TestWithMetrics]:
    """Call the operation like `sync`, with asyncio or trio."""
    return (
        await asyncio_detailed(
            org_slug,
            build_id,
            client=client,
            labels=labels,
            branch=branch,
            owners=owners,
            state=state,
            tags=tags,
            sort_by=sort_by,
            order=order,
            page=page,
            per_page=per_page,
        )
    ).parsed
