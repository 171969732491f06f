# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import define

from ..base import ReadModel, to_models

if TYPE_CHECKING:
    from .job_step_signature import JobStepSignature


@define(kw_only=True, repr=False, weakref_slot=False)
class JobStep(ReadModel):
    """The step that a job came from."""

    id: str | None = None
    """The step's id."""

    signature: JobStepSignature | None = None
    """The signature of a signed pipeline."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.id = struct.id
        self.signature = struct.signature and to_models(struct.signature)
