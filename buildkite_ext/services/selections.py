"""Arguments that select jobs of a build: `jobs`, `focus` and `state`."""

from __future__ import annotations

from collections.abc import Sequence

from buildkite_api.models import Job

from ..logs.selection import JobSelection
from ..states import JOB_STATES
from ..unknown_names import warn_unknown
from .arguments import many, not_empty

__all__ = ["selection"]


def selection(jobs: str | Job | Sequence[str | Job] | None, state: str | Sequence[str] | None) -> JobSelection | None:
    """Return the selection that two arguments ask for; None for all jobs. An unknown state is warned of.

    Example:
        >>> selection("unit*", "failed")
        JobSelection(patterns=('unit*',), states=frozenset({'failed'}))
        >>> selection(None, None) is None
        True
    """
    names = [jobs] if isinstance(jobs, str | Job) else jobs
    states = many(state)
    if names is None and states is None:
        return None
    warn_unknown("state", states, JOB_STATES)
    patterns = tuple(name.id if isinstance(name, Job) else name for name in not_empty(names) or ())
    return JobSelection(patterns, frozenset(map(str, states or ())))
