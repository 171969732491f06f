# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import define

from ..base import ReadModel, made

if TYPE_CHECKING:
    from .job_step_signature import JobStepSignature


@define(kw_only=True, repr=False, weakref_slot=False)
class JobStep(ReadModel):
    """The step that a job came from."""

    id: str | None = None
    """The step's id."""

    signature: JobStepSignature | None = None
    """The signature of a signed pipeline."""

    def _take(self, part: Any) -> None:
        self._additional = None
        self.id = part.id
        self.signature = part.signature and made(part.signature)
