# Generated from spec/ by `make generate`: edit that, not this.

"""Delete a pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import Response, path_segment

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.error import Error


def _get_kwargs(org_slug: str, pipeline_slug: str) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "delete",
        "url": f"/v2/organizations/{path_segment('org_slug', org_slug)}/pipelines/{path_segment('pipeline_slug', pipeline_slug)}",
    }
    return kwargs


def _parse_response(*, client: Client, response: httpx.Response) -> Error | None:
    if response.is_success:
        return None
    return decode_error(client=client, response=response)


def _build_response(*, client: Client, response: httpx.Response) -> Response[Error | None]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(org_slug: str, pipeline_slug: str, *, client: Client) -> Response[Error | None]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, pipeline_slug)
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(org_slug: str, pipeline_slug: str, *, client: Client) -> Error | None:
    """Delete a pipeline.

    Delete a pipeline. One whose builds are still of interest can be archived instead.

    https://buildkite.com/docs/apis/rest-api/pipelines

    Args:
        org_slug: The organization's slug, as in its URL.
        pipeline_slug: The pipeline's slug, as in its URL. It follows the name when a rename gives no slug.
        client: The client that sends the request.

    Returns:
        The pipeline is deleted.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(org_slug, pipeline_slug, client=client).parsed


async def asyncio_detailed(org_slug: str, pipeline_slug: str, *, client: Client) -> Response[Error | None]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, pipeline_slug)
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(org_slug: str, pipeline_slug: str, *, client: Client) -> Error | None:
    """Call the operation like `sync`, with asyncio or trio."""
    return (await asyncio_detailed(org_slug, pipeline_slug, client=client)).parsed
