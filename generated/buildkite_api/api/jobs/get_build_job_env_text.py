# Generated from spec/ by `make generate`: edit that, not this.

"""Get a job's environment as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import Response, path_segment

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.error import Error


def _get_kwargs(org_slug: str, pipeline_slug: str, build_number: int, job_id: str) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "get",
        "url": f"/v2/organizations/{path_segment('org_slug', org_slug)}/pipelines/{path_segment('pipeline_slug', pipeline_slug)}/builds/{path_segment('build_number', build_number)}/jobs/{path_segment('job_id', job_id)}/env.txt",
    }
    return kwargs


def _parse_response(*, client: Client, response: httpx.Response) -> Error | str:
    if response.is_success:
        return response.text
    return decode_error(client=client, response=response)


def _build_response(*, client: Client, response: httpx.Response) -> Response[Error | str]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    org_slug: str, pipeline_slug: str, build_number: int, job_id: str, *, client: Client
) -> Response[Error | str]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, pipeline_slug, build_number, job_id)
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(org_slug: str, pipeline_slug: str, build_number: int, job_id: str, *, client: Client) -> Error | str:
    """Get a job's environment as text.

    The environment variables that a job was given, one `KEY=VALUE` a line. They can hold secrets.

    https://buildkite.com/docs/apis/rest-api/jobs

    Args:
        org_slug: The organization's slug, as in its URL.
        pipeline_slug: The pipeline's slug, as in its URL. It follows the name when a rename gives no slug.
        build_number: The build's number inside its pipeline, not its id.
        job_id: The job's id.
        client: The client that sends the request.

    Returns:
        The environment variables.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(org_slug, pipeline_slug, build_number, job_id, client=client).parsed


async def asyncio_detailed(
    org_slug: str, pipeline_slug: str, build_number: int, job_id: str, *, client: Client
) -> Response[Error | str]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, pipeline_slug, build_number, job_id)
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(org_slug: str, pipeline_slug: str, build_number: int, job_id: str, *, client: Client) -> Error | str:
    """Call the operation like `sync`, with asyncio or trio."""
    return (await asyncio_detailed(org_slug, pipeline_slug, build_number, job_id, client=client)).parsed
