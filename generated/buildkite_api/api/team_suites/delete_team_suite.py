# Generated from spec/ by `make generate`: edit that, not this.

"""Take a suite from a team."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import Response, path_segment

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.error import Error


def _get_kwargs(org_slug: str, team_uuid: str, suite_uuid: str) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "delete",
        "url": f"/v2/organizations/{path_segment('org_slug', org_slug)}/teams/{path_segment('team_uuid', team_uuid)}/suites/{path_segment('suite_uuid', suite_uuid)}",
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


def sync_detailed(org_slug: str, team_uuid: str, suite_uuid: str, *, client: Client) -> Response[Error | None]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, team_uuid, suite_uuid)
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(org_slug: str, team_uuid: str, suite_uuid: str, *, client: Client) -> Error | None:
    """Take a suite from a team.

    Let a team reach a test suite no more. The suite itself stays. A refusal is a 422 that names the
    reason.

    https://buildkite.com/docs/apis/rest-api/teams/suites

    Args:
        org_slug: The organization's slug, as in its URL.
        team_uuid: The team's id, not its slug.
        suite_uuid: The suite's id, not its slug.
        client: The client that sends the request.

    Returns:
        The suite is taken from the team.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(org_slug, team_uuid, suite_uuid, client=client).parsed


async def asyncio_detailed(org_slug: str, team_uuid: str, suite_uuid: str, *, client: Client) -> Response[Error | None]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, team_uuid, suite_uuid)
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(org_slug: str, team_uuid: str, suite_uuid: str, *, client: Client) -> Error | None:
    """Call the operation like `sync`, with asyncio or trio."""
    return (await asyncio_detailed(org_slug, team_uuid, suite_uuid, client=client)).parsed
