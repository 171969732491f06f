# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import Any

from .._definition import define, field
from ..base import ReadModel, new
from ..types import Secret


@define(kw_only=True, repr=False, weakref_slot=False)
class PackagePresignedUploadForm(ReadModel):
    """A form that uploads a package file."""

    file_input: str
    """The name of the part that holds the file. Buildkite's Go client sends it last."""

    method: str
    """The HTTP method."""

    url: str
    """URL to send it to."""

    data: dict[str, Secret] = field(factory=dict, repr=False)
    """The other parts, by name. They hold credentials."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.file_input = struct.file_input
        model.method = struct.method
        model.url = struct.url
        model.data = {} if struct.data is None else struct.data
        return model
