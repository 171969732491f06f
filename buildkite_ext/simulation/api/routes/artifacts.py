"""Artifacts. https://buildkite.com/docs/apis/rest-api/artifacts"""

from __future__ import annotations

from collections.abc import Mapping

from ...artifacts import STATES, Artifact
from ...globs import glob
from ...jobs import Job
from ..handler import NO_CONTENT, Call, Handler
from ..request import Refused, SimResponse, json_response
from ..views.parts import artifact_view


def list_of_build(call: Call) -> SimResponse:
    return _list(call, call.build().jobs)


def list_of_job(call: Call) -> SimResponse:
    return _list(call, [call.job()])


def _list(call: Call, jobs: list[Job]) -> SimResponse:
    state, path = call.query.text("state"), call.query.text("path")
    if state is not None and state not in STATES:
        raise Refused(422, f"Unknown state: {state}")
    pattern = glob(path if path is not None else "*")
    shown = [
        artifact
        for job in jobs
        for artifact in job.artifacts
        if artifact.state != "deleted"
        and (state is None or artifact.state == state)
        and pattern.fullmatch(artifact.path)
    ]
    return call.listing(shown, lambda item: artifact_view(item, call.urls))


def get_artifact(call: Call) -> SimResponse:
    return json_response(artifact_view(_artifact(call), call.urls))


def download_artifact(call: Call) -> SimResponse:
    """Only a finished one can be had. What Buildkite answers for others is not documented; here it is 404."""
    artifact = _artifact(call)
    if artifact.state != "finished":
        raise Refused(404, f"The artifact can't be downloaded: it is {artifact.state}")
    url = call.settings.artifact_link(artifact, call.now)
    return json_response({"url": url}, status=302, headers=(("Location", url),))


def delete_artifact(call: Call) -> SimResponse:
    _artifact(call).state = "deleted"
    return NO_CONTENT


def _artifact(call: Call) -> Artifact:
    wanted = call.path["artifact_id"]
    for artifact in call.job().artifacts:
        if artifact.id == wanted and artifact.state != "deleted":
            return artifact
    raise Refused(404, "No artifact found")


HANDLERS: Mapping[str, Handler] = {
    "list_build_artifacts": list_of_build,
    "list_build_job_artifacts": list_of_job,
    "list_job_artifacts": list_of_job,
    "get_build_job_artifact": get_artifact,
    "get_job_artifact": get_artifact,
    "download_build_job_artifact": download_artifact,
    "download_job_artifact": download_artifact,
    "delete_build_job_artifact": delete_artifact,
    "delete_job_artifact": delete_artifact,
}
