# Generated from spec/ by `make generate`: edit that, not this.

"""List an organization's pipelines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...decoding import decode_error
from ...types import UNSET, Response, Unset, path_segment, query_params

if TYPE_CHECKING:
    import httpx

    from ...client import Client
    from ...models.error import Error
    from ...models.pipeline import Pipeline


def _get_kwargs(
    org_slug: str,
    *,
    name: str | None | Unset = UNSET,
    repository: str | None | Unset = UNSET,
    page: int | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
) -> dict[str, Any]:
    kwargs: dict[str, Any] = {
        "method": "get",
        "url": f"/v2/organizations/{path_segment('org_slug', org_slug)}/pipelines",
        "params": query_params({"name": name, "repository": repository, "page": page, "per_page": per_page}),
    }
    return kwargs


def _parse_response(*, client: Client, response: httpx.Response) -> Error | list[Pipeline]:
    if response.is_success:
        from ...models.pipeline import Pipeline

        return client.decoder.decode(list[Pipeline], response.content)
    return decode_error(client=client, response=response)


def _build_response(*, client: Client, response: httpx.Response) -> Response[Error | list[Pipeline]]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    org_slug: str,
    *,
    client: Client,
    name: str | None | Unset = UNSET,
    repository: str | None | Unset = UNSET,
    page: int | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
) -> Response[Error | list[Pipeline]]:
    """Call `sync`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, name=name, repository=repository, page=page, per_page=per_page)
    response = client.get_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


def sync(
    org_slug: str,
    *,
    client: Client,
    name: str | None | Unset = UNSET,
    repository: str | None | Unset = UNSET,
    page: int | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
) -> Error | list[Pipeline]:
    """List an organization's pipelines.

    The pipelines of an organization, a page at a time.

    `provider.webhook_url` is empty unless the user may edit the pipeline and the token has the scope
    `write_pipelines`.

    https://buildkite.com/docs/apis/rest-api/pipelines

    Args:
        org_slug: The organization's slug, as in its URL.
        client: The client that sends the request.
        name: Only pipelines whose name contains this, in any case.
        repository: Only pipelines whose repository URL contains this, in any case.
        page: Number of the page, from 1. Without it Buildkite sends the first.
        per_page: Number of items on a page, at most 100. Without it Buildkite sends 30.

    Returns:
        A page of pipelines.
        An `Error` if Buildkite refuses the request.
    """
    return sync_detailed(org_slug, client=client, name=name, repository=repository, page=page, per_page=per_page).parsed


async def asyncio_detailed(
    org_slug: str,
    *,
    client: Client,
    name: str | None | Unset = UNSET,
    repository: str | None | Unset = UNSET,
    page: int | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
) -> Response[Error | list[Pipeline]]:
    """Call `asyncio`, and return the status and the headers of the answer too."""
    kwargs = _get_kwargs(org_slug, name=name, repository=repository, page=page, per_page=per_page)
    response = await client.get_async_httpx_client().request(**kwargs)
    return _build_response(client=client, response=response)


async def asyncio(
    org_slug: str,
    *,
    client: Client,
    name: str | None | Unset = UNSET,
    repository: str | None | Unset = UNSET,
    page: int | None | Unset = UNSET,
    per_page: int | None | Unset = UNSET,
) -> Error | list[Pipeline]:
    """Call the operation like `sync`, with asyncio or trio."""
    return (
        await asyncio_detailed(org_slug, client=client, name=name, repository=repository, page=page, per_page=per_page)
    ).parsed
