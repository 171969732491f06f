# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any, ClassVar

from attrs import define, field

from ..base import ReadModel


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

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.message = struct.message
        self.branch = struct.branch
        self.commit = struct.commit
        self.env = {} if struct.env is None else struct.env
