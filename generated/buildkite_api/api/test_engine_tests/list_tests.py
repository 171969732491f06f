# Generated from spec/ by `make generate`: edit that, not this.

"""List a suite's tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import UNSET, Response, Unset, header_values, path_segment, query_params

if TYPE_CHECKING:
    import datetime
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
    suite_slug: str,
    *,
    labels: str | Sequence[str] | None | Unset = UNSET,
    label: str | None | Unset = UNSET,
    branch: str | None | Unset = UNSET,
    owners: str | Sequence[str] | None | Unset = UNSET,
    state: TestState | str | None | Unset = UNSET,
    tags: str | Sequence[str] | None | Unset = UNSET,
    sort_by: TestSortKey | str | None | Unset = UNSET,
    order: SortOrder | str | None | Unset = UNSET,
    period: str | None | Unset = UNSET,
    min_timestamp: datetime.datetime | None | Unset = UNSET,
    max_timestamp: datetime.datetime | None | Unset = UNSET,
    page: int | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
    buildkite_version: str | None | Unset = UNSET,
) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "get",
        "url": f"/v2/analytics/organizations/{path_segment('org_slug', org_slug)}/suites/{path_segment('suite_slug', suite_slug)}/tests",
        "params": query_params(
            {
                "labels": labels,
                "label": label,
                "branch": branch,
                "owners": owners,
                "state": state,
                "tags": tags,
                "sort_by": sort_by,
                "order": order,
                "period": period,
                "min_timestamp": min_timestamp,
                "max_timestamp": max_timestamp,
                "page": page,
                "per_page": per_page,
            }
        ),
        "headers": header_values({"Buildkite-Version": buildkite_version}, {"Buildkite-Version": "2026-08-01"}),
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
    suite_slug: str,
    *,
    client: Client,
    labels: str | Sequence[str] | None | Unset = UNSET,
    label: str | None | Unset = UNSET,
    branch: str | None | Unset = UNSET,
    owners: str | Sequence[str] | None | Unset = UNSET,
    state: TestState | str | None | Unset = UNSET,
    tags: str | Sequence[str] | None | Unset = UNSET,
    sort_by: TestSortKey | str | None | Unset = UNSET,
    order: SortOrder | str | None | Unset = UNSET,
    period: str | None | Unset = UNSET,
    min_timestamp: datetime.datetime | None | Unset = UNSET,
    max_timestamp: datetime.datetime | None | Unset = UNSET,
    page: int | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
    buildkite_version: str | None | Unset = UNSET,
) -> Response[Error | list[TestWithMetrics]]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(
        org_slug,
        suite_slug,
        labels=labels,
        label=label,
        branch=branch,
        owners=owners,
        state=state,
        tags=tags,
        sort_by=sort_by,
        order=order,
        period=period,
        min_timestamp=min_timestamp,
        max_timestamp=max_timestamp,
        page=page,
        per_page=per_page,
        buildkite_version=buildkite_version,
    )
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(
    org_slug: str,
    suite_slug: str,
    *,
    client: Client,
    labels: str | Sequence[str] | None | Unset = UNSET,
    label: str | None | Unset = UNSET,
    branch: str | None | Unset = UNSET,
    owners: str | Sequence[str] | None | Unset = UNSET,
    state: TestState | str | None | Unset = UNSET,
    tags: str | Sequence[str] | None | Unset = UNSET,
    sort_by: TestSortKey | str | None | Unset = UNSET,
    order: SortOrder | str | None | Unset = UNSET,
    period: str | None | Unset = UNSET,
    min_timestamp: datetime.datetime | None | Unset = UNSET,
    max_timestamp: datetime.datetime | None | Unset = UNSET,
    page: int | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
    buildkite_version: str | None | Unset = UNSET,
) -> Error | list[TestWithMetrics]:
    """List a suite's tests.

    The tests of a suite, a page at a time.

    They come with their metrics over a time range, and without those that were not executed in it:
    the version 2026-08-01 of the API is requested. With an empty `buildkite_version` all tests come,
    without metrics, and `label` is the one filter.

    https://buildkite.com/docs/apis/rest-api/test-engine/tests

    Args:
        org_slug: The organization's slug, as in its URL.
        suite_slug: The test suite's slug, as in its URL.
        client: The client that sends the request.
        labels: Only tests with these labels, a list or one text with commas; `!` before one for tests
            without it. Not together with `label`.
        label: Only tests with this label. The only filter that needs no version. Not together with
            `labels`.
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
        period: Count the executions of this time, such as `7days` or `28days`; which there are depends on
            the organization. Not together with `min_timestamp` or `max_timestamp`.
        min_timestamp: Count executions from this time on; over the organization's default period, when left out.
            Not together with `period`.
        max_timestamp: Count executions up to this time; up to now, when left out. Not together with `period`.
        page: Number of the page, from 1. Without it Buildkite sends the first.
        per_page: Number of items on a page, at most 100. Without it Buildkite sends 30.
        buildkite_version: The version of the API that is requested, a date; `2026-08-01` when left out. From that
            one on tests come with metrics and all filters work; with an older one, or with "", they
            do not. Another form is a 400.

    Returns:
        A page of tests.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(
        org_slug,
        suite_slug,
        client=client,
        labels=labels,
        label=label,
        branch=branch,
        owners=owners,
        state=state,
        tags=tags,
        sort_by=sort_by,
        order=order,
        period=period,
        min_timestamp=min_timestamp,
        max_timestamp=max_timestamp,
        page=page,
        per_page=per_page,
        buildkite_version=buildkite_version,
    ).parsed


