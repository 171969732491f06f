# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from .._definition import define, field
from ..base import ReadModel, new

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

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.id = struct.id
        model.graphql_id = struct.graphql_id
        model.url = struct.url
        model.label = struct.label
        model.cronline = struct.cronline
        model.message = struct.message
        model.commit = struct.commit
        model.branch = struct.branch
        model.env = {} if struct.env is None else struct.env
        model.enabled = struct.enabled
        model.next_build_at = struct.next_build_at
        model.failed_message = struct.failed_message
        model.failed_at = struct.failed_at
        model.created_at = struct.created_at
        model.created_by = struct.created_by and struct.created_by._to_model()
        model.pipeline = struct.pipeline and struct.pipeline._to_model()
        return model
