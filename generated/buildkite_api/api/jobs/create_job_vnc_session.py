# Generated from spec/ by `make generate`: edit that, not this.

"""Open a remote desktop session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import Response, path_segment

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.error import Error
    from ...models.vnc_session import VncSession


def _get_kwargs(org_slug: str, job_id: str) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "post",
        "url": f"/v2/organizations/{path_segment('org_slug', org_slug)}/jobs/{path_segment('job_id', job_id)}/vnc-session",
    }
    return kwargs


def _parse_response(*, client: Client, response: httpx.Response) -> Error | VncSession:
    if response.is_success:
        from ...models.vnc_session import VncSession

        return client.decoder.decode(VncSession, response.content)
    return decode_error(client=client, response=response)


def _build_response(*, client: Client, response: httpx.Response) -> Response[Error | VncSession]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(org_slug: str, job_id: str, *, client: Client) -> Response[Error | VncSession]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, job_id)
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(org_slug: str, job_id: str, *, client: Client) -> Error | VncSession:
    """Open a remote desktop session.

    Ask for a short-lived VNC connection to the desktop of a job.

    Only for a running command job on a macOS hosted agent, with the permission to manage hosted agents,
    in an organization that has remote access switched on. Otherwise 403, 404 or 422; 503 when the
    provider of the agents could not do it.

    The answer holds credentials to the job. Never log, cache or store it.

    https://buildkite.com/docs/apis/rest-api/jobs

    Args:
        org_slug: The organization's slug, as in its URL.
        job_id: The job's id.
        client: The client that sends the request.

    Returns:
        Endpoint and credentials. Marked `Cache-Control: no-store`.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(org_slug, job_id, client=client).parsed


async def asyncio_detailed(org_slug: str, job_id: str, *, client: Client) -> Response[Error | VncSession]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, job_id)
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(org_slug: str, job_id: str, *, client: Client) -> Error | VncSession:
    """Call the operation like `sync`, with asyncio or trio."""
    return (await asyncio_detailed(org_slug, job_id, client=client)).parsed
