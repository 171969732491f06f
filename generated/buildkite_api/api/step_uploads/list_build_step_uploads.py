# Generated from spec/ by `make generate`: edit that, not this.

"""List a build's step uploads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import UNSET, Response, Unset, path_segment, query_params

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.error import Error
    from ...models.step_upload_page import StepUploadPage


def _get_kwargs(
    org_slug: str,
    pipeline_slug: str,
    build_number: int,
    *,
    filter_source_job_id: str | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
    after: str | None | Unset = UNSET,
    before: str | None | Unset = UNSET,
) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "get",
        "url": f"/v2/organizations/{path_segment('org_slug', org_slug)}/pipelines/{path_segment('pipeline_slug', pipeline_slug)}/builds/{path_segment('build_number', build_number)}/step-uploads",
        "params": query_params(
            {"filter[source_job_id]": filter_source_job_id, "per_page": per_page, "after": after, "before": before}
        ),
    }
    return kwargs


def _parse_response(*, client: Client, response: httpx.Response) -> Error | StepUploadPage:
    if response.is_success:
        from ...models.step_upload_page import StepUploadPage

        return client.decoder.decode(StepUploadPage, response.content)
    return decode_error(client=client, response=response)


def _build_response(*, client: Client, response: httpx.Response) -> Response[Error | StepUploadPage]:
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
    filter_source_job_id: str | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
    after: str | None | Unset = UNSET,
    before: str | None | Unset = UNSET,
) -> Response[Error | StepUploadPage]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(
        org_slug,
        pipeline_slug,
        build_number,
        filter_source_job_id=filter_source_job_id,
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
    filter_source_job_id: str | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
    after: str | None | Unset = UNSET,
    before: str | None | Unset = UNSET,
) -> Error | StepUploadPage:
    """List a build's step uploads.

    The step uploads of a build's jobs (`buildkite-agent pipeline upload`), newest first, a page at a time,
    without the steps themselves.

    Pages go by cursor. Only while the build is within its maximum lifetime: afterwards it is a 410.

    https://github.com/buildkite/go-buildkite/blob/v5.14.0/step_uploads.go

    Args:
        org_slug: The organization's slug, as in its URL.
        pipeline_slug: The pipeline's slug, as in its URL. It follows the name when a rename gives no slug.
        build_number: The build's number inside its pipeline, not its id.
        client: The client that sends the request.
        filter_source_job_id: Only what the job with this id uploaded.
        per_page: Number of items on a page, at most 100. Without it Buildkite sends 30.
        after: Only items after this cursor, which is itself left out. Not together with `before`.
        before: Only items before this cursor, which is itself left out. Not together with `after`.

    Returns:
        A page of uploads, with the URLs of its neighbours.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(
        org_slug,
        pipeline_slug,
        build_number,
        client=client,
        filter_source_job_id=filter_source_job_id,
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
    filter_source_job_id: str | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
    after: str | None | Unset = UNSET,
    before: str | None | Unset = UNSET,
) -> Response[Error | StepUploadPage]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(
        org_slug,
        pipeline_slug,
        build_number,
        filter_source_job_id=filter_source_job_id,
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
    filter_source_job_id: str | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
    after: str | None | Unset = UNSET,
    before: str | None | Unset = UNSET,
) -> Error | StepUploadPage:
    """Call the operation like `sync`, with asyncio or trio."""
    return (
        await asyncio_detailed(
            org_slug,
            pipeline_slug,
            build_number,
            client=client,
            filter_source_job_id=filter_source_job_id,
            per_page=per_page,
            after=after,
            before=before,
        )
    ).parsed
