# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from .._definition import define
from ..base import ReadModel, new


@define(kw_only=True, repr=False, weakref_slot=False)
class PackageDigests(ReadModel):
    """The digests of a package's file, as hexadecimal numbers."""

    sha256: str | None = None
    """By SHA-256."""

    sha512: str | None = None
    """By SHA-512."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.sha256 = struct.sha256
        model.sha512 = struct.sha512
        return model