async def asyncio_detailed(
    org_slug: str,
    suite_slug: str,
    *,
    client: Client,
    labels: str | Sequence[str] | None | Unset = UNSET,
    label: str | None | Unset = UNSET,
    branch: str | None | Unset = UNSET,
    owners: str | Sequence[str] | None | Unset = UNSET,
    state: TestState | str | None | Unset = UNSET,
    tags: str | Sequence[str] | None | Unset = UNSET,
    sort_by: TestSortKey | str | None | Unset = UNSET,
    order: SortOrder | str | None | Unset = UNSET,
    period: str | None | Unset = UNSET,
    min_timestamp: datetime.datetime | None | Unset = UNSET,
    max_timestamp: datetime.datetime | None | Unset = UNSET,
    page: int | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
    buildkite_version: str | None | Unset = UNSET,
) -> Response[Error | list[TestWithMetrics]]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(
        org_slug,
        suite_slug,
        labels=labels,
        label=label,
        branch=branch,
        owners=owners,
        state=state,
        tags=tags,
        sort_by=sort_by,
        order=order,
        period=period,
        min_timestamp=min_timestamp,
        max_timestamp=max_timestamp,
        page=page,
        per_page=per_page,
        buildkite_version=buildkite_version,
    )
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(
    org_slug: str,
    suite_slug: str,
    *,
    client: Client,
    labels: str | Sequence[str] | None | Unset = UNSET,
    label: str | None | Unset = UNSET,
    branch: str | None | Unset = UNSET,
    owners: str | Sequence[str] | None | Unset = UNSET,
    state: TestState | str | None | Unset = UNSET,
    tags: str | Sequence[str] | None | Unset = UNSET,
    sort_by: TestSortKey | str | None | Unset = UNSET,
    order: SortOrder | str | None | Unset = UNSET,
    period: str | None | Unset = UNSET,
    min_timestamp: datetime.datetime | None | Unset = UNSET,
    max_timestamp: datetime.datetime | None | Unset = UNSET,
    page: int | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
    buildkite_version: str | None | Unset = UNSET,
) -> Error | list[TestWithMetrics]:
    """Call the operation like `sync`, with asyncio or trio."""
    return (
        await asyncio_detailed(
            org_slug,
            suite_slug,
            client=client,
            labels=labels,
            label=label,
            branch=branch,
            owners=owners,
            state=state,
            tags=tags,
            sort_by=sort_by,
            order=order,
            period=period,
            min_timestamp=min_timestamp,
            max_timestamp=max_timestamp,
            page=page,
            per_page=per_page,
            buildkite_version=buildkite_version,
        )
    ).parsed
