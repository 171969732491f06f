"""The handlers of the operations, and which operation has which."""

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
"""By the operation's id; another form of an operation (a log as text) has the handler of its row."""

UNAUTHENTICATED = frozenset({"get_meta"})
"""Operations that need no token."""
