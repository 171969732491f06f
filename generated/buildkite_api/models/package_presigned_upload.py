# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._definition import define
from ..base import ReadModel, new

if TYPE_CHECKING:
    from .package_presigned_upload_form import PackagePresignedUploadForm


@define(kw_only=True, repr=False, weakref_slot=False)
class PackagePresignedUpload(ReadModel):
    """A place to upload a package file to."""

    uri: str
    """Buildkite's name of the upload."""

    form: PackagePresignedUploadForm
    """The form to send."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.uri = struct.uri
        model.form = struct.form and struct.form._to_model()
        return model
