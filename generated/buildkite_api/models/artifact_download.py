# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from attrs import define, field

from ..base import ReadModel
from ..types import Secret


@define(kw_only=True, repr=False, weakref_slot=False)
class ArtifactDownload(ReadModel):
    """Where the contents of an artifact are."""

    url: Secret = field(repr=False)
    """Where to fetch them, for about 60 seconds, without the API token. Whoever has it can."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.url = struct.url
