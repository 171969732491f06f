# Generated from spec/ by `make generate`: edit that, not this.

"""Create a pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import Response, path_segment

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.create_pipeline_request import CreatePipelineRequest
    from ...models.error import Error
    from ...models.pipeline import Pipeline


def _get_kwargs(org_slug: str, *, body: CreatePipelineRequest) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "post",
        "url": f"/v2/organizations/{path_segment('org_slug', org_slug)}/pipelines",
        "json": body.to_dict(),
    }
    return kwargs


def _parse_response(*, client: Client, response: httpx.Response) -> Error | Pipeline:
    if response.is_success:
        from ...models.pipeline import Pipeline

        return client.decoder.decode(Pipeline, response.content)
    return decode_error(client=client, response=response)


def _build_response(*, client: Client, response: httpx.Response) -> Response[Error | Pipeline]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(org_slug: str, *, client: Client, body: CreatePipelineRequest) -> Response[Error | Pipeline]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, body=body)
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(org_slug: str, *, client: Client, body: CreatePipelineRequest) -> Error | Pipeline:
    """Create a pipeline.

    Create a pipeline whose steps come from YAML (`configuration`), from a template
    (`pipeline_template_uuid`), or from a list of steps (`steps`, for pipelines with visual steps).

    One of the three has to be there: without steps it is a 422. A name that is taken is refused, too.
    Once an organization uses teams, only administrators may leave out `teams`.

    https://buildkite.com/docs/apis/rest-api/pipelines

    Args:
        org_slug: The organization's slug, as in its URL.
        client: The client that sends the request.
        body: The new pipeline. It needs `configuration`, or `steps`, or a template that has steps.

    Returns:
        The new pipeline.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(org_slug, client=client, body=body).parsed


async def asyncio_detailed(org_slug: str, *, client: Client, body: CreatePipelineRequest) -> Response[Error | Pipeline]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, body=body)
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(org_slug: str, *, client: Client, body: CreatePipelineRequest) -> Error | Pipeline:
    """Call the operation like `sync`, with asyncio or trio."""
    return (await asyncio_detailed(org_slug, client=client, body=body)).parsed
