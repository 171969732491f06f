"""Artifacts and annotations in answers."""

from __future__ import annotations

from ...annotations import Annotation
from ...artifacts import Artifact
from ...times import written
from ..request import Json
from .urls import Urls


def artifact_view(artifact: Artifact, urls: Urls) -> Json:
    """An artifact."""
    url = f"{urls.job(artifact.job)}/artifacts/{artifact.id}"
    return {
        "id": artifact.id,
        "job_id": artifact.job.id,
        "url": url,
        "download_url": f"{url}/download",
        "state": artifact.state,
        "path": artifact.path,
        "dirname": artifact.dirname,
        "filename": artifact.filename,
        "mime_type": artifact.mime_type,
        "file_size": len(artifact.data),
        "glob_path": None,
        "original_path": None,
        "sha1sum": artifact.sha1sum,
    }


def annotation_view(annotation: Annotation, *, body: bool = True) -> Json:
    """An annotation, with or without its body."""
    view: Json = {
        "id": annotation.id,
        "context": annotation.context,
        "style": annotation.style,
        "scope": "build" if annotation.job is None else "job",
        "job_id": None if annotation.job is None else annotation.job.id,
        "priority": annotation.priority,
        "created_at": written(annotation.created_at),
        "updated_at": written(annotation.updated_at),
    }
    if body:
        view["body_html"] = annotation.body_html
    return view
