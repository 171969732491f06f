# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from .._definition import define
from ..base import ReadModel, new

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

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.uuid = struct.uuid
        model.graphql_id = struct.graphql_id
        model.state = struct.state
        model.source = struct.source
        model.source_job_id = struct.source_job_id
        model.replace_existing_steps = struct.replace_existing_steps
        model.created_jobs_count = struct.created_jobs_count
        model.rejection_type = struct.rejection_type
        model.message = struct.message
        model.url = struct.url
        model.created_at = struct.created_at
        model.processed_at = struct.processed_at
        model.definition_bytes = struct.definition_bytes
        model.definition_yaml = struct.definition_yaml
        model.definition_yaml_omitted = struct.definition_yaml_omitted
        return model
