# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any, ClassVar

from attrs import define

from ..base import ReadModel


@define(kw_only=True, repr=False, weakref_slot=False)
class BuildStep(ReadModel):
    """A trigger step, as the webhook of a build's end shows it."""

    _keys: ClassVar[dict[str, str]] = {"async_": "async"}

    type: str | None = None
    """Its type, `trigger`."""

    async_: bool | None = None
    """True if the build continued without waiting for the one that it triggered."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.type = struct.type
        self.async_ = struct.async_
