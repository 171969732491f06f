# Generated from spec/ by `make generate`: edit that, not this.

"""Create a schedule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import Response, path_segment

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.create_pipeline_schedule_request import CreatePipelineScheduleRequest
    from ...models.error import Error
    from ...models.pipeline_schedule import PipelineSchedule


def _get_kwargs(org_slug: str, pipeline_slug: str, *, body: CreatePipelineScheduleRequest) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "post",
        "url": f"/v2/organizations/{path_segment('org_slug', org_slug)}/pipelines/{path_segment('pipeline_slug', pipeline_slug)}/schedules",
        "json": body.to_dict(),
    }
    return kwargs


def _parse_response(*, client: Client, response: httpx.Response) -> Error | PipelineSchedule:
    if response.is_success:
        from ...models.pipeline_schedule import PipelineSchedule

        return client.decoder.decode(PipelineSchedule, response.content)
    return decode_error(client=client, response=response)


def _build_response(*, client: Client, response: httpx.Response) -> Response[Error | PipelineSchedule]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    org_slug: str, pipeline_slug: str, *, client: Client, body: CreatePipelineScheduleRequest
) -> Response[Error | PipelineSchedule]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, pipeline_slug, body=body)
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(
    org_slug: str, pipeline_slug: str, *, client: Client, body: CreatePipelineScheduleRequest
) -> Error | PipelineSchedule:
    """Create a schedule.

    Create builds of a pipeline again and again. What does not fit is a 422.

    https://buildkite.com/docs/apis/rest-api/pipeline-schedules

    Args:
        org_slug: The organization's slug, as in its URL.
        pipeline_slug: The pipeline's slug, as in its URL. It follows the name when a rename gives no slug.
        client: The client that sends the request.
        body: The new schedule.

    Returns:
        The new schedule.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(org_slug, pipeline_slug, client=client, body=body).parsed


async def asyncio_detailed(
    org_slug: str, pipeline_slug: str, *, client: Client, body: CreatePipelineScheduleRequest
) -> Response[Error | PipelineSchedule]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, pipeline_slug, body=body)
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(
    org_slug: str, pipeline_slug: str, *, client: Client, body: CreatePipelineScheduleRequest
) -> Error | PipelineSchedule:
    """Call the operation like `sync`, with asyncio or trio."""
    return (await asyncio_detailed(org_slug, pipeline_slug, client=client, body=body)).parsed
