"""What `buildkite-ext run` was asked to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A build to run.

    Attributes:
        pipeline, branch, commit, message, env, meta_data: the build to create.
        artifacts: globs of the artifacts to fetch; none for no artifacts.
        to: the folder they go to.
        timeout: seconds to wait for the build; None for as long as it takes.
        poll_interval: seconds between two looks; None for what suits.
        follow: whether to show logs.
        last_lines: whether to repeat the last lines of failed jobs' logs.
    """

    pipeline: str
    branch: str
    commit: str = "HEAD"
    message: str | None = None
    env: Mapping[str, str]
    meta_data: Mapping[str, str]
    artifacts: tuple[str, ...] = ()
    to: Path = Path()
    timeout: float | None = None
    poll_interval: float | None = None
    follow: bool = True
    last_lines: bool = True
