# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._definition import define
from ..base import ReadModel, new

if TYPE_CHECKING:
    from .build_exports import BuildExports
    from .pipeline_settings_switch import PipelineSettingsSwitch


@define(kw_only=True, repr=False, weakref_slot=False)
class PipelineSettings(ReadModel):
    """Settings for all pipelines of an organization."""

    url: str
    """The settings in the REST API."""

    default_branch: str | None = None
    """The default branch of new pipelines."""

    default_cluster_id: str | None = None
    """The cluster of new pipelines."""

    default_timeout_in_minutes: int | None = None
    """Minutes that a job of a new pipeline may run."""

    maximum_timeout_in_minutes: int | None = None
    """Minutes that any job may run."""

    scheduled_job_expiry_in_minutes: int | None = None
    """Minutes that a scheduled job waits for an agent before it expires."""

    hosted_agents_terminal_access: PipelineSettingsSwitch | None = None
    """Remote access to hosted agents."""

    public_pipeline_creation: PipelineSettingsSwitch | None = None
    """True if members may create public pipelines."""

    advanced_queue_metrics: PipelineSettingsSwitch | None = None
    """The advanced metrics of queues."""

    build_exports: BuildExports | None = None
    """The export of builds."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.url = struct.url
        model.default_branch = struct.default_branch
        model.default_cluster_id = struct.default_cluster_id
        model.default_timeout_in_minutes = struct.default_timeout_in_minutes
        model.maximum_timeout_in_minutes = struct.maximum_timeout_in_minutes
        model.scheduled_job_expiry_in_minutes = struct.scheduled_job_expiry_in_minutes
        model.hosted_agents_terminal_access = (
            struct.hosted_agents_terminal_access and struct.hosted_agents_terminal_access._to_model()
        )
        model.public_pipeline_creation = struct.public_pipeline_creation and struct.public_pipeline_creation._to_model()
        model.advanced_queue_metrics = struct.advanced_queue_metrics and struct.advanced_queue_metrics._to_model()
        model.build_exports = struct.build_exports and struct.build_exports._to_model()
        return model
