# Generated from spec/ by `make generate`: edit that, not this.

"""What an answer means that is not a success."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx

    from .client import Client
    from .models.error import Error


def decode_error(*, client: Client, response: httpx.Response) -> Error:
    """Read the body of a refusal.

    Returns:
        What Buildkite wrote, or an `Error` whose message is the beginning of a body that is no JSON object, such as
        the page of a proxy.
    """
    from .decoding import UnexpectedBody
    from .models.error import Error

    try:
        return client.decoder.decode(Error, response.content)
    except UnexpectedBody:
        return Error(message=response.text.strip()[:200] or f"status {response.status_code} without a body")


__all__ = ["decode_error"]
