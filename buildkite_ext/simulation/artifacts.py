"""Artifacts, and the links to their bytes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from mimetypes import MimeTypes
from posixpath import basename, dirname
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .jobs import Job

STATES = ("new", "error", "finished", "deleted", "expired")
"""What the filter `state` takes."""

# The computer's own table would make the answers differ from machine to machine.
_TYPES = MimeTypes(filenames=())


@dataclass(slots=True, eq=False)
class Artifact:
    """A file that a job has uploaded, or is uploading."""

    id: str
    job: Job
    path: str
    data: bytes
    state: str = "new"
    _sha1: str = ""

    @property
    def dirname(self) -> str:
        return dirname(self.path)

    @property
    def filename(self) -> str:
        return basename(self.path)

    @property
    def mime_type(self) -> str:
        return _TYPES.guess_type(self.path)[0] or "application/octet-stream"

    @property
    def sha1sum(self) -> str:
        if not self._sha1:
            self._sha1 = hashlib.sha1(self.data, usedforsecurity=False).hexdigest()
        return self._sha1
