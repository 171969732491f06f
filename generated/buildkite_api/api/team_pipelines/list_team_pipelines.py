# Generated from spec/ by `make generate`: edit that, not this.

"""List a team's pipelines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import UNSET, Response, Unset, path_segment, query_params

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.error import Error
    from ...models.team_pipeline import TeamPipeline


def _get_kwargs(
    org_slug: str, team_uuid: str, *, page: int | None | Unset = UNSET, per_page: int | None | Unset = UNSET
) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "get",
        "url": f"/v2/organizations/{path_segment('org_slug', org_slug)}/teams/{path_segment('team_uuid', team_uuid)}/pipelines",
        "params": query_params({"page": page, "per_page": per_page}),
    }
    return kwargs


def _parse_response(*, client: Client, response: httpx.Response) -> Error | list[TeamPipeline]:
    if response.is_success:
        from ...models.team_pipeline import TeamPipeline

        return client.decoder.decode(list[TeamPipeline], response.content)
    return decode_error(client=client, response=response)


def _build_response(*, client: Client, response: httpx.Response) -> Response[Error | list[TeamPipeline]]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    org_slug: str,
    team_uuid: str,
    *,
    client: Client,
    page: int | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
) -> Response[Error | list[TeamPipeline]]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, team_uuid, page=page, per_page=per_page)
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(
    org_slug: str,
    team_uuid: str,
    *,
    client: Client,
    page: int | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
) -> Error | list[TeamPipeline]:
    """List a team's pipelines.

    The pipelines that a team can reach, a page at a time.

    The page of this endpoint asks for the scope `view_teams`, which stands in no published list of
    scopes; `read_teams` does.

    https://buildkite.com/docs/apis/rest-api/teams/pipelines

    Args:
        org_slug: The organization's slug, as in its URL.
        team_uuid: The team's id, not its slug.
        client: The client that sends the request.
        page: Number of the page, from 1. Without it Buildkite sends the first.
        per_page: Number of items on a page, at most 100. Without it Buildkite sends 30.

    Returns:
        A page of pipelines.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(org_slug, team_uuid, client=client, page=page, per_page=per_page).parsed


async def asyncio_detailed(
    org_slug: str,
    team_uuid: str,
    *,
    client: Client,
    page: int | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
) -> Response[Error | list[TeamPipeline]]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, team_uuid, page=page, per_page=per_page)
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(
    org_slug: str,
    team_uuid: str,
    *,
    client: Client,
    page: int | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
) -> Error | list[TeamPipeline]:
    """Call the operation like `sync`, with asyncio or trio."""
    return (await asyncio_detailed(org_slug, team_uuid, client=client, page=page, per_page=per_page)).parsed
