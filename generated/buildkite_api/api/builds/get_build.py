# Generated from spec/ by `make generate`: edit that, not this.

"""Get a build."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import UNSET, Response, Unset, path_segment, query_params

if TYPE_CHECKING:
    from collections.abc import Sequence

    import httpx

    from ...client import Client
    from ...models.build import Build
    from ...models.error import Error
    from ...models.job_state import JobState


def _get_kwargs(
    org_slug: str,
    pipeline_slug: str,
    build_number: int,
    *,
    exclude_jobs: bool | None | Unset = UNSET,
    exclude_pipeline: bool | None | Unset = UNSET,
    include_retried_jobs: bool | None | Unset = UNSET,
    include_test_engine: bool | None | Unset = UNSET,
    job_states: str | Sequence[JobState | str] | None | Unset = UNSET,
) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "get",
        "url": f"/v2/organizations/{path_segment('org_slug', org_slug)}/pipelines/{path_segment('pipeline_slug', pipeline_slug)}/builds/{path_segment('build_number', build_number)}",
        "params": query_params(
            {
                "exclude_jobs": exclude_jobs,
                "exclude_pipeline": exclude_pipeline,
                "include_retried_jobs": include_retried_jobs,
                "include_test_engine": include_test_engine,
                "job_states[]": job_states,
            }
        ),
    }
    return kwargs


def _parse_response(*, client: Client, response: httpx.Response) -> Error | Build:
    if response.is_success:
        from ...models.build import Build

        return client.decoder.decode(Build, response.content)
    return decode_error(client=client, response=response)


def _build_response(*, client: Client, response: httpx.Response) -> Response[Error | Build]:
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
    *,
    client: Client,
    exclude_jobs: bool | None | Unset = UNSET,
    exclude_pipeline: bool | None | Unset = UNSET,
    include_retried_jobs: bool | None | Unset = UNSET,
    include_test_engine: bool | None | Unset = UNSET,
    job_states: str | Sequence[JobState | str] | None | Unset = UNSET,
) -> Response[Error | Build]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(
        org_slug,
        pipeline_slug,
        build_number,
        exclude_jobs=exclude_jobs,
        exclude_pipeline=exclude_pipeline,
        include_retried_jobs=include_retried_jobs,
        include_test_engine=include_test_engine,
        job_states=job_states,
    )
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(
    org_slug: str,
    pipeline_slug: str,
    build_number: int,
    *,
    client: Client,
    exclude_jobs: bool | None | Unset = UNSET,
    exclude_pipeline: bool | None | Unset = UNSET,
    include_retried_jobs: bool | None | Unset = UNSET,
    include_test_engine: bool | None | Unset = UNSET,
    job_states: str | Sequence[JobState | str] | None | Unset = UNSET,
) -> Error | Build:
    """Get a build.

    One build by its number, with its jobs and the counts of their states.

    `state` is never `blocked` here: it keeps its last value, which may be `passed`, while `blocked` is
    true. For polling, `exclude_jobs` and `exclude_pipeline` make the answer small, and `job_state_counts`
    still covers every job.

    https://buildkite.com/docs/apis/rest-api/builds

    Args:
        org_slug: The organization's slug, as in its URL.
        pipeline_slug: The pipeline's slug, as in its URL. It follows the name when a rename gives no slug.
        build_number: The build's number inside its pipeline, not its id.
        client: The client that sends the request.
        exclude_jobs: Leave out the jobs, which are most of the answer.
        exclude_pipeline: Leave out the details of the pipeline.
        include_retried_jobs: Include jobs that were retried. By default only the latest attempt of each step is
            included.
        include_test_engine: Add `test_engine`, the runs that this build reported to Test Engine.
        job_states: Only jobs in one of these states. A finished wait step counts as `passed`. The counts
            ignore this.

    Returns:
        The build.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(
        org_slug,
        pipeline_slug,
        build_number,
        client=client,
        exclude_jobs=exclude_jobs,
        exclude_pipeline=exclude_pipeline,
        include_retried_jobs=include_retried_jobs,
        include_test_engine=include_test_engine,
        job_states=job_states,
    ).parsed


async def asyncio_detailed(
    org_slug: str,
    pipeline_slug: str,
    build_number: int,
    *,
    client: Client,
    exclude_jobs: bool | None | Unset = UNSET,
    exclude_pipeline: bool | None | Unset = UNSET,
    include_retried_jobs: bool | None | Unset = UNSET,
    include_test_engine: bool | None | Unset = UNSET,
    job_states: str | Sequence[JobState | str] | None | Unset = UNSET,
) -> Response[Error | Build]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(
        org_slug,
        pipeline_slug,
        build_number,
        exclude_jobs=exclude_jobs,
        exclude_pipeline=exclude_pipeline,
        include_retried_jobs=include_retried_jobs,
        include_test_engine=include_test_engine,
        job_states=job_states,
    )
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(
    org_slug: str,
    pipeline_slug: str,
    build_number: int,
    *,
    client: Client,
    exclude_jobs: bool | None | Unset = UNSET,
    exclude_pipeline: bool | None | Unset = UNSET,
    include_retried_jobs: bool | None | Unset = UNSET,
    include_test_engine: bool | None | Unset = UNSET,
    job_states: str | Sequence[JobState | str] | None | Unset = UNSET,
) -> Error | Build:
    """Call the operation like `sync`, with asyncio or trio."""
    return (
        await asyncio_detailed(
            org_slug,
            pipeline_slug,
            build_number,
            client=client,
            exclude_jobs=exclude_jobs,
            exclude_pipeline=exclude_pipeline,
            include_retried_jobs=include_retried_jobs,
            include_test_engine=include_test_engine,
            job_states=job_states,
        )
    ).parsed
