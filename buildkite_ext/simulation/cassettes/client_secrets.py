"""Secrets of a client: its tokens, and what is secret in its own headers and parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from .cleaning import Cleaner

if TYPE_CHECKING:
    from buildkite_api.types import Secret

    from ...client import BuildkiteClient

__all__ = ["learning"]


def learning(client: BuildkiteClient, cleaner: Cleaner) -> BuildkiteClient:
    """Return a client whose secrets a cleaner knows: the token of each request, and those in its own headers and parameters.

    Args:
        client: the client. A function that returns its token may return another one each time.
        cleaner: learns them.
    """
    options = client.options
    cleaner.learn(options.headers or {}, f"?{urlencode(options.query or {})}")
    source = options.token
    if not callable(source):
        cleaner.secrets.add(source.reveal())
        return client

    def token() -> str | Secret:
        found: str | Secret = source()  # type: ignore[assignment]  # a blocking client has no async function
        cleaner.secrets.add(found if isinstance(found, str) else found.reveal())
        return found

    return client.with_options(token=token)
