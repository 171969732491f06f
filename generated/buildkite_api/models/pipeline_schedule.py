# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from attrs import define, field

from ..base import ReadModel, to_models

if TYPE_CHECKING:
    from .pipeline_reference import PipelineReference
    from .user import User


@define(kw_only=True, repr=False, weakref_slot=False)
class PipelineSchedule(ReadModel):
    """A schedule that creates builds of a pipeline."""

    id: str
    """The schedule's id."""

    graphql_id: str | None = None
    """The same schedule in the GraphQL API."""

    url: str
    """The schedule in the REST API."""

    label: str | None = None
    """Purpose."""

    cronline: str
    """Times of the builds: a name such as `@daily`, or a line of a crontab."""

    message: str | None = None
    """The message of its builds."""

    commit: str | None = None
    """The commit of its builds, such as `HEAD`."""

    branch: str | None = None
    """The branch of its builds."""

    env: dict[str, Any] = field(factory=dict)
    """Environment variables of its builds."""

    enabled: bool
    """True if it creates builds."""

    next_build_at: datetime.datetime | None = None
    """Time of the next build. Null while it is disabled."""

    failed_message: str | None = None
    """Reason why it could not create the last build, if it failed."""

    failed_at: datetime.datetime | None = None
    """Time of that failure."""

    created_at: datetime.datetime | None = None
    """Time when it was created."""

    created_by: User | None = None
    """User who created it."""

    pipeline: PipelineReference | None = None
    """The pipeline."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.id = struct.id
        self.graphql_id = struct.graphql_id
        self.url = struct.url
        self.label = struct.label
        self.cronline = struct.cronline
        self.message = struct.message
        self.commit = struct.commit
        self.branch = struct.branch
        self.env = {} if struct.env is None else struct.env
        self.enabled = struct.enabled
        self.next_build_at = struct.next_build_at
        self.failed_message = struct.failed_message
        self.failed_at = struct.failed_at
        self.created_at = struct.created_at
        self.created_by = struct.created_by and to_models(struct.created_by)
        self.pipeline = struct.pipeline and to_models(struct.pipeline)
