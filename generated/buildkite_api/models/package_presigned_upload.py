# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import define

from ..base import ReadModel, to_models

if TYPE_CHECKING:
    from .package_presigned_upload_form import PackagePresignedUploadForm


@define(kw_only=True, repr=False, weakref_slot=False)
class PackagePresignedUpload(ReadModel):
    """A place to upload a package file to."""

    uri: str
    """Buildkite's name of the upload."""

    form: PackagePresignedUploadForm
    """The form to send."""

    def _take(self, struct: Any) -> None:
        self._additional = None
        self.uri = struct.uri
        self.form = struct.form and to_models(struct.form)
