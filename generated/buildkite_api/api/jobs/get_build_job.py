# Generated from spec/ by `make generate`: edit that, not this.

"""Get a job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import Response, path_segment

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.error import Error
    from ...models.job import Job


def _get_kwargs(org_slug: str, pipeline_slug: str, build_number: int, job_id: str) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "get",
        "url": f"/v2/organizations/{path_segment('org_slug', org_slug)}/pipelines/{path_segment('pipeline_slug', pipeline_slug)}/builds/{path_segment('build_number', build_number)}/jobs/{path_segment('job_id', job_id)}",
    }
    return kwargs


def _parse_response(*, client: Client, response: httpx.Response) -> Error | Job:
    if response.is_success:
        from ...models.job import Job

        return client.decoder.decode(Job, response.content)
    return decode_error(client=client, response=response)


def _build_response(*, client: Client, response: httpx.Response) -> Response[Error | Job]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    org_slug: str, pipeline_slug: str, build_number: int, job_id: str, *, client: Client
) -> Response[Error | Job]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, pipeline_slug, build_number, job_id)
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(org_slug: str, pipeline_slug: str, build_number: int, job_id: str, *, client: Client) -> Error | Job:
    """Get a job.

    One job of a build.

    https://buildkite.com/docs/apis/rest-api/jobs

    Args:
        org_slug: The organization's slug, as in its URL.
        pipeline_slug: The pipeline's slug, as in its URL. It follows the name when a rename gives no slug.
        build_number: The build's number inside its pipeline, not its id.
        job_id: The job's id.
        client: The client that sends the request.

    Returns:
        The job.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(org_slug, pipeline_slug, build_number, job_id, client=client).parsed


async def asyncio_detailed(
    org_slug: str, pipeline_slug: str, build_number: int, job_id: str, *, client: Client
) -> Response[Error | Job]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, pipeline_slug, build_number, job_id)
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(org_slug: str, pipeline_slug: str, build_number: int, job_id: str, *, client: Client) -> Error | Job:
    """Call the operation like `sync`, with asyncio or trio."""
    return (await asyncio_detailed(org_slug, pipeline_slug, build_number, job_id, client=client)).parsed
