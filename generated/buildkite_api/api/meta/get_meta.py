# Generated from spec/ by `make generate`: edit that, not this.

"""Get facts about Buildkite."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import Response

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.error import Error
    from ...models.meta import Meta


def _get_kwargs() -> dict[str, Any]:
    kwargs: dict[str, Any] = {"method": "get", "url": "/v2/meta"}
    return kwargs


def _parse_response(*, client: Client, response: httpx.Response) -> Error | Meta:
    if response.is_success:
        from ...models.meta import Meta

        return client.decoder.decode(Meta, response.content)
    return decode_error(client=client, response=response)


def _build_response(*, client: Client, response: httpx.Response) -> Response[Error | Meta]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(*, client: Client) -> Response[Error | Meta]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs()
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(*, client: Client) -> Error | Meta:
    """Get facts about Buildkite.

    The addresses that Buildkite's own requests come from, such as webhooks. They change: ask daily, new
    ones are meant to be listed a week before their use. Needs no token.

    https://buildkite.com/docs/apis/rest-api/meta

    Args:
        client: The client that sends the request.

    Returns:
        The facts.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(client=client).parsed


async def asyncio_detailed(*, client: Client) -> Response[Error | Meta]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs()
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(*, client: Client) -> Error | Meta:
    """Call the operation like `sync`, with asyncio or trio."""
    return (await asyncio_detailed(client=client)).parsed
