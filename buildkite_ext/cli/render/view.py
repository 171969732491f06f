"""What a run tells whoever watches it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from buildkite_api.models import Build

    from ...artifacts.transfer import DownloadProgress
    from ...logs.parser import LogLine
    from ..board import ServerTime
    from ..report import Report


class View(Protocol):
    """Shows a run. Its methods are called in this order; `progress` and `note` from any thread."""

    def created(self, build: Build, time: ServerTime, *, follow: bool) -> None:
        """The build exists. Its jobs will be seen only where it is followed."""
        ...

    def seen(self, build: Build) -> None:
        """The build, as of another look."""
        ...

    def line(self, label: str, line: LogLine) -> None:
        """A line of a job's log."""
        ...

    def note(self, text: str) -> None:
        """Something by the way. Not safe to print as it is."""
        ...

    def ended(self) -> None:
        """The build has ended, or blocked."""
        ...

    def progress(self, progress: DownloadProgress) -> None:
        """Bytes of an artifact have come."""
        ...

    def fetched(self, paths: Sequence[Path]) -> None:
        """All artifacts are there."""
        ...

    def finish(self, report: Report) -> None:
        """How it all ended. Called once, whatever was called before."""
        ...

    def close(self) -> None:
        """Give the terminal back. Doing it twice is fine."""
        ...
