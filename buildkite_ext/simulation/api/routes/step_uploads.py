"""Routes of uploads of steps. They are known from Buildkite's Go client alone.

https://github.com/buildkite/go-buildkite/blob/main/step_uploads.go
"""

from __future__ import annotations

from collections.abc import Mapping

from ....timestamps import format_time
from ...state.builds import Build, StepUpload
from ..handler import Handler, RoutedRequest
from ..pages import by_cursor
from ..request import Json, RefusedRequest, SimResponse, json_response
from ..views.urls import Urls, graphql_id

__all__ = ["HANDLERS"]

_REJECTED = "validation_error"
_MESSAGE = "The step upload was rejected. Check the pipeline upload command output for details."
"""The one form of a rejection that is known. The log of the job has the reason."""


def _list_uploads(request: RoutedRequest) -> SimResponse:
    """List the uploads, newest first. An upload of several YAML documents stands there once for each."""
    build = request.build()
    newest = build.step_uploads[::-1]
    job_id = request.query.text("filter[source_job_id]")
    shown = [upload for upload in newest if job_id in (None, upload.job.id)]
    page = by_cursor(newest, shown, request.query, request.url)
    items = [_view(build, item, request.urls) for item in page.items]
    return json_response({"items": items, "links": page.links})


def _get_upload(request: RoutedRequest) -> SimResponse:
    """Get an upload with its text as it was uploaded. Its builds have no maximum lifetime, so none is 410."""
    build = request.build()
    for upload in build.step_uploads:
        if upload.id == request.path["step_upload_uuid"]:
            definition: Json = {
                "definition_bytes": len(upload.text.encode()),
                "definition_yaml": upload.text,
                "definition_yaml_omitted": False,
            }
            return json_response({**_view(build, upload, request.urls), **definition})
    raise RefusedRequest(404, "No step upload found")


def _view(build: Build, upload: StepUpload, urls: Urls) -> Json:
    return {
        "uuid": upload.id,
        "graphql_id": graphql_id("StepUpload", upload.id),
        "state": "applied" if upload.refused is None else "rejected",
        "source": "job",
        "source_job_id": upload.job.id,
        "replace_existing_steps": upload.replaces,
        "created_jobs_count": upload.created_jobs if upload.refused is None else None,
        "rejection_type": None if upload.refused is None else _REJECTED,
        "message": None if upload.refused is None else _MESSAGE,
        "url": f"{urls.build(build)}/step-uploads/{upload.id}",
        "created_at": format_time(upload.created_at),
        "processed_at": format_time(upload.created_at),
    }


HANDLERS: Mapping[str, Handler] = {
    "list_build_step_uploads": _list_uploads,
    "get_build_step_upload": _get_upload,
}
