# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._definition import define
from ..base import ReadModel, new

if TYPE_CHECKING:
    from .job_retrier import JobRetrier
    from .job_retry_type import JobRetryType


@define(kw_only=True, repr=False, weakref_slot=False)
class JobRetrySource(ReadModel):
    """The job that another one retries."""

    job_id: str
    """The id of the retried job."""

    retry_type: JobRetryType | None = None
    """Kind of retry."""

    retried_by: JobRetrier | None = None
    """User who retried it. Only in webhooks."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.job_id = struct.job_id
        model.retry_type = struct.retry_type
        model.retried_by = struct.retried_by and struct.retried_by._to_model()
        return model
