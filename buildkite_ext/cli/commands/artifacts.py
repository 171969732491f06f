"""`buildkite-ext artifacts`: list the artifacts of a build, and download them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from ..build_choice import BuildOptions, build_and_rest, build_choice
from ..exit_codes import ExitCode
from ..inputs import folder_of, not_empty
from ..job_choice import job_id_of
from ..parameters import CONNECTION, OUTPUT, CommonOptions, Flag
from ..problem import CommandFailed
from ..streams import Colour, clean, print_error

if TYPE_CHECKING:
    from buildkite_api.models import Artifact


__all__ = ["artifacts_download", "artifacts_list"]

_State = Literal["new", "error", "finished", "deleted", "expired"]


def artifacts_list(
    *build: Annotated[str, Parameter(metavar="BUILD", show_default=False)],
    which: BuildOptions = BuildOptions(),
    path: Annotated[str | None, Parameter(metavar="GLOB")] = None,
    state: Annotated[_State | None, Parameter(alias="-s", metavar="STATE")] = None,
    job: Annotated[str | None, Parameter(alias="-j", metavar="JOB")] = None,
    json: Annotated[bool, Flag, Parameter(group=OUTPUT)] = False,
    color: Annotated[Colour, Parameter(group=OUTPUT)] = "auto",
    simulate: Annotated[bool, Flag, Parameter(group=CONNECTION)] = False,
    common: CommonOptions = CommonOptions(),
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
        job_id = job_id_of(client, at, job)
        artifacts = client.artifacts.list(at.pipeline, at.number, job_id=job_id, state=state, path=path)
        print_records(artifacts, _row, json_lines=json, color=color)
    return ExitCode.PASSED


def artifacts_download(
    *build: Annotated[str, Parameter(metavar="BUILD", show_default=False)],
    which: BuildOptions = BuildOptions(),
    to: Annotated[Path | None, Parameter(metavar="DIR")] = None,
    by_job: Annotated[bool, Flag] = False,
    job: Annotated[str | None, Parameter(alias="-j", metavar="JOB")] = None,
    json: Annotated[bool, Flag, Parameter(group=OUTPUT)] = False,
    color: Annotated[Colour, Parameter(group=OUTPUT)] = "auto",
    simulate: Annotated[bool, Flag, Parameter(group=CONNECTION)] = False,
    common: CommonOptions = CommonOptions(),
) -> ExitCode:
    """Download artifacts of a build into a folder, each under its own path. Their size and SHA-1 are checked.

    Args:
        build: The build, then globs of artifacts; without globs all of them. The build is its URL, ORG/PIPELINE/NUMBER, or
            PIPELINE before NUMBER. The URL of a job names its artifacts alone. With --branch, --latest or --mine: the pipeline.
            In a glob * stays within a folder, and ** goes through folders.
        to: The folder; by default the current one.
        by_job: Write the artifacts of each job into a folder of its own, which has the job's id as its name.
        job: Those of this job: its id, its step key or its name.
        json: Print a JSON object a line for each artifact that is fetched or refused.
        color: When to use colours; auto: on a terminal, unless NO_COLOR or FORCE_COLOR says otherwise.
        simulate: Ask a simulator in this process instead. Its pipelines are web, api and release.
    """
    from ..render.records import print_json_line
    from ..render.views import run_view

    choice, globs = build_and_rest(build, which, common, command="artifacts download", simulate=simulate)
    for glob in globs:
        not_empty("GLOB", glob)
    folder = folder_of(to)
    view = run_view(output="events" if json else "lines", color=color)
    try:
        with choice.connection.client() as client:
            at = choice.find(client)
            job_id = job_id_of(client, at, job)
            with _failures():
                files = client.artifacts.download_all(
                    at.pipeline,
                    at.number,
                    *globs,
                    to=folder,
                    job_id=job_id,
                    by_job=by_job,
                    on_refused="skip",
                    on_progress=view.progress,
                )
        view.fetched(files)
    finally:
        view.close()
    for refused in files.refused:
        if json:
            print_json_line({"type": "refused", "path": refused.artifact.path, "reason": refused.reason})
        print_error(f"Not fetched: {clean(refused.reason)}")
    return ExitCode.ARTIFACTS if files.refused else ExitCode.PASSED


@contextmanager
def _failures() -> Iterator[None]:
    """Give errors about artifacts and files the exit code of artifacts that weren't all fetched.

    Raises:
        CommandFailed: an artifact can't be fetched or written, or none matches.
    """
    from ...errors import ArtifactCorrupted, ArtifactUnavailable, NothingMatched, UnsafePath
    from ..hints import in_options

    try:
        yield
    except NothingMatched as error:
        raise CommandFailed(ExitCode.ARTIFACTS, f"{error.reason} Nothing was downloaded.") from error
    except UnsafePath as error:  # its advice is for callers of the library
        raise CommandFailed(ExitCode.ARTIFACTS, f"{error.reason} Name another folder in --to.") from error
    except (ArtifactCorrupted, ArtifactUnavailable) as error:
        raise CommandFailed(ExitCode.ARTIFACTS, in_options(str(error))) from error
    except OSError as error:
        if error.filename is None:
            raise
        raise CommandFailed(ExitCode.ARTIFACTS, f"An artifact can't be written: {error}") from error


def _row(artifact: Artifact) -> list[str]:
    return [str(artifact.state), str(artifact.file_size or 0), artifact.path or "", artifact.job_id or ""]
