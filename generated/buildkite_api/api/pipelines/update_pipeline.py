# Generated from spec/ by `make generate`: edit that, not this.

"""Update a pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import Response, path_segment

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.error import Error
    from ...models.pipeline import Pipeline
    from ...models.update_pipeline_request import UpdatePipelineRequest


def _get_kwargs(org_slug: str, pipeline_slug: str, *, body: UpdatePipelineRequest) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "patch",
        "url": f"/v2/organizations/{path_segment('org_slug', org_slug)}/pipelines/{path_segment('pipeline_slug', pipeline_slug)}",
        "json": body.to_dict(),
    }
    return kwargs


def _parse_response(*, client: Client, response: httpx.Response) -> Error | Pipeline:
    if response.is_success:
        from ...models.pipeline import Pipeline

        return client.decoder.decode(Pipeline, response.content)
    return decode_error(client=client, response=response)


def _build_response(*, client: Client, response: httpx.Response) -> Response[Error | Pipeline]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    org_slug: str, pipeline_slug: str, *, client: Client, body: UpdatePipelineRequest
) -> Response[Error | Pipeline]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, pipeline_slug, body=body)
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(org_slug: str, pipeline_slug: str, *, client: Client, body: UpdatePipelineRequest) -> Error | Pipeline:
    """Update a pipeline.

    Change what is given and leave the rest alone.

    A new `name` without a `slug` also changes the slug, and so the pipeline's URL. For pipelines with
    YAML steps, `env` is ignored and `steps` alone is a 422: send the whole `configuration` instead, which
    replaces all of it. The documentation lists `teams`, and says to use GraphQL for them.

    https://buildkite.com/docs/apis/rest-api/pipelines

    Args:
        org_slug: The organization's slug, as in its URL.
        pipeline_slug: The pipeline's slug, as in its URL. It follows the name when a rename gives no slug.
        client: The client that sends the request.
        body: Changes. A field that is left out stays as it is.

    Returns:
        The changed pipeline.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(org_slug, pipeline_slug, client=client, body=body).parsed


async def asyncio_detailed(
    org_slug: str, pipeline_slug: str, *, client: Client, body: UpdatePipelineRequest
) -> Response[Error | Pipeline]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, pipeline_slug, body=body)
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(
    org_slug: str, pipeline_slug: str, *, client: Client, body: UpdatePipelineRequest
) -> Error | Pipeline:
    """Call the operation like `sync`, with asyncio or trio."""
    return (await asyncio_detailed(org_slug, pipeline_slug, client=client, body=body)).parsed
