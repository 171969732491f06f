# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import define

from ..base import ReadModel, to_models

if TYPE_CHECKING:
    from .cursor_links import CursorLinks
    from .step_upload import StepUpload


@define(kw_only=True, repr=False, weakref_slot=False)
class StepUploadPage(ReadModel):
    """A page of uploads."""

    items: list[StepUpload]
    """The uploads."""

    links: CursorLinks
    """The neighbours of this page."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.items = [] if struct.items is None else to_models(struct.items)
        self.links = struct.links and to_models(struct.links)
