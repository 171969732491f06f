# Generated from spec/ by `make generate`: edit that, not this.

"""Get the root of the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import Response

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.api_root import ApiRoot
    from ...models.error import Error


def _get_kwargs() -> dict[str, Any]:
    kwargs: dict[str, Any] = {"method": "get", "url": "/"}
    return kwargs


def _parse_response(*, client: Client, response: httpx.Response) -> Error | ApiRoot:
    if response.is_success:
        from ...models.api_root import ApiRoot

        return client.decoder.decode(ApiRoot, response.content)
    return decode_error(client=client, response=response)


def _build_response(*, client: Client, response: httpx.Response) -> Response[Error | ApiRoot]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(*, client: Client) -> Response[Error | ApiRoot]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs()
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(*, client: Client) -> Error | ApiRoot:
    """Get the root of the API.

    A greeting and the time at Buildkite: enough to see whether the API can be reached. Needs no
    token.

    https://buildkite.com/docs/apis/rest-api

    Args:
        client: The client that sends the request.

    Returns:
        The greeting.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(client=client).parsed


async def asyncio_detailed(*, client: Client) -> Response[Error | ApiRoot]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs()
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(*, client: Client) -> Error | ApiRoot:
    """Call the operation like `sync`, with asyncio or trio."""
    return (await asyncio_detailed(client=client)).parsed
