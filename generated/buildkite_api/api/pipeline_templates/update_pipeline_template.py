# Generated from spec/ by `make generate`: edit that, not this.

"""Update a pipeline template."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import Response, path_segment

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.error import Error
    from ...models.pipeline_template import PipelineTemplate
    from ...models.update_pipeline_template_request import UpdatePipelineTemplateRequest


def _get_kwargs(org_slug: str, template_uuid: str, *, body: UpdatePipelineTemplateRequest) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "patch",
        "url": f"/v2/organizations/{path_segment('org_slug', org_slug)}/pipeline-templates/{path_segment('template_uuid', template_uuid)}",
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
    org_slug: str, template_uuid: str, *, client: Client, body: UpdatePipelineTemplateRequest
) -> Response[Error | PipelineTemplate]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, template_uuid, body=body)
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(
    org_slug: str, template_uuid: str, *, client: Client, body: UpdatePipelineTemplateRequest
) -> Error | PipelineTemplate:
    """Update a pipeline template.

    Change what is given and leave the rest alone. What does not fit is a 422. Only on the Enterprise
    plan.

    https://buildkite.com/docs/apis/rest-api/pipeline-templates

    Args:
        org_slug: The organization's slug, as in its URL.
        template_uuid: The template's id.
        client: The client that sends the request.
        body: Changes. A field that is left out stays as it is.

    Returns:
        The changed template.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(org_slug, template_uuid, client=client, body=body).parsed


async def asyncio_detailed(
    org_slug: str, template_uuid: str, *, client: Client, body: UpdatePipelineTemplateRequest
) -> Response[Error | PipelineTemplate]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, template_uuid, body=body)
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(
    org_slug: str, template_uuid: str, *, client: Client, body: UpdatePipelineTemplateRequest
) -> Error | PipelineTemplate:
    """Call the operation like `sync`, with asyncio or trio."""
    return (await asyncio_detailed(org_slug, template_uuid, client=client, body=body)).parsed
