# Generated from spec/ by `make generate`: edit that, not this.

"""List a build's jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import UNSET, Response, Unset, path_segment, query_params

if TYPE_CHECKING:
    from collections.abc import Sequence

    import httpx

    from ...client import Client
    from ...models.error import Error
    from ...models.job_page import JobPage
    from ...models.job_state import JobState


def _get_kwargs(
    org_slug: str,
    pipeline_slug: str,
    build_number: int,
    *,
    state: str | Sequence[JobState | str] | None | Unset = UNSET,
    include_retried_jobs: bool | None | Unset = UNSET,
    step_key: str | None | Unset = UNSET,
    group_key: str | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
    after: str | None | Unset = UNSET,
    before: str | None | Unset = UNSET,
) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "get",
        "url": f"/v2/organizations/{path_segment('org_slug', org_slug)}/pipelines/{path_segment('pipeline_slug', pipeline_slug)}/builds/{path_segment('build_number', build_number)}/jobs",
        "params": query_params(
            {
                "state[]": state,
                "include_retried_jobs": include_retried_jobs,
                "step_key": step_key,
                "group_key": group_key,
                "per_page": per_page,
                "after": after,
                "before": before,
            }
        ),
    }
    return kwargs


def _parse_response(*, client: Client, response: httpx.Response) -> Error | JobPage:
    if response.is_success:
        from ...models.job_page import JobPage

        return client.decoder.decode(JobPage, response.content)
    return decode_error(client=client, response=response)


def _build_response(*, client: Client, response: httpx.Response) -> Response[Error | JobPage]:
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
    state: str | Sequence[JobState | str] | None | Unset = UNSET,
    include_retried_jobs: bool | None | Unset = UNSET,
    step_key: str | None | Unset = UNSET,
    group_key: str | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
    after: str | None | Unset = UNSET,
    before: str | None | Unset = UNSET,
) -> Response[Error | JobPage]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(
        org_slug,
        pipeline_slug,
        build_number,
        state=state,
        include_retried_jobs=include_retried_jobs,
        step_key=step_key,
        group_key=group_key,
        per_page=per_page,
        after=after,
        before=before,
    )
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(
    org_slug: str,
    pipeline_slug: str,
    build_number: int,
    *,
    client: Client,
    state: str | Sequence[JobState | str] | None | Unset = UNSET,
    include_retried_jobs: bool | None | Unset = UNSET,
    step_key: str | None | Unset = UNSET,
    group_key: str | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
    after: str | None | Unset = UNSET,
    before: str | None | Unset = UNSET,
) -> Error | JobPage:
    """List a build's jobs.

    The jobs of a build, a page at a time, without fetching the build. The quickest way to the failed jobs
    of a large one.

    Retried jobs are included unless `include_retried_jobs` is false: the opposite of a build's own list.
    Pages go by cursor. A wrong state, `per_page` or cursor is a 400.

    https://buildkite.com/docs/apis/rest-api/jobs

    Args:
        org_slug: The organization's slug, as in its URL.
        pipeline_slug: The pipeline's slug, as in its URL. It follows the name when a rename gives no slug.
        build_number: The build's number inside its pipeline, not its id.
        client: The client that sends the request.
        state: Only jobs in one of these states. `finished` is not accepted. Where an organization counts
            promised failures, `failed` also finds jobs that still run but promised to fail, and
            `running` leaves them out.
        include_retried_jobs: Include jobs that were retried, as Buildkite does by default.
        step_key: Only jobs of the step with this key, all parallel ones included.
        group_key: Only jobs of the group step with this key.
        per_page: Number of items on a page, at most 100. Without it Buildkite sends 30.
        after: Only items after this cursor, which is itself left out. Not together with `before`.
        before: Only items before this cursor, which is itself left out. Not together with `after`.

    Returns:
        A page of jobs, with the URLs of its neighbours.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(
        org_slug,
        pipeline_slug,
        build_number,
        client=client,
        state=state,
        include_retried_jobs=include_retried_jobs,
        step_key=step_key,
        group_key=group_key,
        per_page=per_page,
        after=after,
        before=before,
    ).parsed


async def asyncio_detailed(
    org_slug: str,
    pipeline_slug: str,
    build_number: int,
    *,
    client: Client,
    state: str | Sequence[JobState | str] | None | Unset = UNSET,
    include_retried_jobs: bool | None | Unset = UNSET,
    step_key: str | None | Unset = UNSET,
    group_key: str | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
    after: str | None | Unset = UNSET,
    before: str | None | Unset = UNSET,
) -> Response[Error | JobPage]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(
        org_slug,
        pipeline_slug,
        build_number,
        state=state,
        include_retried_jobs=include_retried_jobs,
        step_key=step_key,
        group_key=group_key,
        per_page=per_page,
        after=after,
        before=before,
    )
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(
    org_slug: str,
    pipeline_slug: str,
    build_number: int,
    *,
    client: Client,
    state: str | Sequence[JobState | str] | None | Unset = UNSET,
    include_retried_jobs: bool | None | Unset = UNSET,
    step_key: str | None | Unset = UNSET,
    group_key: str | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
    after: str | None | Unset = UNSET,
    before: str | None | Unset = UNSET,
) -> Error | JobPage:
    """Call the operation like `sync`, with asyncio or trio."""
    return (
        await asyncio_detailed(
            org_slug,
            pipeline_slug,
            build_number,
            client=client,
            state=state,
            include_retried_jobs=include_retried_jobs,
            step_key=step_key,
            group_key=group_key,
            per_page=per_page,
            after=after,
            before=before,
        )
    ).parsed
