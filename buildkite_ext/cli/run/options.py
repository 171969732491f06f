"""Options of a run, after they were checked: of a build to create, or of one that exists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..build_choice import BuildChoice

__all__ = ["RunOptions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """A build to create or to watch, and how to follow it.

    Attributes:
        pipeline, commit, message, env, meta_data: the build to create.
        choice: the build to watch; None to create one.
        retry: retry the failed jobs of that build first.
        retry_states: the states of the jobs to retry; empty for all.
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

    pipeline: str = ""
    branch: str | None = None
    commit: str = "HEAD"
    message: str | None = None
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    meta_data: Mapping[str, str] = field(default_factory=dict[str, str])
    choice: BuildChoice | None = None
    retry: bool = False
    retry_states: tuple[str, ...] = ()
    artifacts: tuple[str, ...] = ()
    to: Path = Path()
    by_job: bool = False
    timeout: float | None = None
    poll_interval: float | None = None
    web: bool = False
    follow: bool = True
    last_lines: bool = True
