# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from .._definition import define
from ..base import ReadModel, new


@define(kw_only=True, repr=False, weakref_slot=False)
class Repository(ReadModel):
    """A repository on a source code host."""

    full_name: str
    """The name with its owner, as `owner/name`."""

    html_url: str | None = None
    """Its page on the host."""

    clone_url: str | None = None
    """URL to clone it from."""

    default_branch: str | None = None
    """Its default branch."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.full_name = struct.full_name
        model.html_url = struct.html_url
        model.clone_url = struct.clone_url
        model.default_branch = struct.default_branch
        return model
