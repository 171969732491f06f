# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from attrs import define

from ..base import ReadModel


@define(kw_only=True, repr=False, weakref_slot=False)
class PackageDigests(ReadModel):
    """The digests of a package's file, as hexadecimal numbers."""

    sha256: str | None = None
    """By SHA-256."""

    sha512: str | None = None
    """By SHA-512."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.sha256 = struct.sha256
        self.sha512 = struct.sha512
