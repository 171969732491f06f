# Generated from spec/ by `make generate`: edit that, not this.

"""Get the description of the Test Engine API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import Response

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.error import Error


def _get_kwargs() -> dict[str, Any]:
    kwargs: dict[str, Any] = {"method": "get", "url": "/v2/analytics/openapi.yaml"}
    return kwargs


def _parse_response(*, client: Client, response: httpx.Response) -> Error | str:
    if response.is_success:
        return response.text
    return decode_error(client=client, response=response)


def _build_response(*, client: Client, response: httpx.Response) -> Response[Error | str]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(*, client: Client) -> Response[Error | str]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs()
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(*, client: Client) -> Error | str:
    """Get the description of the Test Engine API.

    Buildkite's own OpenAPI description of the part of the API below `/v2/analytics`, as YAML. Needs
    no token.

    https://buildkite.com/docs/apis/rest-api

    Args:
        client: The client that sends the request.

    Returns:
        The description.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(client=client).parsed


async def asyncio_detailed(*, client: Client) -> Response[Error | str]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs()
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(*, client: Client) -> Error | str:
    """Call the operation like `sync`, with asyncio or trio."""
    return (await asyncio_detailed(client=client)).parsed
