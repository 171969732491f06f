# Generated from spec/ by `make generate`: edit that, not this.

"""List a pipeline's builds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import UNSET, Response, Unset, path_segment, query_params

if TYPE_CHECKING:
    import datetime
    from collections.abc import Mapping, Sequence

    import httpx

    from ...client import Client
    from ...models.build import Build
    from ...models.build_state_filter import BuildStateFilter
    from ...models.error import Error


def _get_kwargs(
    org_slug: str,
    pipeline_slug: str,
    *,
    branch: str | Sequence[str] | None | Unset = UNSET,
    commit: str | Sequence[str] | None | Unset = UNSET,
    created_from: datetime.datetime | None | Unset = UNSET,
    created_to: datetime.datetime | None | Unset = UNSET,
    creator: str | None | Unset = UNSET,
    exclude_jobs: bool | None | Unset = UNSET,
    exclude_pipeline: bool | None | Unset = UNSET,
    finished_from: datetime.datetime | None | Unset = UNSET,
    include_paused: bool | None | Unset = UNSET,
    include_retried_jobs: bool | None | Unset = UNSET,
    meta_data: Mapping[str, str | bool | float] | None | Unset = UNSET,
    state: str | Sequence[BuildStateFilter | str] | None | Unset = UNSET,
    page: int | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "get",
        "url": f"/v2/organizations/{path_segment('org_slug', org_slug)}/pipelines/{path_segment('pipeline_slug', pipeline_slug)}/builds",
        "params": query_params(
            {
                "branch[]": branch,
                "commit[]": commit,
                "created_from": created_from,
                "created_to": created_to,
                "creator": creator,
                "exclude_jobs": exclude_jobs,
                "exclude_pipeline": exclude_pipeline,
                "finished_from": finished_from,
                "include_paused": include_paused,
                "include_retried_jobs": include_retried_jobs,
                "meta_data": meta_data,
                "state[]": state,
                "page": page,
                "per_page": per_page,
            },
            bare=("branch[]", "commit[]", "state[]"),
        ),
    }
    return kwargs


def _parse_response(*, client: Client, response: httpx.Response) -> Error | list[Build]:
    if response.is_success:
        from ...models.build import Build

        return client.decoder.decode(list[Build], response.content)
    return decode_error(client=client, response=response)


def _build_response(*, client: Client, response: httpx.Response) -> Response[Error | list[Build]]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    org_slug: str,
    pipeline_slug: str,
    *,
    client: Client,
    branch: str | Sequence[str] | None | Unset = UNSET,
    commit: str | Sequence[str] | None | Unset = UNSET,
    created_from: datetime.datetime | None | Unset = UNSET,
    created_to: datetime.datetime | None | Unset = UNSET,
    creator: str | None | Unset = UNSET,
    exclude_jobs: bool | None | Unset = UNSET,
    exclude_pipeline: bool | None | Unset = UNSET,
    finished_from: datetime.datetime | None | Unset = UNSET,
    include_paused: bool | None | Unset = UNSET,
    include_retried_jobs: bool | None | Unset = UNSET,
    meta_data: Mapping[str, str | bool | float] | None | Unset = UNSET,
    state: str | Sequence[BuildStateFilter | str] | None | Unset = UNSET,
    page: int | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
) -> Response[Error | list[Build]]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(
        org_slug,
        pipeline_slug,
        branch=branch,
        commit=commit,
        created_from=created_from,
        created_to=created_to,
        creator=creator,
        exclude_jobs=exclude_jobs,
        exclude_pipeline=exclude_pipeline,
        finished_from=finished_from,
        include_paused=include_paused,
        include_retried_jobs=include_retried_jobs,
        meta_data=meta_data,
        state=state,
        page=page,
        per_page=per_page,
    )
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(
    org_slug: str,
    pipeline_slug: str,
    *,
    client: Client,
    branch: str | Sequence[str] | None | Unset = UNSET,
    commit: str | Sequence[str] | None | Unset = UNSET,
    created_from: datetime.datetime | None | Unset = UNSET,
    created_to: datetime.datetime | None | Unset = UNSET,
    creator: str | None | Unset = UNSET,
    exclude_jobs: bool | None | Unset = UNSET,
    exclude_pipeline: bool | None | Unset = UNSET,
    finished_from: datetime.datetime | None | Unset = UNSET,
    include_paused: bool | None | Unset = UNSET,
    include_retried_jobs: bool | None | Unset = UNSET,
    meta_data: Mapping[str, str | bool | float] | None | Unset = UNSET,
    state: str | Sequence[BuildStateFilter | str] | None | Unset = UNSET,
    page: int | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
) -> Error | list[Build]:
    """List a pipeline's builds.

    The builds of one pipeline, newest first.

    Each build carries its jobs and its pipeline, which makes a page large: with `exclude_jobs` and
    `exclude_pipeline` it holds only the builds. Paging very deep is refused with 400: narrow the list by
    branch or `created_from` instead.

    https://buildkite.com/docs/apis/rest-api/builds

    Args:
        org_slug: The organization's slug, as in its URL.
        pipeline_slug: The pipeline's slug, as in its URL. It follows the name when a rename gives no slug.
        client: The client that sends the request.
        branch: Only builds of these branches. A single value may hold `*` as a wildcard; among several it
            may not.
        commit: Only builds of these commits, given as full SHAs.
        created_from: Only builds created at this time or later.
        created_to: Only builds created before this time.
        creator: Only builds that the user with this id created.
        exclude_jobs: Leave out the jobs, which are most of the answer.
        exclude_pipeline: Leave out the details of the pipeline.
        finished_from: Only builds finished at this time or later. The API has no parameter for an end.
        include_paused: Include jobs that wait on paused queues, as Buildkite does by default. With false, builds
            whose jobs are all on paused queues are left out, and the others come without such jobs.
        include_retried_jobs: Include jobs that were retried. By default only the latest attempt of each step is
            included.
        meta_data: Only builds with these meta-data values, which are compared as texts.
        state: Only builds in these states.
        page: Number of the page, from 1. Without it Buildkite sends the first.
        per_page: Number of items on a page, at most 100. Without it Buildkite sends 30.

    Returns:
        A page of builds.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(
        org_slug,
        pipeline_slug,
        client=client,
        branch=branch,
        commit=commit,
        created_from=created_from,
        created_to=created_to,
        creator=creator,
        exclude_jobs=exclude_jobs,
        exclude_pipeline=exclude_pipeline,
        finished_from=finished_from,
        include_paused=include_paused,
        include_retried_jobs=include_retried_jobs,
        meta_data=meta_data,
        state=state,
        page=page,
        per_page=per_page,
    ).parsed


