# Generated from spec/ by `make generate`: edit that, not this.

"""Get a step upload."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import Response, path_segment

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.error import Error
    from ...models.step_upload import StepUpload


def _get_kwargs(org_slug: str, pipeline_slug: str, build_number: int, step_upload_uuid: str) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "get",
        "url": f"/v2/organizations/{path_segment('org_slug', org_slug)}/pipelines/{path_segment('pipeline_slug', pipeline_slug)}/builds/{path_segment('build_number', build_number)}/step-uploads/{path_segment('step_upload_uuid', step_upload_uuid)}",
    }
    return kwargs


def _parse_response(*, client: Client, response: httpx.Response) -> Error | StepUpload:
    if response.is_success:
        from ...models.step_upload import StepUpload

        return client.decoder.decode(StepUpload, response.content)
    return decode_error(client=client, response=response)


def _build_response(*, client: Client, response: httpx.Response) -> Response[Error | StepUpload]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    org_slug: str, pipeline_slug: str, build_number: int, step_upload_uuid: str, *, client: Client
) -> Response[Error | StepUpload]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, pipeline_slug, build_number, step_upload_uuid)
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(
    org_slug: str, pipeline_slug: str, build_number: int, step_upload_uuid: str, *, client: Client
) -> Error | StepUpload:
    """Get a step upload.

    One upload by its id, with the steps as YAML. Only while the build is within its maximum lifetime:
    afterwards it is a 410.

    https://github.com/buildkite/go-buildkite/blob/v5.14.0/step_uploads.go

    Args:
        org_slug: The organization's slug, as in its URL.
        pipeline_slug: The pipeline's slug, as in its URL. It follows the name when a rename gives no slug.
        build_number: The build's number inside its pipeline, not its id.
        step_upload_uuid: The upload's id.
        client: The client that sends the request.

    Returns:
        The upload.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(org_slug, pipeline_slug, build_number, step_upload_uuid, client=client).parsed


async def asyncio_detailed(
    org_slug: str, pipeline_slug: str, build_number: int, step_upload_uuid: str, *, client: Client
) -> Response[Error | StepUpload]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, pipeline_slug, build_number, step_upload_uuid)
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(
    org_slug: str, pipeline_slug: str, build_number: int, step_upload_uuid: str, *, client: Client
) -> Error | StepUpload:
    """Call the operation like `sync`, with asyncio or trio."""
    return (await asyncio_detailed(org_slug, pipeline_slug, build_number, step_upload_uuid, client=client)).parsed
