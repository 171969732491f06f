"""Builds of a commit that serve in place of a new one.

https://buildkite.com/docs/apis/rest-api/builds
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..messages import shown
from ..states import outcome_of

if TYPE_CHECKING:
    from buildkite_api.models import Build

__all__ = ["KnownBuilds", "full_sha", "known_builds"]

_FULL_SHA = re.compile(r"[0-9a-fA-F]{40}|[0-9a-fA-F]{64}")


@dataclass(frozen=True, slots=True)
class KnownBuilds:
    """Builds that there are of a commit.

    Attributes:
        reusable: the newest one that has passed, or continues and hasn't failed; None if there is none.
        failed: the newest one that has failed; None if there is none.
    """

    reusable: Build | None = None
    failed: Build | None = None


def full_sha(commit: str) -> str:
    """Return a commit by which builds can be looked up: Buildkite's filter takes whole SHAs alone.

    Raises:
        ValueError: it is `HEAD`, a branch, a tag or the beginning of a SHA.

    Example:
        >>> full_sha("5e4f1c2b7a905e4f1c2b7a905e4f1c2b7a905e4f")
        '5e4f1c2b7a905e4f1c2b7a905e4f1c2b7a905e4f'
    """
    if _FULL_SHA.fullmatch(commit) is None:
        what = "the beginning of a SHA" if re.fullmatch("[0-9a-fA-F]{4,63}", commit) else "no SHA"
        raise ValueError(
            f"commit={shown(commit)} is {what}, and builds are found by a full SHA alone. Give what `git rev-parse "
            f"{commit if commit.isalnum() else 'HEAD'}` prints. Nothing was sent."
        )
    return commit.lower()


def known_builds(builds: Iterable[Build], *, commit: str, branch: str | None) -> KnownBuilds:
    """Return which of the builds of a list serve.

    Args:
        builds: the builds, newest first, whatever the filters of the list have let through.
        commit: the full SHA.
        branch: the branch; None for any.
    """
    reusable = failed = None
    for build in builds:
        if str(build.commit).lower() != commit or (branch is not None and build.branch != branch):
            continue
        if _serves(build):
            reusable = reusable or build
        elif outcome_of(build) in ("failed", "blocked"):
            failed = failed or build
    return KnownBuilds(reusable, failed)


def _serves(build: Build) -> bool:
    """Tell whether a build has passed, or may still pass. One that waits at a block step does so unless something failed."""
    outcome, state = outcome_of(build), str(build.state)
    if outcome == "blocked":
        return "failed" not in (state, str(build.blocked_state))
    return outcome == "passed" or (outcome is None and state != "canceling")
