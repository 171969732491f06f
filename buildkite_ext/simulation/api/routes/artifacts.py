"""Routes of artifacts. https://buildkite.com/docs/apis/rest-api/artifacts"""

from __future__ import annotations

from collections.abc import Mapping

from ....globs import matches_wildcard
from ...state.builds import Artifact, Job
from ..handler import NO_CONTENT, Handler, RoutedRequest
from ..request import RefusedRequest, SimResponse, json_response
from ..views.jobs import artifact_view

__all__ = ["HANDLERS"]


_STATES = ("new", "error", "finished", "deleted", "expired")


def _list_of_build(request: RoutedRequest) -> SimResponse:
    return _list(request, request.build().jobs)


def _list_of_job(request: RoutedRequest) -> SimResponse:
    return _list(request, [request.job()])


def _list(request: RoutedRequest, jobs: list[Job]) -> SimResponse:
    state, path = request.query.text("state"), request.query.text("path")
    if state is not None and state not in _STATES:
        raise RefusedRequest(422, f"Unknown state: {state}")
    shown = [
        artifact
        for job in jobs
        for artifact in job.artifacts
        if artifact.state != "deleted"
        and (state is None or artifact.state == state)
        and (path is None or matches_wildcard(artifact.path, path))
    ]
    return request.page(shown, lambda item: artifact_view(item, request.urls))


def _get_artifact(request: RoutedRequest) -> SimResponse:
    return json_response(artifact_view(_artifact(request), request.urls))


def _download_artifact(request: RoutedRequest) -> SimResponse:
    """Redirect to the bytes of a finished artifact.

    The answer for other artifacts is not documented; here it is 404.
    """
    artifact = _artifact(request)
    if artifact.state != "finished":
        raise RefusedRequest(404, f"The artifact can't be downloaded: it is {artifact.state}")
    url = request.options.artifact_link(artifact, request.now)
    return json_response({"url": url}, status=302, headers=(("Location", url),))


def _delete_artifact(request: RoutedRequest) -> SimResponse:
    request.engine.files.delete_artifact(_artifact(request))
    return NO_CONTENT


def _artifact(request: RoutedRequest) -> Artifact:
    job = request.job()
    artifact = request.organization.artifacts.get(request.path["artifact_id"])
    if artifact is None or artifact.job is not job or artifact.state == "deleted":
        raise RefusedRequest(404, "No artifact found")
    return artifact


HANDLERS: Mapping[str, Handler] = {
    "list_build_artifacts": _list_of_build,
    "list_build_job_artifacts": _list_of_job,
    "list_job_artifacts": _list_of_job,
    "get_build_job_artifact": _get_artifact,
    "get_job_artifact": _get_artifact,
    "download_build_job_artifact": _download_artifact,
    "download_job_artifact": _download_artifact,
    "delete_build_job_artifact": _delete_artifact,
    "delete_job_artifact": _delete_artifact,
}
