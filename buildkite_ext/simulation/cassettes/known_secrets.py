"""Secrets that are known without reading what is recorded: those of the caller, of the environment, and of a client."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from ...errors import ConfigurationError
from ...escapes import SHORTEST
from ...options import TOKEN_VARIABLES
from ..definition.checks import texts_of

if TYPE_CHECKING:
    from buildkite_api.types import Secret

    from ...client import BuildkiteClient
    from .cleaning import Cleaner

__all__ = ["given_secrets", "learning", "token_variables"]

_TOKENS = (*TOKEN_VARIABLES, "BUILDKITE_AGENT_TOKEN")


def given_secrets(secrets: Iterable[str]) -> set[str]:
    """Return the secrets that a caller gives.

    Raises:
        ConfigurationError: one is too short to be told from parts of words.
        TypeError: they aren't texts.
    """
    given = texts_of("secrets", secrets, give="several texts")
    for number, secret in enumerate(given, 1):
        if len(secret) < SHORTEST:
            raise ConfigurationError(
                f"secrets: text {number} has {len(secret)} characters. Words contain it, so it can't be replaced: give "
                f"{SHORTEST} or more, such as what stands around it"
            )
    return set(given)


def token_variables() -> set[str]:
    """Return the tokens in the variables of the environment that clients and agents read."""
    return {value for name in _TOKENS if (value := os.environ.get(name))}


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
