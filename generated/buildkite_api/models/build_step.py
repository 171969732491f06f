# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any, ClassVar

from .._definition import define
from ..base import ReadModel, new


@define(kw_only=True, repr=False, weakref_slot=False)
class BuildStep(ReadModel):
    """A trigger step, as the webhook of a build's end shows it."""

    _keys: ClassVar[dict[str, str]] = {"async_": "async"}

    type: str | None = None
    """Its type, `trigger`."""

    async_: bool | None = None
    """True if the build continued without waiting for the one that it triggered."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.type = struct.type
        model.async_ = struct.async_
        return model
