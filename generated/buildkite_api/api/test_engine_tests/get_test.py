# Generated from spec/ by `make generate`: edit that, not this.

"""Get a test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import UNSET, Response, Unset, header_values, path_segment, query_params

if TYPE_CHECKING:
    import datetime

    import httpx

    from ...client import Client
    from ...models.error import Error
    from ...models.test_with_metrics import TestWithMetrics


def _get_kwargs(
    org_slug: str,
    suite_slug: str,
    test_id: str,
    *,
    period: str | None | Unset = UNSET,
    min_timestamp: datetime.datetime | None | Unset = UNSET,
    max_timestamp: datetime.datetime | None | Unset = UNSET,
    buildkite_version: str | None | Unset = UNSET,
) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "get",
        "url": f"/v2/analytics/organizations/{path_segment('org_slug', org_slug)}/suites/{path_segment('suite_slug', suite_slug)}/tests/{path_segment('test_id', test_id)}",
        "params": query_params({"period": period, "min_timestamp": min_timestamp, "max_timestamp": max_timestamp}),
        "headers": header_values({"Buildkite-Version": buildkite_version}, {"Buildkite-Version": "2026-08-01"}),
    }
    return kwargs


def _parse_response(*, client: Client, response: httpx.Response) -> Error | TestWithMetrics:
    if response.is_success:
        from ...models.test_with_metrics import TestWithMetrics

        return client.decoder.decode(TestWithMetrics, response.content)
    return decode_error(client=client, response=response)


def _build_response(*, client: Client, response: httpx.Response) -> Response[Error | TestWithMetrics]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    org_slug: str,
    suite_slug: str,
    test_id: str,
    *,
    client: Client,
    period: str | None | Unset = UNSET,
    min_timestamp: datetime.datetime | None | Unset = UNSET,
    max_timestamp: datetime.datetime | None | Unset = UNSET,
    buildkite_version: str | None | Unset = UNSET,
) -> Response[Error | TestWithMetrics]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(
        org_slug,
        suite_slug,
        test_id,
        period=period,
        min_timestamp=min_timestamp,
        max_timestamp=max_timestamp,
        buildkite_version=buildkite_version,
    )
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(
    org_slug: str,
    suite_slug: str,
    test_id: str,
    *,
    client: Client,
    period: str | None | Unset = UNSET,
    min_timestamp: datetime.datetime | None | Unset = UNSET,
    max_timestamp: datetime.datetime | None | Unset = UNSET,
    buildkite_version: str | None | Unset = UNSET,
) -> Error | TestWithMetrics:
    """Get a test.

    One test by its id, with its metrics over a time range: the version 2026-08-01 of the API is
    requested. Where the test was not executed in that time, the durations and the reliability are
    null and the counts 0. With an empty `buildkite_version` it comes without metrics.

    https://buildkite.com/docs/apis/rest-api/test-engine/tests

    Args:
        org_slug: The organization's slug, as in its URL.
        suite_slug: The test suite's slug, as in its URL.
        test_id: The test's id.
        client: The client that sends the request.
        period: Count the executions of this time, such as `7days` or `28days`; which there are depends on
            the organization. Not together with `min_timestamp` or `max_timestamp`.
        min_timestamp: Count executions from this time on; over the organization's default period, when left out.
            Not together with `period`.
        max_timestamp: Count executions up to this time; up to now, when left out. Not together with `period`.
        buildkite_version: The version of the API that is requested, a date; `2026-08-01` when left out. From that
            one on tests come with metrics and all filters work; with an older one, or with "", they
            do not. Another form is a 400.

    Returns:
        The test.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(
        org_slug,
        suite_slug,
        test_id,
        client=client,
        period=period,
        min_timestamp=min_timestamp,
        max_timestamp=max_timestamp,
        buildkite_version=buildkite_version,
    ).parsed


async def asyncio_detailed(
    org_slug: str,
    suite_slug: str,
    test_id: str,
    *,
    client: Client,
    period: str | None | Unset = UNSET,
    min_timestamp: datetime.datetime | None | Unset = UNSET,
    max_timestamp: datetime.datetime | None | Unset = UNSET,
    buildkite_version: str | None | Unset = UNSET,
) -> Response[Error | TestWithMetrics]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(
        org_slug,
        suite_slug,
        test_id,
        period=period,
        min_timestamp=min_timestamp,
        max_timestamp=max_timestamp,
        buildkite_version=buildkite_version,
    )
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(
    org_slug: str,
    suite_slug: str,
    test_id: str,
    *,
    client: Client,
    period: str | None | Unset = UNSET,
    min_timestamp: datetime.datetime | None | Unset = UNSET,
    max_timestamp: datetime.datetime | None | Unset = UNSET,
    buildkite_version: str | None | Unset = UNSET,
) -> Error | TestWithMetrics:
    """Call the operation like `sync`, with asyncio or trio."""
    return (
        await asyncio_detailed(
            org_slug,
            suite_slug,
            test_id,
            client=client,
            period=period,
            min_timestamp=min_timestamp,
            max_timestamp=max_timestamp,
            buildkite_version=buildkite_version,
        )
    ).parsed
