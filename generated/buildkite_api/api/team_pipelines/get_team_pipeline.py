# Generated from spec/ by `make generate`: edit that, not this.

"""Get a team's pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import Response, path_segment

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.error import Error
    from ...models.team_pipeline import TeamPipeline


def _get_kwargs(org_slug: str, team_uuid: str, pipeline_uuid: str) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "get",
        "url": f"/v2/organizations/{path_segment('org_slug', org_slug)}/teams/{path_segment('team_uuid', team_uuid)}/pipelines/{path_segment('pipeline_uuid', pipeline_uuid)}",
    }
    return kwargs


def _parse_response(*, client: Client, response: httpx.Response) -> Error | TeamPipeline:
    if response.is_success:
        from ...models.team_pipeline import TeamPipeline

        return client.decoder.decode(TeamPipeline, response.content)
    return decode_error(client=client, response=response)


def _build_response(*, client: Client, response: httpx.Response) -> Response[Error | TeamPipeline]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    org_slug: str, team_uuid: str, pipeline_uuid: str, *, client: Client
) -> Response[Error | TeamPipeline]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, team_uuid, pipeline_uuid)
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(org_slug: str, team_uuid: str, pipeline_uuid: str, *, client: Client) -> Error | TeamPipeline:
    """Get a team's pipeline.

    One pipeline of a team by its id.

    The page of this endpoint asks for the scope `view_teams`, which stands in no published list of
    scopes; `read_teams` does.

    https://buildkite.com/docs/apis/rest-api/teams/pipelines

    Args:
        org_slug: The organization's slug, as in its URL.
        team_uuid: The team's id, not its slug.
        pipeline_uuid: The pipeline's id, not its slug.
        client: The client that sends the request.

    Returns:
        The pipeline.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(org_slug, team_uuid, pipeline_uuid, client=client).parsed


async def asyncio_detailed(
    org_slug: str, team_uuid: str, pipeline_uuid: str, *, client: Client
) -> Response[Error | TeamPipeline]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, team_uuid, pipeline_uuid)
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(org_slug: str, team_uuid: str, pipeline_uuid: str, *, client: Client) -> Error | TeamPipeline:
    """Call the operation like `sync`, with asyncio or trio."""
    return (await asyncio_detailed(org_slug, team_uuid, pipeline_uuid, client=client)).parsed
