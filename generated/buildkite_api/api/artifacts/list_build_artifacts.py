# Generated from spec/ by `make generate`: edit that, not this.

"""List a build's artifacts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import UNSET, Response, Unset, path_segment, query_params

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.artifact import Artifact
    from ...models.artifact_state import ArtifactState
    from ...models.error import Error


def _get_kwargs(
    org_slug: str,
    pipeline_slug: str,
    build_number: int,
    *,
    state: ArtifactState | str | None | Unset = UNSET,
    path: str | None | Unset = UNSET,
    page: int | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "get",
        "url": f"/v2/organizations/{path_segment('org_slug', org_slug)}/pipelines/{path_segment('pipeline_slug', pipeline_slug)}/builds/{path_segment('build_number', build_number)}/artifacts",
        "params": query_params({"state": state, "path": path, "page": page, "per_page": per_page}),
    }
    return kwargs


def _parse_response(*, client: Client, response: httpx.Response) -> Error | list[Artifact]:
    if response.is_success:
        from ...models.artifact import Artifact

        return client.decoder.decode(list[Artifact], response.content)
    return decode_error(client=client, response=response)


def _build_response(*, client: Client, response: httpx.Response) -> Response[Error | list[Artifact]]:
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
    state: ArtifactState | str | None | Unset = UNSET,
    path: str | None | Unset = UNSET,
    page: int | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
) -> Response[Error | list[Artifact]]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, pipeline_slug, build_number, state=state, path=path, page=page, per_page=per_page)
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(
    org_slug: str,
    pipeline_slug: str,
    build_number: int,
    *,
    client: Client,
    state: ArtifactState | str | None | Unset = UNSET,
    path: str | None | Unset = UNSET,
    page: int | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
) -> Error | list[Artifact]:
    """List a build's artifacts.

    The artifacts of all jobs of a build, a page at a time.

    https://buildkite.com/docs/apis/rest-api/artifacts

    Args:
        org_slug: The organization's slug, as in its URL.
        pipeline_slug: The pipeline's slug, as in its URL. It follows the name when a rename gives no slug.
        build_number: The build's number inside its pipeline, not its id.
        client: The client that sends the request.
        state: Only artifacts in this state. An unknown state is a 422.
        path: Only artifacts with this path, in which `*` is a wildcard.
        page: Number of the page, from 1. Without it Buildkite sends the first.
        per_page: Number of items on a page, at most 100. Without it Buildkite sends 30.

    Returns:
        A page of artifacts.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(
        org_slug, pipeline_slug, build_number, client=client, state=state, path=path, page=page, per_page=per_page
    ).parsed


async def asyncio_detailed(
    org_slug: str,
    pipeline_slug: str,
    build_number: int,
    *,
    client: Client,
    state: ArtifactState | str | None | Unset = UNSET,
    path: str | None | Unset = UNSET,
    page: int | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
) -> Response[Error | list[Artifact]]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, pipeline_slug, build_number, state=state, path=path, page=page, per_page=per_page)
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(
    org_slug: str,
    pipeline_slug: str,
    build_number: int,
    *,
    client: Client,
    state: ArtifactState | str | None | Unset = UNSET,
    path: str | None | Unset = UNSET,
    page: int | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
) -> Error | list[Artifact]:
    """Call the operation like `sync`, with asyncio or trio."""
    return (
        await asyncio_detailed(
            org_slug, pipeline_slug, build_number, client=client, state=state, path=path, page=page, per_page=per_page
        )
    ).parsed
