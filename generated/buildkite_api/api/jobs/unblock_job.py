# Generated from spec/ by `make generate`: edit that, not this.

"""Unblock a job by its id alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import UNSET, Response, Unset, path_segment

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.error import Error
    from ...models.job import Job
    from ...models.unblock_job_request import UnblockJobRequest


def _get_kwargs(org_slug: str, job_id: str, *, body: UnblockJobRequest | Unset = UNSET) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "put",
        "url": f"/v2/organizations/{path_segment('org_slug', org_slug)}/jobs/{path_segment('job_id', job_id)}/unblock",
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
    org_slug: str, job_id: str, *, client: Client, body: UnblockJobRequest | Unset = UNSET
) -> Response[Error | Job]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, job_id, body=body)
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(org_slug: str, job_id: str, *, client: Client, body: UnblockJobRequest | Unset = UNSET) -> Error | Job:
    """Unblock a job by its id alone.

    Like `unblock_build_job`, for those who know only the organization and the job.

    https://buildkite.com/docs/apis/rest-api/jobs

    Args:
        org_slug: The organization's slug, as in its URL.
        job_id: The job's id.
        client: The client that sends the request.
        body: Unblocker, and the values of the fields.

    Returns:
        The job, now unblocked.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(org_slug, job_id, client=client, body=body).parsed


async def asyncio_detailed(
    org_slug: str, job_id: str, *, client: Client, body: UnblockJobRequest | Unset = UNSET
) -> Response[Error | Job]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, job_id, body=body)
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(
    org_slug: str, job_id: str, *, client: Client, body: UnblockJobRequest | Unset = UNSET
) -> Error | Job:
    """Call the operation like `sync`, with asyncio or trio."""
    return (await asyncio_detailed(org_slug, job_id, client=client, body=body)).parsed
