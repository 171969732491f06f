# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from .._definition import define
from ..base import ReadModel, new


@define(kw_only=True, repr=False, weakref_slot=False)
class PullRequestInfo(ReadModel):
    """The pull request that a build is for. Buildkite shows an empty object for a build without one."""

    id: str | None = None
    """The number of the pull request."""

    base: str | None = None
    """The branch that it would be merged into."""

    repository: str | None = None
    """The repository that it comes from."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.id = struct.id
        model.base = struct.base
        model.repository = struct.repository
        return model
