# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from .._definition import define, field
from ..base import ReadModel, new
from ..types import Secret


@define(kw_only=True, repr=False, weakref_slot=False)
class ArtifactDownload(ReadModel):
    """Location of the contents of an artifact."""

    url: Secret = field(repr=False)
    """URL of the contents, valid for about 60 seconds. It needs no API token: anyone who has it can fetch
    them."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.url = struct.url
        return model
