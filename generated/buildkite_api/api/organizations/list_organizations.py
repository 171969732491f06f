# Generated from spec/ by `make generate`: edit that, not this.

"""List organizations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import UNSET, Response, Unset, query_params

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.error import Error
    from ...models.organization import Organization


def _get_kwargs(*, page: int | None | Unset = UNSET, per_page: int | None | Unset = UNSET) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v2/organizations",
        "params": query_params({"page": page, "per_page": per_page}),
    }
    return kwargs


def _parse_response(*, client: Client, response: httpx.Response) -> Error | list[Organization]:
    if response.is_success:
        from ...models.organization import Organization

        return client.decoder.decode(list[Organization], response.content)
    return decode_error(client=client, response=response)


def _build_response(*, client: Client, response: httpx.Response) -> Response[Error | list[Organization]]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *, client: Client, page: int | None | Unset = UNSET, per_page: int | None | Unset = UNSET
) -> Response[Error | list[Organization]]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(page=page, per_page=per_page)
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(
    *, client: Client, page: int | None | Unset = UNSET, per_page: int | None | Unset = UNSET
) -> Error | list[Organization]:
    """List organizations.

    The organizations that the token may reach, a page at a time.

    https://buildkite.com/docs/apis/rest-api/organizations

    Args:
        client: The client that sends the request.
        page: Number of the page, from 1. Without it Buildkite sends the first.
        per_page: Number of items on a page, at most 100. Without it Buildkite sends 30.

    Returns:
        A page of organizations.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(client=client, page=page, per_page=per_page).parsed


async def asyncio_detailed(
    *, client: Client, page: int | None | Unset = UNSET, per_page: int | None | Unset = UNSET
) -> Response[Error | list[Organization]]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(page=page, per_page=per_page)
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(
    *, client: Client, page: int | None | Unset = UNSET, per_page: int | None | Unset = UNSET
) -> Error | list[Organization]:
    """Call the operation like `sync`, with asyncio or trio."""
    return (await asyncio_detailed(client=client, page=page, per_page=per_page)).parsed
