"""Settings of the organization: of its pipelines and of its API."""

from __future__ import annotations

from dataclasses import dataclass

from .users import User

__all__ = ["ApiSettings", "BuildExport", "PipelineSettings", "Switch"]


_JOB_EXPIRY_IN_DAYS = 30
"""Days after which a job expires where no setting says it.
https://buildkite.com/docs/pipelines/configure/build-timeouts"""


@dataclass(frozen=True, slots=True)
class Switch:
    """Setting that somebody has switched on."""

    enabled_at: float
    enabled_by: User


@dataclass(frozen=True, slots=True)
class BuildExport:
    """Destination of exported builds."""

    location: str
    strategy_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineSettings:
    """Settings for all pipelines. A switch that is None is off."""

    default_branch: str = "main"
    default_cluster_id: str | None = None
    default_timeout_in_minutes: int | None = None
    maximum_timeout_in_minutes: int | None = None
    scheduled_job_expiry_in_minutes: int | None = None
    hosted_agents_terminal_access: Switch | None = None
    public_pipeline_creation: Switch | None = None
    advanced_queue_metrics: Switch | None = None
    build_export: BuildExport | None = None

    @property
    def default_timeout(self) -> float | None:
        """Seconds that a job may run for which neither its step nor its pipeline has a timeout."""
        return None if self.default_timeout_in_minutes is None else self.default_timeout_in_minutes * 60.0

    @property
    def scheduled_job_expiry(self) -> float:
        """Seconds after its creation in which an agent has to take a job."""
        minutes = self.scheduled_job_expiry_in_minutes
        return _JOB_EXPIRY_IN_DAYS * 86_400.0 if minutes is None else minutes * 60.0

    @property
    def maximum_timeout(self) -> float | None:
        """Seconds that any job may run."""
        return None if self.maximum_timeout_in_minutes is None else self.maximum_timeout_in_minutes * 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiSettings:
    """Restrictions of the API."""

    allowed_ip_addresses: str | None = None
    revoke_inactive_tokens_after_days: int | None = None
    restrict_user_api_token_creation: bool = False
