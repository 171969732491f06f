# Generated from spec/ by `make generate`: edit that, not this.

"""Update a team's suite."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import Response, path_segment

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.error import Error
    from ...models.team_suite import TeamSuite
    from ...models.update_team_suite_request import UpdateTeamSuiteRequest


def _get_kwargs(org_slug: str, team_uuid: str, suite_uuid: str, *, body: UpdateTeamSuiteRequest) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "patch",
        "url": f"/v2/organizations/{path_segment('org_slug', org_slug)}/teams/{path_segment('team_uuid', team_uuid)}/suites/{path_segment('suite_uuid', suite_uuid)}",
        "json": body.to_dict(),
    }
    return kwargs


def _parse_response(*, client: Client, response: httpx.Response) -> Error | TeamSuite:
    if response.is_success:
        from ...models.team_suite import TeamSuite

        return client.decoder.decode(TeamSuite, response.content)
    return decode_error(client=client, response=response)


def _build_response(*, client: Client, response: httpx.Response) -> Response[Error | TeamSuite]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    org_slug: str, team_uuid: str, suite_uuid: str, *, client: Client, body: UpdateTeamSuiteRequest
) -> Response[Error | TeamSuite]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, team_uuid, suite_uuid, body=body)
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(
    org_slug: str, team_uuid: str, suite_uuid: str, *, client: Client, body: UpdateTeamSuiteRequest
) -> Error | TeamSuite:
    """Update a team's suite.

    Change what a team may do with a test suite. What does not fit is a 422.

    https://buildkite.com/docs/apis/rest-api/teams/suites

    Args:
        org_slug: The organization's slug, as in its URL.
        team_uuid: The team's id, not its slug.
        suite_uuid: The suite's id, not its slug.
        client: The client that sends the request.
        body: Changes.

    Returns:
        The team's changed suite.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(org_slug, team_uuid, suite_uuid, client=client, body=body).parsed


async def asyncio_detailed(
    org_slug: str, team_uuid: str, suite_uuid: str, *, client: Client, body: UpdateTeamSuiteRequest
) -> Response[Error | TeamSuite]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, team_uuid, suite_uuid, body=body)
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(
    org_slug: str, team_uuid: str, suite_uuid: str, *, client: Client, body: UpdateTeamSuiteRequest
) -> Error | TeamSuite:
    """Call the operation like `sync`, with asyncio or trio."""
    return (await asyncio_detailed(org_slug, team_uuid, suite_uuid, client=client, body=body)).parsed
