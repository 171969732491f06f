# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import define

from ..base import ReadModel, to_models

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

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.job_id = struct.job_id
        self.retry_type = struct.retry_type
        self.retried_by = struct.retried_by and to_models(struct.retried_by)
