# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._definition import define
from ..base import ReadModel, new

if TYPE_CHECKING:
    from .artifact_state import ArtifactState


@define(kw_only=True, repr=False, weakref_slot=False)
class Artifact(ReadModel):
    """A file that a job uploaded."""

    id: str
    """The artifact's id."""

    job_id: str
    """The job that uploaded it."""

    url: str
    """The artifact in the REST API."""

    download_url: str
    """URL of its contents in the REST API."""

    state: ArtifactState
    """State, which tells if it can be downloaded."""

    path: str
    """Path of the file, with its name."""

    dirname: str | None = None
    """Path of the file, without its name."""

    filename: str
    """The name of the file."""

    mime_type: str | None = None
    """The type of its contents."""

    file_size: int | None = None
    """Size in bytes."""

    glob_path: str | None = None
    """Always null."""

    original_path: str | None = None
    """Always null."""

    sha1sum: str | None = None
    """The SHA-1 of its contents, as the agent computed it."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.id = struct.id
        model.job_id = struct.job_id
        model.url = struct.url
        model.download_url = struct.download_url
        model.state = struct.state
        model.path = struct.path
        model.dirname = struct.dirname
        model.filename = struct.filename
        model.mime_type = struct.mime_type
        model.file_size = struct.file_size
        model.glob_path = struct.glob_path
        model.original_path = struct.original_path
        model.sha1sum = struct.sha1sum
        return model
