"""Environment variables: those that the commands read, and those that they set for the programs they start."""

from __future__ import annotations

__all__ = ["ENVIRONMENT_HELP", "WEBHOOK_PREFIX", "WEBHOOK_SECRET_VARIABLE", "WEBHOOK_TOKEN_VARIABLE"]

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
