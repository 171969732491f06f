"""States of jobs, as the engine distinguishes them."""

from __future__ import annotations

__all__ = ["JOB_LEFT_OUT", "JOB_WAITING"]
JOB_WAITING = frozenset({"waiting", "waiting_failed"})
"""States of a job that waits for a step before it, or never runs because of it."""

JOB_LEFT_OUT = frozenset({"skipped", "broken"})
"""States of a job that never runs."""
