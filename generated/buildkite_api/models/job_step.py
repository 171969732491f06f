# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._definition import define
from ..base import ReadModel, new

if TYPE_CHECKING:
    from .job_step_signature import JobStepSignature


@define(kw_only=True, repr=False, weakref_slot=False)
class JobStep(ReadModel):
    """The step that a job came from."""

    id: str | None = None
    """The step's id."""

    signature: JobStepSignature | None = None
    """The signature of a signed pipeline."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.id = struct.id
        model.signature = struct.signature and struct.signature._to_model()
        return model
