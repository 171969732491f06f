# Generated from spec/ by `make generate`: edit that, not this.

"""Forbid public pipelines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import Response, path_segment

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.error import Error
    from ...models.pipeline_settings import PipelineSettings


def _get_kwargs(org_slug: str) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "delete",
        "url": f"/v2/organizations/{path_segment('org_slug', org_slug)}/pipeline-settings/public-pipelines",
    }
    return kwargs


def _parse_response(*, client: Client, response: httpx.Response) -> Error | PipelineSettings:
    if response.is_success:
        from ...models.pipeline_settings import PipelineSettings

        return client.decoder.decode(PipelineSettings, response.content)
    return decode_error(client=client, response=response)


def _build_response(*, client: Client, response: httpx.Response) -> Response[Error | PipelineSettings]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(org_slug: str, *, client: Client) -> Response[Error | PipelineSettings]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug)
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(org_slug: str, *, client: Client) -> Error | PipelineSettings:
    """Forbid public pipelines.

    Let no member create public pipelines. Only for administrators; otherwise 403.

    https://buildkite.com/docs/apis/rest-api/organizations/pipeline-settings

    Args:
        org_slug: The organization's slug, as in its URL.
        client: The client that sends the request.

    Returns:
        All settings, with public pipelines forbidden.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(org_slug, client=client).parsed


async def asyncio_detailed(org_slug: str, *, client: Client) -> Response[Error | PipelineSettings]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug)
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(org_slug: str, *, client: Client) -> Error | PipelineSettings:
    """Call the operation like `sync`, with asyncio or trio."""
    return (await asyncio_detailed(org_slug, client=client)).parsed
