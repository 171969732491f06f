"""How often to look: often enough to be live, seldom enough for Buildkite's rate limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..watching.wait import FINISHED_JOBS

if TYPE_CHECKING:
    from buildkite_api.models import Build

BUDGET = 40
"""Requests a minute that following may cost. Buildkite allows a user 50, and there may be other programs:
https://buildkite.com/docs/apis/rest-api/rate-limits"""

SIMULATED_INTERVAL = 0.4


def interval(usual: float, *, wanted: float | None, timeout: float | None, simulate: bool) -> float:
    """Seconds between two looks.

    Example:
        >>> interval(5.0, wanted=None, timeout=None, simulate=False)
        5.0
        >>> interval(5.0, wanted=None, timeout=8.0, simulate=False)
        2.0
    """
    if wanted is None:
        wanted = SIMULATED_INTERVAL if simulate else usual
    # Whoever waits for little time wants more than one look in it.
    return wanted if timeout is None else min(wanted, max(0.05, timeout / 4))


class Pace:
    """Counts what a look costs: a request for the build, and one for each log that may have grown since the last look."""

    def __init__(self) -> None:
        self._over: set[str] = set()

    def rest(self, build: Build, interval: float) -> float:
        """Seconds to rest at this look, besides the interval, to stay within the budget."""
        logs = [
            job
            for job in build.jobs
            if str(job.type) == "script" and job.started_at is not None and job.id not in self._over
        ]
        self._over.update(job.id for job in logs if str(job.state) in FINISHED_JOBS)
        return max(0.0, (1 + len(logs)) * 60 / BUDGET - interval)
