# Generated from spec/ by `make generate`: edit that, not this.

"""Unblock a job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import UNSET, Response, Unset, path_segment

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.error import Error
    from ...models.job import Job
    from ...models.unblock_build_job_request import UnblockBuildJobRequest


def _get_kwargs(
    org_slug: str, pipeline_slug: str, build_number: int, job_id: str, *, body: UnblockBuildJobRequest | Unset = UNSET
) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "put",
        "url": f"/v2/organizations/{path_segment('org_slug', org_slug)}/pipelines/{path_segment('pipeline_slug', pipeline_slug)}/builds/{path_segment('build_number', build_number)}/jobs/{path_segment('job_id', job_id)}/unblock",
    }
    if not isinstance(body, Unset):
        kwargs["json"] = body.to_dict()
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
    org_slug: str,
    pipeline_slug: str,
    build_number: int,
    job_id: str,
    *,
    client: Client,
    body: UnblockBuildJobRequest | Unset = UNSET,
) -> Response[Error | Job]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, pipeline_slug, build_number, job_id, body=body)
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(
    org_slug: str,
    pipeline_slug: str,
    build_number: int,
    job_id: str,
    *,
    client: Client,
    body: UnblockBuildJobRequest | Unset = UNSET,
) -> Error | Job:
    """Unblock a job.

    Let a build go on past a block step. `Job.unblockable` tells whether the job can be unblocked.

    A job of another type is a 400. An unblocker who is not a member of the organization is a 422, and so is
    a job of a canceled build.

    https://buildkite.com/docs/apis/rest-api/jobs

    Args:
        org_slug: The organization's slug, as in its URL.
        pipeline_slug: The pipeline's slug, as in its URL. It follows the name when a rename gives no slug.
        build_number: The build's number inside its pipeline, not its id.
        job_id: The job's id.
        client: The client that sends the request.
        body: Unblocker, and the values of the fields.

    Returns:
        The job, now unblocked.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(org_slug, pipeline_slug, build_number, job_id, client=client, body=body).parsed


async def asyncio_detailed(
    org_slug: str,
    pipeline_slug: str,
    build_number: int,
    job_id: str,
    *,
    client: Client,
    body: UnblockBuildJobRequest | Unset = UNSET,
) -> Response[Error | Job]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, pipeline_slug, build_number, job_id, body=body)
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(
    org_slug: str,
    pipeline_slug: str,
    build_number: int,
    job_id: str,
    *,
    client: Client,
    body: UnblockBuildJobRequest | Unset = UNSET,
) -> Error | Job:
    """Call the operation like `sync`, with asyncio or trio."""
    return (await asyncio_detailed(org_slug, pipeline_slug, build_number, job_id, client=client, body=body)).parsed
