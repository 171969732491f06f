# Generated from spec/ by `make generate`: edit that, not this.

"""Get a rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import Response, path_segment

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.error import Error
    from ...models.rule import Rule


def _get_kwargs(org_slug: str, rule_uuid: str) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "get",
        "url": f"/v2/organizations/{path_segment('org_slug', org_slug)}/rules/{path_segment('rule_uuid', rule_uuid)}",
    }
    return kwargs


def _parse_response(*, client: Client, response: httpx.Response) -> Error | Rule:
    if response.is_success:
        from ...models.rule import Rule

        return client.decoder.decode(Rule, response.content)
    return decode_error(client=client, response=response)


def _build_response(*, client: Client, response: httpx.Response) -> Response[Error | Rule]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(org_slug: str, rule_uuid: str, *, client: Client) -> Response[Error | Rule]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, rule_uuid)
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(org_slug: str, rule_uuid: str, *, client: Client) -> Error | Rule:
    """Get a rule.

    One rule by its id. Its conditions are not told.

    https://buildkite.com/docs/apis/rest-api/rules

    Args:
        org_slug: The organization's slug, as in its URL.
        rule_uuid: The rule's id.
        client: The client that sends the request.

    Returns:
        The rule.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(org_slug, rule_uuid, client=client).parsed


async def asyncio_detailed(org_slug: str, rule_uuid: str, *, client: Client) -> Response[Error | Rule]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, rule_uuid)
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(org_slug: str, rule_uuid: str, *, client: Client) -> Error | Rule:
    """Call the operation like `sync`, with asyncio or trio."""
    return (await asyncio_detailed(org_slug, rule_uuid, client=client)).parsed
