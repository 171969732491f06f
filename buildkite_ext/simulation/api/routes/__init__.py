"""Routes: the handler of each operation, in one module for each resource."""

from __future__ import annotations

from collections.abc import Mapping

from ..handler import Handler
from .agents import HANDLERS as AGENTS
from .annotations import HANDLERS as ANNOTATIONS
from .artifacts import HANDLERS as ARTIFACTS
from .audit_events import HANDLERS as AUDIT_EVENTS
from .builds import HANDLERS as BUILDS
from .cluster_access import HANDLERS as CLUSTER_ACCESS
from .clusters import HANDLERS as CLUSTERS
from .hosted_agents import HANDLERS as HOSTED_AGENTS
from .job_logs import HANDLERS as JOB_LOGS
from .jobs import HANDLERS as JOBS
from .members import HANDLERS as MEMBERS
from .notification_services import HANDLERS as NOTIFICATION_SERVICES
from .organization import HANDLERS as ORGANIZATION
from .pipeline_schedules import HANDLERS as PIPELINE_SCHEDULES
from .pipeline_templates import HANDLERS as PIPELINE_TEMPLATES
from .pipelines import HANDLERS as PIPELINES
from .portals import HANDLERS as PORTALS
from .registries import HANDLERS as REGISTRIES
from .repository_connections import HANDLERS as REPOSITORY_CONNECTIONS
from .rules import HANDLERS as RULES
from .settings import HANDLERS as SETTINGS
from .step_uploads import HANDLERS as STEP_UPLOADS
from .suite_tests import HANDLERS as SUITE_TESTS
from .suites import HANDLERS as SUITES
from .team_suites import HANDLERS as TEAM_SUITES
from .teams import HANDLERS as TEAMS

__all__ = ["HANDLERS", "UNAUTHENTICATED"]


HANDLERS: Mapping[str, Handler] = {
    **ORGANIZATION,
    **MEMBERS,
    **SETTINGS,
    **TEAMS,
    **TEAM_SUITES,
    **PIPELINES,
    **PIPELINE_SCHEDULES,
    **PIPELINE_TEMPLATES,
    **RULES,
    **BUILDS,
    **STEP_UPLOADS,
    **JOBS,
    **JOB_LOGS,
    **ARTIFACTS,
    **ANNOTATIONS,
    **CLUSTERS,
    **CLUSTER_ACCESS,
    **HOSTED_AGENTS,
    **AGENTS,
    **NOTIFICATION_SERVICES,
    **PORTALS,
    **REPOSITORY_CONNECTIONS,
    **AUDIT_EVENTS,
    **REGISTRIES,
    **SUITES,
    **SUITE_TESTS,
}
"""Handlers by operation id. The other representations of an operation, such as a log as text, have the same handler."""

UNAUTHENTICATED = frozenset({"get_meta"})
"""Operations that need no token."""
