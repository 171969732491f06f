# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._definition import define
from ..base import ReadModel, new

if TYPE_CHECKING:
    from .workflow_monitor import WorkflowMonitor


@define(kw_only=True, repr=False, weakref_slot=False)
class Workflow(ReadModel):
    """A workflow of a suite. The rest of what an answer holds is not described yet."""

    id: str
    """The workflow's id."""

    url: str
    """The workflow in the REST API."""

    web_url: str | None = None
    """The workflow's page on Buildkite."""

    monitor: WorkflowMonitor | None = None
    """The monitor that watches the tests."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.id = struct.id
        model.url = struct.url
        model.web_url = struct.web_url
        model.monitor = struct.monitor and struct.monitor._to_model()
        return model
