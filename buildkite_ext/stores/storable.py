"""Answers that may be kept: what they look like. It is a module of its own, since it decodes, which takes time to import."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ..states import is_build_settled

if TYPE_CHECKING:
    import httpx

__all__ = ["is_storable"]


def is_storable(operation: str, response: httpx.Response) -> bool:
    """Tell whether an answer of an operation that is `CACHED` may be kept."""
    headers = response.headers
    if response.status_code != 200 or "no-store" in headers.get("Cache-Control", "").lower():
        return False
    if headers.get("Content-Type", "").partition(";")[0].strip().lower() != "application/json":
        return False
    try:
        if operation == "get_build":
            return is_build_settled(msgspec.json.decode(response.content, type=_BuildEnd))
        # Other values are skipped, but read, so that no JSON that is cut off is kept.
        msgspec.json.decode(response.content, type=list[_Item] if operation.startswith("list_") else _Item)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return True


class _BuildEnd(msgspec.Struct):
    """The fields of a build that tell whether it is over."""

    state: str
    blocked: bool | None = None
    finished_at: str | None = None


class _Item(msgspec.Struct):
    """Object with any fields and an id."""

    id: str
