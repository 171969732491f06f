# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from .._definition import define
from ..base import ReadModel, new

if TYPE_CHECKING:
    from .annotation_scope import AnnotationScope
    from .annotation_style import AnnotationStyle


@define(kw_only=True, repr=False, weakref_slot=False)
class Annotation(ReadModel):
    """A piece of Markdown that a build's page shows."""

    id: str
    """The annotation's id."""

    context: str
    """Its name within its build or job, where no other annotation has the same."""

    style: AnnotationStyle | None = None
    """Style."""

    scope: AnnotationScope | None = None
    """Owner: a build or a job."""

    job_id: str | None = None
    """The job that it belongs to. Null for a build's."""

    priority: int | None = None
    """From 1 to 10. Higher stands first; 3 where nothing was set."""

    body_html: str | None = None
    """The body as HTML. Absent with `omit_body`."""

    created_at: datetime.datetime | None = None
    """Time when it was created."""

    updated_at: datetime.datetime | None = None
    """Time when it was last added to or replaced."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.id = struct.id
        model.context = struct.context
        model.style = struct.style
        model.scope = struct.scope
        model.job_id = struct.job_id
        model.priority = struct.priority
        model.body_html = struct.body_html
        model.created_at = struct.created_at
        model.updated_at = struct.updated_at
        return model
