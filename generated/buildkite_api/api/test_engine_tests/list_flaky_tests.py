# Generated from spec/ by `make generate`: edit that, not this.

"""List a suite's flaky tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import UNSET, Response, Unset, path_segment, query_params

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.error import Error
    from ...models.flaky_test import FlakyTest


def _get_kwargs(
    org_slug: str,
    suite_slug: str,
    *,
    search: str | None | Unset = UNSET,
    branch: str | None | Unset = UNSET,
    period: str | None | Unset = UNSET,
    page: int | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "get",
        "url": f"/v2/analytics/organizations/{path_segment('org_slug', org_slug)}/suites/{path_segment('suite_slug', suite_slug)}/flaky-tests",
        "params": query_params(
            {"search": search, "branch": branch, "period": period, "page": page, "per_page": per_page}
        ),
    }
    return kwargs


def _parse_response(*, client: Client, response: httpx.Response) -> Error | list[FlakyTest]:
    if response.is_success:
        from ...models.flaky_test import FlakyTest

        return client.decoder.decode(list[FlakyTest], response.content)
    return decode_error(client=client, response=response)


def _build_response(*, client: Client, response: httpx.Response) -> Response[Error | list[FlakyTest]]:
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
    search: str | None | Unset = UNSET,
    branch: str | None | Unset = UNSET,
    period: str | None | Unset = UNSET,
    page: int | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
) -> Response[Error | list[FlakyTest]]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(
        org_slug, suite_slug, search=search, branch=branch, period=period, page=page, per_page=per_page
    )
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(
    org_slug: str,
    suite_slug: str,
    *,
    client: Client,
    search: str | None | Unset = UNSET,
    branch: str | None | Unset = UNSET,
    period: str | None | Unset = UNSET,
    page: int | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
) -> Error | list[FlakyTest]:
    """List a suite's flaky tests.

    The tests of a suite that were found to be flaky, a page at a time. Deprecated: `list_tests` with
    the label `flaky` replaces it, and shows what Buildkite's pages show.

    https://buildkite.com/docs/apis/rest-api/test-engine/flaky-tests

    Args:
        org_slug: The organization's slug, as in its URL.
        suite_slug: The test suite's slug, as in its URL.
        client: The client that sends the request.
        search: Only tests whose name or scope contains this; with the Ruby collector also whose location
            does.
        branch: Only tests that were flaky on this branch.
        period: Only tests that were flaky in this time: `1hour`, `4hours`, `1day`, `7days`, `14days` or
            `28days`. 7 days, when left out.
        page: Number of the page, from 1. Without it Buildkite sends the first.
        per_page: Number of items on a page, at most 100. Without it Buildkite sends 30.

    Returns:
        A page of tests.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(
        org_slug, suite_slug, client=client, search=search, branch=branch, period=period, page=page, per_page=per_page
    ).parsed


async def asyncio_detailed(
    org_slug: str,
    suite_slug: str,
    *,
    client: Client,
    search: str | None | Unset = UNSET,
    branch: str | None | Unset = UNSET,
    period: str | None | Unset = UNSET,
    page: int | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
) -> Response[Error | list[FlakyTest]]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(
        org_slug, suite_slug, search=search, branch=branch, period=period, page=page, per_page=per_page
    )
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(
    org_slug: str,
    suite_slug: str,
    *,
    client: Client,
    search: str | None | Unset = UNSET,
    branch: str | None | Unset = UNSET,
    period: str | None | Unset = UNSET,
    page: int | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
) -> Error | list[FlakyTest]:
    """Call the operation like `sync`, with asyncio or trio."""
    return (
        await asyncio_detailed(
            org_slug,
            suite_slug,
            client=client,
            search=search,
            branch=branch,
            period=period,
            page=page,
            per_page=per_page,
        )
    ).parsed
