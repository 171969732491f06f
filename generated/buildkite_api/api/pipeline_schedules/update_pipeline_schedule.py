# Generated from spec/ by `make generate`: edit that, not this.

"""Update a schedule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import Response, path_segment

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.error import Error
    from ...models.pipeline_schedule import PipelineSchedule
    from ...models.update_pipeline_schedule_request import UpdatePipelineScheduleRequest


def _get_kwargs(
    org_slug: str, pipeline_slug: str, schedule_id: str, *, body: UpdatePipelineScheduleRequest
) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "put",
        "url": f"/v2/organizations/{path_segment('org_slug', org_slug)}/pipelines/{path_segment('pipeline_slug', pipeline_slug)}/schedules/{path_segment('schedule_id', schedule_id)}",
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
    org_slug: str, pipeline_slug: str, schedule_id: str, *, client: Client, body: UpdatePipelineScheduleRequest
) -> Response[Error | PipelineSchedule]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, pipeline_slug, schedule_id, body=body)
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(
    org_slug: str, pipeline_slug: str, schedule_id: str, *, client: Client, body: UpdatePipelineScheduleRequest
) -> Error | PipelineSchedule:
    """Update a schedule.

    Change what is given and leave the rest alone. To enable a schedule that failed clears its
    failure. What does not fit is a 422.

    https://buildkite.com/docs/apis/rest-api/pipeline-schedules

    Args:
        org_slug: The organization's slug, as in its URL.
        pipeline_slug: The pipeline's slug, as in its URL. It follows the name when a rename gives no slug.
        schedule_id: The schedule's id.
        client: The client that sends the request.
        body: Changes. A field that is left out stays as it is.

    Returns:
        The changed schedule.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(org_slug, pipeline_slug, schedule_id, client=client, body=body).parsed


async def asyncio_detailed(
    org_slug: str, pipeline_slug: str, schedule_id: str, *, client: Client, body: UpdatePipelineScheduleRequest
) -> Response[Error | PipelineSchedule]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, pipeline_slug, schedule_id, body=body)
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(
    org_slug: str, pipeline_slug: str, schedule_id: str, *, client: Client, body: UpdatePipelineScheduleRequest
) -> Error | PipelineSchedule:
    """Call the operation like `sync`, with asyncio or trio."""
    return (await asyncio_detailed(org_slug, pipeline_slug, schedule_id, client=client, body=body)).parsed