async def asyncio_detailed(
    org_slug: str,
    pipeline_slug: str,
    *,
    client: Client,
    branch: str | Sequence[str] | None | Unset = UNSET,
    commit: str | Sequence[str] | None | Unset = UNSET,
    created_from: datetime.datetime | None | Unset = UNSET,
    created_to: datetime.datetime | None | Unset = UNSET,
    creator: str | None | Unset = UNSET,
    exclude_jobs: bool | None | Unset = UNSET,
    exclude_pipeline: bool | None | Unset = UNSET,
    finished_from: datetime.datetime | None | Unset = UNSET,
    include_paused: bool | None | Unset = UNSET,
    include_retried_jobs: bool | None | Unset = UNSET,
    meta_data: Mapping[str, str | bool | float] | None | Unset = UNSET,
    state: str | Sequence[BuildStateFilter | str] | None | Unset = UNSET,
    page: int | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
) -> Response[Error | list[Build]]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(
        org_slug,
        pipeline_slug,
        branch=branch,
        commit=commit,
        created_from=created_from,
        created_to=created_to,
        creator=creator,
        exclude_jobs=exclude_jobs,
        exclude_pipeline=exclude_pipeline,
        finished_from=finished_from,
        include_paused=include_paused,
        include_retried_jobs=include_retried_jobs,
        meta_data=meta_data,
        state=state,
        page=page,
        per_page=per_page,
    )
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(
    org_slug: str,
    pipeline_slug: str,
    *,
    client: Client,
    branch: str | Sequence[str] | None | Unset = UNSET,
    commit: str | Sequence[str] | None | Unset = UNSET,
    created_from: datetime.datetime | None | Unset = UNSET,
    created_to: datetime.datetime | None | Unset = UNSET,
    creator: str | None | Unset = UNSET,
    exclude_jobs: bool | None | Unset = UNSET,
    exclude_pipeline: bool | None | Unset = UNSET,
    finished_from: datetime.datetime | None | Unset = UNSET,
    include_paused: bool | None | Unset = UNSET,
    include_retried_jobs: bool | None | Unset = UNSET,
    meta_data: Mapping[str, str | bool | float] | None | Unset = UNSET,
    state: str | Sequence[BuildStateFilter | str] | None | Unset = UNSET,
    page: int | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
) -> Error | list[Build]:
    """Call the operation like `sync`, with asyncio or trio."""
    return (
        await asyncio_detailed(
            org_slug,
            pipeline_slug,
            client=client,
            branch=branch,
            commit=commit,
            created_from=created_from,
            created_to=created_to,
            creator=creator,
            exclude_jobs=exclude_jobs,
            exclude_pipeline=exclude_pipeline,
            finished_from=finished_from,
            include_paused=include_paused,
            include_retried_jobs=include_retried_jobs,
            meta_data=meta_data,
            state=state,
            page=page,
            per_page=per_page,
        )
    ).parsed
