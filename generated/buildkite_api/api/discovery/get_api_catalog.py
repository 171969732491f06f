# Generated from spec/ by `make generate`: edit that, not this.

"""Get the catalog of APIs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import Response

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.api_catalog import ApiCatalog
    from ...models.error import Error


def _get_kwargs() -> dict[str, Any]:
    kwargs: dict[str, Any] = {"method": "get", "url": "/.well-known/api-catalog"}
    return kwargs


def _parse_response(*, client: Client, response: httpx.Response) -> Error | ApiCatalog:
    if response.is_success:
        from ...models.api_catalog import ApiCatalog

        return client.decoder.decode(ApiCatalog, response.content)
    return decode_error(client=client, response=response)


def _build_response(*, client: Client, response: httpx.Response) -> Response[Error | ApiCatalog]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(*, client: Client) -> Response[Error | ApiCatalog]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs()
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(*, client: Client) -> Error | ApiCatalog:
    """Get the catalog of APIs.

    The machine-readable descriptions of APIs: a catalog in the form of RFC 9727. Needs no token.

    https://buildkite.com/docs/apis/rest-api

    Args:
        client: The client that sends the request.

    Returns:
        The catalog.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(client=client).parsed


async def asyncio_detailed(*, client: Client) -> Response[Error | ApiCatalog]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs()
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(*, client: Client) -> Error | ApiCatalog:
    """Call the operation like `sync`, with asyncio or trio."""
    return (await asyncio_detailed(client=client)).parsed
