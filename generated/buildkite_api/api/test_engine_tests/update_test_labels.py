# Generated from spec/ by `make generate`: edit that, not this.

"""Add or remove a test's labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import Response, path_segment

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.error import Error
    from ...models.test import Test
    from ...models.update_test_labels_request import UpdateTestLabelsRequest


def _get_kwargs(org_slug: str, suite_slug: str, test_id: str, *, body: UpdateTestLabelsRequest) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "patch",
        "url": f"/v2/analytics/organizations/{path_segment('org_slug', org_slug)}/suites/{path_segment('suite_slug', suite_slug)}/tests/{path_segment('test_id', test_id)}/labels",
        "json": body.to_dict(),
    }
    return kwargs


def _parse_response(*, client: Client, response: httpx.Response) -> Error | Test:
    if response.is_success:
        from ...models.test import Test

        return client.decoder.decode(Test, response.content)
    return decode_error(client=client, response=response)


def _build_response(*, client: Client, response: httpx.Response) -> Response[Error | Test]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    org_slug: str, suite_slug: str, test_id: str, *, client: Client, body: UpdateTestLabelsRequest
) -> Response[Error | Test]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, suite_slug, test_id, body=body)
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(
    org_slug: str, suite_slug: str, test_id: str, *, client: Client, body: UpdateTestLabelsRequest
) -> Error | Test:
    """Add or remove a test's labels.

    Add labels to a test, or remove some.

    https://buildkite.com/docs/apis/rest-api/test-engine/tests

    Args:
        org_slug: The organization's slug, as in its URL.
        suite_slug: The test suite's slug, as in its URL.
        test_id: The test's id.
        client: The client that sends the request.
        body: Labels to add or to remove.

    Returns:
        The changed test.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(org_slug, suite_slug, test_id, client=client, body=body).parsed


async def asyncio_detailed(
    org_slug: str, suite_slug: str, test_id: str, *, client: Client, body: UpdateTestLabelsRequest
) -> Response[Error | Test]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, suite_slug, test_id, body=body)
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(
    org_slug: str, suite_slug: str, test_id: str, *, client: Client, body: UpdateTestLabelsRequest
) -> Error | Test:
    """Call the operation like `sync`, with asyncio or trio."""
    return (await asyncio_detailed(org_slug, suite_slug, test_id, client=client, body=body)).parsed
