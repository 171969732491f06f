# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from attrs import define, field

from ..base import ReadModel
from ..types import Secret


@define(kw_only=True, repr=False, weakref_slot=False)
class ArtifactDownload(ReadModel):
    """Location of the contents of an artifact."""

    url: Secret = field(repr=False)
    """URL of the contents, valid for about 60 seconds. It needs no API token: anyone who has it can fetch
    them."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.url = struct.url
