"""`buildkite-ext artifacts`: list the artifacts of a build, and download them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from ..build_choice import BuildOptions, build_and_rest, build_choice
from ..exit_codes import ExitCode
from ..inputs import folder_of, not_empty
from ..job_choice import job_id_of, job_words
from ..parameters import CONNECTION, OUTPUT, CommonOptions, Flag
from ..streams import Colour, clean, print_error

if TYPE_CHECKING:
    from buildkite_api.models import Artifact


__all__ = ["artifacts_download", "artifacts_list"]

_State = Literal["new", "error", "finished", "deleted", "expired"]


def artifacts_list(
    *build: Annotated[str, Parameter(metavar="BUILD", show_default=False)],
    which: BuildOptions = BuildOptions(),  # noqa: B008 - frozen
    path: Annotated[str | None, Parameter(metavar="GLOB")] = None,
    state: Annotated[_State | None, Parameter(alias="-s")] = None,
    job: Annotated[str | None, Parameter(alias="-j", metavar="JOB")] = None,
    json: Annotated[bool, Flag, Parameter(group=OUTPUT)] = False,
    color: Annotated[Colour, Parameter(group=OUTPUT)] = "auto",
    simulate: Annotated[bool, Flag, Parameter(group=CONNECTION)] = False,
    common: CommonOptions = CommonOptions(),  # noqa: B008 - frozen
) -> ExitCode:
    """List the artifacts of a build: state, bytes, path and the id of the job.

    Args:
        build: The build: its URL, ORG/PIPELINE/NUMBER, or PIPELINE before NUMBER. The URL of a job names its artifacts alone.
            With --branch, --latest or --mine: the pipeline.
        path: Artifacts with this path, in which * stands for any text.
        state: Artifacts in this state.
        job: Those of this job: its id, its step key or its name.
        json: Print each artifact as a JSON object on a line.
        color: When to use colours; auto: on a terminal, unless NO_COLOR or FORCE_COLOR says otherwise.
        simulate: Ask a simulator in this process instead. Its pipelines are web, api and release.
    """
    from ..render.records import print_records

    choice = build_choice(build, which, common, command="artifacts list", simulate=simulate)
    if path is not None:
        not_empty("--path", path)
    with choice.connection.client() as client:
        at = choice.find(client)
        words = job_words([] if job is None else [job], at)
        artifacts = client.artifacts.list(
            at.pipeline,
            at.number,
            job_id=job_id_of(client, at, words[0]) if words else None,
            state=state,
            path=path,
        )
        print_records(artifacts, _row, json_lines=json, color=color)
    return ExitCode.PASSED


def artifacts_download(
    *build: Annotated[str, Parameter(metavar="BUILD", show_default=False)],
    which: BuildOptions = BuildOptions(),  # noqa: B008 - frozen
    to: Annotated[Path | None, Parameter(metavar="DIR")] = None,
    by_job: Annotated[bool, Flag] = False,
    job: Annotated[str | None, Parameter(alias="-j", metavar="JOB")] = None,
    json: Annotated[bool, Flag, Parameter(group=OUTPUT)] = False,
    color: Annotated[Colour, Parameter(group=OUTPUT)] = "auto",
    simulate: Annotated[bool, Flag, Parameter(group=CONNECTION)] = False,
    common: CommonOptions = CommonOptions(),  # noqa: B008 - frozen
) -> ExitCode:
    """Download artifacts of a build into a folder, each under its own path. Their size and SHA-1 are checked.

    Args:
        build: The build, then the globs of the artifacts; without globs all of them. The build is its URL, ORG/PIPELINE/NUMBER, or
            PIPELINE before NUMBER. The URL of a job names its artifacts alone. With --branch, --latest or --mine: the pipeline.
        to: The folder; by default the current one.
        by_job: Write the artifacts of each job into a folder of its own, which has the job's id as its name.
        job: Those of this job: its id, its step key or its name.
        json: Print a JSON object a line for each artifact that is fetched or refused.
        color: When to use colours; auto: on a terminal, unless NO_COLOR or FORCE_COLOR says otherwise.
        simulate: Ask a simulator in this process instead. Its pipelines are web, api and release.
    """
    from ..render.records import print_json_line
    from ..render.views import download_view

    choice, globs = build_and_rest(build, which, common, command="artifacts download", simulate=simulate)
    for glob in globs:
        not_empty("GLOB", glob)
    folder = folder_of(to)
    view = download_view(json=json, color=color)
    try:
        with choice.connection.client() as client:
            at = choice.find(client)
            words = job_words([] if job is None else [job], at)
            files = client.artifacts.download_all(
                at.pipeline,
                at.number,
                *globs,
                to=folder,
                job_id=job_id_of(client, at, words[0]) if words else None,
                by_job=by_job,
                on_refused="skip",
                on_progress=view.progress,
            )
        if not json:
            view.fetched(files)
    finally:
        view.close()
    for path in files if json else ():
        print_json_line({"type": "fetched", "path": str(path)})
    for refused in files.refused:
        if json:
            print_json_line({"type": "refused", "path": refused.artifact.path, "reason": refused.reason})
        print_error(f"Not fetched: {clean(refused.reason)}")
    return ExitCode.ARTIFACTS if files.refused else ExitCode.PASSED


def _row(artifact: Artifact) -> list[str]:
    return [str(artifact.state), str(artifact.file_size or 0), artifact.path or "", artifact.job_id or ""]
