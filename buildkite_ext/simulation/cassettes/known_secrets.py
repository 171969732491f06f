"""Secrets that are known before anything is recorded: those of the caller and of the environment."""

from __future__ import annotations

import os
from collections.abc import Iterable

from ...errors import ConfigurationError
from ...options import TOKEN_VARIABLES
from ..definition.checks import texts_of

__all__ = ["SHORTEST", "given_secrets", "token_variables"]

SHORTEST = 6
"""Length of the shortest secret that is looked for. Words contain a shorter one."""

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
