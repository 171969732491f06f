# Generated from spec/ by `make generate`: edit that, not this.

"""Revoke the current token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import Response

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.error import Error


def _get_kwargs() -> dict[str, Any]:
    kwargs: dict[str, Any] = {"method": "delete", "url": "/v2/access-token"}
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


def sync_detailed(*, client: Client) -> Response[Error | None]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs()
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(*, client: Client) -> Error | None:
    """Revoke the current token.

    Revoke the token in use, for good. Any token may do so; every later request with it is refused, so
    this one is not sent again when its answer is lost.

    https://buildkite.com/docs/apis/rest-api/access-token

    Args:
        client: The client that sends the request.

    Returns:
        The token is revoked.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(client=client).parsed


async def asyncio_detailed(*, client: Client) -> Response[Error | None]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs()
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(*, client: Client) -> Error | None:
    """Call the operation like `sync`, with asyncio or trio."""
    return (await asyncio_detailed(client=client)).parsed
