"""The names of environment variables: what the commands read, and what they give to the commands they run."""

from __future__ import annotations

SECRET_VARIABLE = "BUILDKITE_WEBHOOK_SECRET"  # noqa: S105 - a name
TOKEN_VARIABLE = "BUILDKITE_WEBHOOK_TOKEN"  # noqa: S105 - a name

PREFIX = "BUILDKITE_WEBHOOK_"
"""What the variables of `--exec` begin with."""
