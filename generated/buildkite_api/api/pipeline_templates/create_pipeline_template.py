# Generated from spec/ by `make generate`: edit that, not this.

"""Create a pipeline template."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import Response, path_segment

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.create_pipeline_template_request import CreatePipelineTemplateRequest
    from ...models.error import Error
    from ...models.pipeline_template import PipelineTemplate


def _get_kwargs(org_slug: str, *, body: CreatePipelineTemplateRequest) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "post",
        "url": f"/v2/organizations/{path_segment('org_slug', org_slug)}/pipeline-templates",
        "json": body.to_dict(),
    }
    return kwargs


def _parse_response(*, client: Client, response: httpx.Response) -> Error | PipelineTemplate:
    if response.is_success:
        from ...models.pipeline_template import PipelineTemplate

        return client.decoder.decode(PipelineTemplate, response.content)
    return decode_error(client=client, response=response)


def _build_response(*, client: Client, response: httpx.Response) -> Response[Error | PipelineTemplate]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    org_slug: str, *, client: Client, body: CreatePipelineTemplateRequest
) -> Response[Error | PipelineTemplate]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, body=body)
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(org_slug: str, *, client: Client, body: CreatePipelineTemplateRequest) -> Error | PipelineTemplate:
    """Create a pipeline template.

    Create a template. What does not fit is a 422. Only on the Enterprise plan.

    https://buildkite.com/docs/apis/rest-api/pipeline-templates

    Args:
        org_slug: The organization's slug, as in its URL.
        client: The client that sends the request.
        body: The new template.

    Returns:
        The new template.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(org_slug, client=client, body=body).parsed


async def asyncio_detailed(
    org_slug: str, *, client: Client, body: CreatePipelineTemplateRequest
) -> Response[Error | PipelineTemplate]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, body=body)
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(org_slug: str, *, client: Client, body: CreatePipelineTemplateRequest) -> Error | PipelineTemplate:
    """Call the operation like `sync`, with asyncio or trio."""
    return (await asyncio_detailed(org_slug, client=client, body=body)).parsed
