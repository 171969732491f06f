# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any, ClassVar

from .._definition import define
from ..base import ReadModel, new


@define(kw_only=True, repr=False, weakref_slot=False)
class CursorLinks(ReadModel):
    """The neighbours of a page in a list that is paged by cursors. A link without a page is absent."""

    _keys: ClassVar[dict[str, str]] = {"self_": "self"}

    self_: str | None = None
    """The URL of this page."""

    next: str | None = None
    """The URL of the page after this one."""

    prev: str | None = None
    """The URL of the page before this one."""

    first: str | None = None
    """The URL of the first page."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.self_ = struct.self_
        model.next = struct.next
        model.prev = struct.prev
        model.first = struct.first
        return model
