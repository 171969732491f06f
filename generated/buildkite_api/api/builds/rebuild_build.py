# Generated from spec/ by `make generate`: edit that, not this.

"""Rebuild a build."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import Response, path_segment

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.build import Build
    from ...models.error import Error


def _get_kwargs(org_slug: str, pipeline_slug: str, build_number: int) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "put",
        "url": f"/v2/organizations/{path_segment('org_slug', org_slug)}/pipelines/{path_segment('pipeline_slug', pipeline_slug)}/builds/{path_segment('build_number', build_number)}/rebuild",
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


def sync_detailed(org_slug: str, pipeline_slug: str, build_number: int, *, client: Client) -> Response[Error | Build]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, pipeline_slug, build_number)
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(org_slug: str, pipeline_slug: str, build_number: int, *, client: Client) -> Error | Build:
    """Rebuild a build.

    Start a new build with the commit, branch, message, environment and pull request data of this one.

    Labels, draft state and base branch are those of the first build. To build the present state of a
    branch, create a build. Answers with the new build. A refusal is a 422 that names the reason.

    https://buildkite.com/docs/apis/rest-api/builds

    Args:
        org_slug: The organization's slug, as in its URL.
        pipeline_slug: The pipeline's slug, as in its URL. It follows the name when a rename gives no slug.
        build_number: The build's number inside its pipeline, not its id.
        client: The client that sends the request.

    Returns:
        The new build.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(org_slug, pipeline_slug, build_number, client=client).parsed


async def asyncio_detailed(
    org_slug: str, pipeline_slug: str, build_number: int, *, client: Client
) -> Response[Error | Build]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, pipeline_slug, build_number)
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(org_slug: str, pipeline_slug: str, build_number: int, *, client: Client) -> Error | Build:
    """Call the operation like `sync`, with asyncio or trio."""
    return (await asyncio_detailed(org_slug, pipeline_slug, build_number, client=client)).parsed
