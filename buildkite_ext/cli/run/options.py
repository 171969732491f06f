"""Options of `buildkite-ext run`, after they were checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["RunOptions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """A build to create, and how to follow it.

    Attributes:
        pipeline, commit, message, env, meta_data: the build to create.
        branch: its branch; None for the pipeline's default branch.
        artifacts: globs of the artifacts to fetch; empty for no artifacts.
        to: the folder for artifacts.
        by_job: write the artifacts of each job into a folder of its own.
        timeout: seconds to wait for the build; None for no limit.
        poll_interval: seconds between two polls; None for the default.
        web: open the build's page in a web browser.
        follow: show logs.
        last_lines: fetch the last lines of failed jobs' logs if they weren't followed.
    """

    pipeline: str
    branch: str | None = None
    commit: str = "HEAD"
    message: str | None = None
    env: Mapping[str, str]
    meta_data: Mapping[str, str]
    artifacts: tuple[str, ...] = ()
    to: Path = Path()
    by_job: bool = False
    timeout: float | None = None
    poll_interval: float | None = None
    web: bool = False
    follow: bool = True
    last_lines: bool = True
