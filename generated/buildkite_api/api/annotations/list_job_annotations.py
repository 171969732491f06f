# Generated from spec/ by `make generate`: edit that, not this.

"""List a job's annotations by its id alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import UNSET, Response, Unset, path_segment, query_params

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.annotation import Annotation
    from ...models.error import Error


def _get_kwargs(
    org_slug: str, job_id: str, *, page: int | None | Unset = UNSET, per_page: int | None | Unset = UNSET
) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "get",
        "url": f"/v2/organizations/{path_segment('org_slug', org_slug)}/jobs/{path_segment('job_id', job_id)}/annotations",
        "params": query_params({"page": page, "per_page": per_page}),
    }
    return kwargs


def _parse_response(*, client: Client, response: httpx.Response) -> Error | list[Annotation]:
    if response.is_success:
        from ...models.annotation import Annotation

        return client.decoder.decode(list[Annotation], response.content)
    return decode_error(client=client, response=response)


def _build_response(*, client: Client, response: httpx.Response) -> Response[Error | list[Annotation]]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    org_slug: str,
    job_id: str,
    *,
    client: Client,
    page: int | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
) -> Response[Error | list[Annotation]]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, job_id, page=page, per_page=per_page)
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(
    org_slug: str,
    job_id: str,
    *,
    client: Client,
    page: int | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
) -> Error | list[Annotation]:
    """List a job's annotations by its id alone.

    Like `list_build_job_annotations`, for those who know only the organization and the job.

    https://buildkite.com/docs/apis/rest-api/annotations

    Args:
        org_slug: The organization's slug, as in its URL.
        job_id: The job's id.
        client: The client that sends the request.
        page: Number of the page, from 1. Without it Buildkite sends the first.
        per_page: Number of items on a page, at most 100. Without it Buildkite sends 30.

    Returns:
        A page of annotations.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(org_slug, job_id, client=client, page=page, per_page=per_page).parsed


async def asyncio_detailed(
    org_slug: str,
    job_id: str,
    *,
    client: Client,
    page: int | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
) -> Response[Error | list[Annotation]]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, job_id, page=page, per_page=per_page)
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(
    org_slug: str,
    job_id: str,
    *,
    client: Client,
    page: int | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
) -> Error | list[Annotation]:
    """Call the operation like `sync`, with asyncio or trio."""
    return (await asyncio_detailed(org_slug, job_id, client=client, page=page, per_page=per_page)).parsed
