"""States of jobs, as the engine distinguishes them."""

from __future__ import annotations

from ...states import FINISHED_JOBS

__all__ = ["JOB_LEFT_OUT", "JOB_OVER", "JOB_WAITING"]

JOB_WAITING = frozenset({"waiting", "waiting_failed"})
"""States of a job that waits for a step before it, or never runs because of it."""

JOB_LEFT_OUT = frozenset({"skipped", "broken"})
"""States of a job that never runs."""

JOB_OVER = FINISHED_JOBS | {"unblocked"}
"""States of a job in which nothing more happens."""
