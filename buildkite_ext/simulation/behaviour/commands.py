"""Behaviour of a command: its duration, exit status, output and artifacts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

__all__ = ["CommandBehaviour", "LogScript"]

LogScript = str | bytes | Sequence[tuple[float, str | bytes]]
"""Output of a job: a text whose lines arrive evenly while the job runs, or pieces, each with its second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandBehaviour:
    """Behaviour of the jobs of a command step.

    Attributes:
        duration: seconds that the command runs.
        exit_statuses: one for each attempt; the last one holds for all further attempts.
        log: its output.
        artifacts: the files that it uploads, by path.
    """

    duration: float = 5.0
    exit_statuses: tuple[int, ...] = (0,)
    log: LogScript = ""
    artifacts: Mapping[str, bytes] = field(default_factory=dict[str, bytes])

    def exit_status(self, attempt: int) -> int:
        """Return the exit status of an attempt, counted from 0."""
        return self.exit_statuses[min(attempt, len(self.exit_statuses) - 1)]
