# Generated from spec/ by `make generate`: edit that, not this.

"""Get an audit event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import Response, path_segment

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.audit_event import AuditEvent
    from ...models.error import Error


def _get_kwargs(org_slug: str, audit_event_uuid: str) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "get",
        "url": f"/v2/organizations/{path_segment('org_slug', org_slug)}/audit_events/{path_segment('audit_event_uuid', audit_event_uuid)}",
    }
    return kwargs


def _parse_response(*, client: Client, response: httpx.Response) -> Error | AuditEvent:
    if response.is_success:
        from ...models.audit_event import AuditEvent

        return client.decoder.decode(AuditEvent, response.content)
    return decode_error(client=client, response=response)


def _build_response(*, client: Client, response: httpx.Response) -> Response[Error | AuditEvent]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(org_slug: str, audit_event_uuid: str, *, client: Client) -> Response[Error | AuditEvent]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, audit_event_uuid)
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(org_slug: str, audit_event_uuid: str, *, client: Client) -> Error | AuditEvent:
    """Get an audit event.

    One audit event by its id. Only on the Enterprise plan, and for administrators; otherwise 403.

    https://buildkite.com/docs/apis/rest-api/organizations/audit-events

    Args:
        org_slug: The organization's slug, as in its URL.
        audit_event_uuid: The audit event's id.
        client: The client that sends the request.

    Returns:
        The audit event.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(org_slug, audit_event_uuid, client=client).parsed


async def asyncio_detailed(org_slug: str, audit_event_uuid: str, *, client: Client) -> Response[Error | AuditEvent]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, audit_event_uuid)
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(org_slug: str, audit_event_uuid: str, *, client: Client) -> Error | AuditEvent:
    """Call the operation like `sync`, with asyncio or trio."""
    return (await asyncio_detailed(org_slug, audit_event_uuid, client=client)).parsed
