# Generated from spec/ by `make generate`: edit that, not this.

"""Set where builds are exported to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import Response, path_segment

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.configure_build_export_request import ConfigureBuildExportRequest
    from ...models.error import Error
    from ...models.pipeline_settings import PipelineSettings


def _get_kwargs(org_slug: str, *, body: ConfigureBuildExportRequest) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "put",
        "url": f"/v2/organizations/{path_segment('org_slug', org_slug)}/pipeline-settings/build-export",
        "json": body.to_dict(),
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


def sync_detailed(
    org_slug: str, *, client: Client, body: ConfigureBuildExportRequest
) -> Response[Error | PipelineSettings]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, body=body)
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(org_slug: str, *, client: Client, body: ConfigureBuildExportRequest) -> Error | PipelineSettings:
    """Set where builds are exported to.

    Export the data of builds to a bucket, where the plan has that. A blank value, an unknown strategy
    or a bucket that Buildkite cannot reach is a 422.

    Only for administrators; otherwise 403, and so where the plan does not have it.

    https://buildkite.com/docs/apis/rest-api/organizations/pipeline-settings

    Args:
        org_slug: The organization's slug, as in its URL.
        client: The client that sends the request.
        body: Destination of exported builds.

    Returns:
        All settings, with the export.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(org_slug, client=client, body=body).parsed


async def asyncio_detailed(
    org_slug: str, *, client: Client, body: ConfigureBuildExportRequest
) -> Response[Error | PipelineSettings]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, body=body)
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(org_slug: str, *, client: Client, body: ConfigureBuildExportRequest) -> Error | PipelineSettings:
    """Call the operation like `sync`, with asyncio or trio."""
    return (await asyncio_detailed(org_slug, client=client, body=body)).parsed
