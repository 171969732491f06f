# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import define

from ..base import ReadModel, to_models

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

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.id = struct.id
        self.url = struct.url
        self.web_url = struct.web_url
        self.monitor = struct.monitor and to_models(struct.monitor)
