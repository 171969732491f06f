# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from .._definition import define
from ..base import RequestModel
from ..types import UNSET, Unset


@define(kw_only=True, repr=False, weakref_slot=False)
class UpdateOrganizationPipelineSettingsRequest(RequestModel):
    """Changes. A field that is left out stays as it is."""

    default_branch: str | Unset = UNSET
    """The default branch of new pipelines."""

    default_cluster_id: str | None | Unset = UNSET
    """The cluster of new pipelines. Null leaves them without one."""

    default_timeout_in_minutes: int | Unset = UNSET
    """Minutes that a job of a new pipeline may run."""

    maximum_timeout_in_minutes: int | Unset = UNSET
    """Minutes that any job may run."""

    scheduled_job_expiry_in_minutes: int | Unset = UNSET
    """Minutes that a scheduled job waits for an agent before it expires."""
