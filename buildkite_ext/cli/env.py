"""Environment variables: those that the commands read, and those that they set for the programs they start."""

from __future__ import annotations

__all__ = [
    "ENVIRONMENT_HELP",
    "WEBHOOK_PREFIX",
    "WEBHOOK_SECRET_VARIABLE",
    "WEBHOOK_TOKEN_VARIABLE",
    "environment_help",
]

WEBHOOK_SECRET_VARIABLE = "BUILDKITE_WEBHOOK_SECRET"  # noqa: S105 - a name
WEBHOOK_TOKEN_VARIABLE = "BUILDKITE_WEBHOOK_TOKEN"  # noqa: S105 - a name

WEBHOOK_PREFIX = "BUILDKITE_WEBHOOK_"
"""Prefix of the variables that `webhooks listen --exec` sets."""

ENVIRONMENT_HELP = """
Environment:
  BUILDKITE_API_TOKEN          the token; it is never given on the command line
  BUILDKITE_ORGANIZATION_SLUG  the organization
  BUILDKITE_REST_API_ENDPOINT  the API's root (https://api.buildkite.com)
  BUILDKITE_WEBHOOK_SECRET     the secret that webhooks are signed with
  BUILDKITE_WEBHOOK_TOKEN      the token that webhooks send instead, unencrypted
  BUILDKITE_EXT_LOG            debug shows each request on the standard error
  NO_COLOR, FORCE_COLOR        never, or always, use colors"""


def environment_help(*, api: bool, webhooks: bool) -> str:
    """Return the part of `ENVIRONMENT_HELP` that concerns a command.

    Args:
        api: the command connects to Buildkite's API.
        webhooks: the command receives, verifies or sends webhooks.
    """
    title, *lines = ENVIRONMENT_HELP.strip().splitlines()
    shown = [
        line
        for line in lines
        if (webhooks if WEBHOOK_PREFIX in line else api) or ("COLOR" in line and (api or webhooks))
    ]
    return "\n".join([title, *shown]) if shown else ""
