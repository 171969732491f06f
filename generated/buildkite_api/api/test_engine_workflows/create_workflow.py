# Generated from spec/ by `make generate`: edit that, not this.

"""Create a workflow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import Response, path_segment

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.create_workflow_request import CreateWorkflowRequest
    from ...models.error import Error
    from ...models.workflow import Workflow


def _get_kwargs(org_slug: str, suite_slug: str, *, body: CreateWorkflowRequest) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "post",
        "url": f"/v2/analytics/organizations/{path_segment('org_slug', org_slug)}/suites/{path_segment('suite_slug', suite_slug)}/workflows",
        "json": body.to_dict(),
    }
    return kwargs


def _parse_response(*, client: Client, response: httpx.Response) -> Error | Workflow:
    if response.is_success:
        from ...models.workflow import Workflow

        return client.decoder.decode(Workflow, response.content)
    return decode_error(client=client, response=response)


def _build_response(*, client: Client, response: httpx.Response) -> Response[Error | Workflow]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    org_slug: str, suite_slug: str, *, client: Client, body: CreateWorkflowRequest
) -> Response[Error | Workflow]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, suite_slug, body=body)
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(org_slug: str, suite_slug: str, *, client: Client, body: CreateWorkflowRequest) -> Error | Workflow:
    """Create a workflow.

    Create a workflow of a suite: a monitor that watches the tests, and the actions to run when a test
    alarms or recovers. Only with an API access token: OIDC tokens are refused.

    https://buildkite.com/docs/apis/rest-api/test-engine/workflows

    Args:
        org_slug: The organization's slug, as in its URL.
        suite_slug: The test suite's slug, as in its URL.
        client: The client that sends the request.
        body: The new workflow.

    Returns:
        The new workflow.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(org_slug, suite_slug, client=client, body=body).parsed


async def asyncio_detailed(
    org_slug: str, suite_slug: str, *, client: Client, body: CreateWorkflowRequest
) -> Response[Error | Workflow]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, suite_slug, body=body)
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(org_slug: str, suite_slug: str, *, client: Client, body: CreateWorkflowRequest) -> Error | Workflow:
    """Call the operation like `sync`, with asyncio or trio."""
    return (await asyncio_detailed(org_slug, suite_slug, client=client, body=body)).parsed
