# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from attrs import define

from ..base import ReadModel

if TYPE_CHECKING:
    from .step_upload_state import StepUploadState


@define(kw_only=True, repr=False, weakref_slot=False)
class StepUpload(ReadModel):
    """Steps that a job uploaded into its build."""

    uuid: str
    """The upload's id."""

    graphql_id: str | None = None
    """The same upload in the GraphQL API."""

    state: StepUploadState
    """State."""

    source: str | None = None
    """Source, such as `job`."""

    source_job_id: str | None = None
    """The job that uploaded it."""

    replace_existing_steps: bool | None = None
    """True if it replaces the existing steps."""

    created_jobs_count: int | None = None
    """Number of jobs that it created. Null until it is applied; 0 if it created none."""

    rejection_type: str | None = None
    """Reason why it was rejected, as a code."""

    message: str | None = None
    """Reason why it was rejected, as a sentence."""

    url: str | None = None
    """The upload in the REST API."""

    created_at: datetime.datetime | None = None
    """Time when it was uploaded."""

    processed_at: datetime.datetime | None = None
    """Time when it was applied or rejected."""

    definition_bytes: int | None = None
    """The size of the stored steps. This and the next two only when a single upload is asked for."""

    definition_yaml: str | None = None
    """The steps, written as YAML. Null where that would be too long."""

    definition_yaml_omitted: bool | None = None
    """True if they were too long to be included."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.uuid = struct.uuid
        self.graphql_id = struct.graphql_id
        self.state = struct.state
        self.source = struct.source
        self.source_job_id = struct.source_job_id
        self.replace_existing_steps = struct.replace_existing_steps
        self.created_jobs_count = struct.created_jobs_count
        self.rejection_type = struct.rejection_type
        self.message = struct.message
        self.url = struct.url
        self.created_at = struct.created_at
        self.processed_at = struct.processed_at
        self.definition_bytes = struct.definition_bytes
        self.definition_yaml = struct.definition_yaml
        self.definition_yaml_omitted = struct.definition_yaml_omitted
