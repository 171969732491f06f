"""Routes: the handler of each operation, in one module for each resource."""

from __future__ import annotations

from collections.abc import Mapping

from ..handler import Handler
from .agents import HANDLERS as AGENTS
from .annotations import HANDLERS as ANNOTATIONS
from .artifacts import HANDLERS as ARTIFACTS
from .builds import HANDLERS as BUILDS
from .clusters import HANDLERS as CLUSTERS
from .job_logs import HANDLERS as JOB_LOGS
from .jobs import HANDLERS as JOBS
from .organization import HANDLERS as ORGANIZATION
from .pipelines import HANDLERS as PIPELINES

__all__ = ["HANDLERS", "UNAUTHENTICATED"]


HANDLERS: Mapping[str, Handler] = {
    **ORGANIZATION,
    **PIPELINES,
    **BUILDS,
    **JOBS,
    **JOB_LOGS,
    **ARTIFACTS,
    **ANNOTATIONS,
    **CLUSTERS,
    **AGENTS,
}
"""Handlers by operation id. The other representations of an operation, such as a log as text, have the same handler."""

UNAUTHENTICATED = frozenset({"get_meta"})
"""Operations that need no token."""
