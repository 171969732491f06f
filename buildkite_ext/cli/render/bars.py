"""Progress bars of downloads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, Task, TaskID, TextColumn, TransferSpeedColumn
from rich.table import Column
from rich.text import Text

from ..safe_text import short

if TYPE_CHECKING:
    from ...artifacts.transfer import DownloadProgress

MOST = 10
"""Bars at once; of more downloads those that are complete make room."""


class Bars:
    """A bar for each artifact.

    Args:
        console: the terminal.
    """

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            # Paths come from the server: never as markup.
            TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True, overflow="ellipsis")),
            BarColumn(bar_width=24),
            DownloadColumn(),
            _Speed(),
            console=console,
        )
        self._tasks: dict[str, TaskID] = {}
        self._complete: list[TaskID] = []
        self._progress.start()

    def update(self, progress: DownloadProgress) -> None:
        """Show how far a download is."""
        artifact = progress.artifact
        task = self._tasks.get(artifact.id)
        if task is None:
            while self._complete and len(self._progress.task_ids) >= MOST:
                self._progress.remove_task(self._complete.pop(0))
            task = self._progress.add_task(short(artifact.path, 100), total=progress.total)
            self._tasks[artifact.id] = task
        self._progress.update(task, completed=progress.done)
        if progress.done == progress.total:
            self._complete.append(task)

    def stop(self) -> None:
        """Leave them as they are. Doing it twice is fine."""
        self._progress.stop()


class _Speed(TransferSpeedColumn):
    """The speed, and no question mark where a download was over too soon to have one."""

    def render(self, task: Task) -> Text:
        return Text("") if (task.finished_speed or task.speed) is None else super().render(task)
