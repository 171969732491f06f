# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any, ClassVar

from .._definition import define, field
from ..base import ReadModel, new


@define(kw_only=True, repr=False, weakref_slot=False)
class PipelineStepBuild(ReadModel):
    """The build that a trigger step starts."""

    _nullable: ClassVar[frozenset[str]] = frozenset({"env"})

    message: str | None = None
    """Its message."""

    branch: str | None = None
    """Its branch."""

    commit: str | None = None
    """Its commit."""

    env: dict[str, Any] = field(factory=dict)
    """Its environment variables."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.message = struct.message
        model.branch = struct.branch
        model.commit = struct.commit
        model.env = {} if struct.env is None else struct.env
        return model
