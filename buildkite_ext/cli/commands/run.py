"""`buildkite-ext run`: create a build, follow it, wait for it, fetch its artifacts, and say how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import Group, Parameter

from ..exit_codes import ExitCode
from ..inputs import folder_of, not_empty, pairs
from ..parameters import CONNECTION, OUTPUT, CommonOptions, Duration, Flag, Repeated
from ..problem import UsageError
from ..streams import Colour

__all__ = ["run"]

_BUILD = Group("The build", sort_key=1)
_WAITING = Group("Following and waiting", sort_key=2)
_ARTIFACTS = Group("Artifacts", sort_key=3)


def run(
    pipeline: Annotated[str | None, Parameter(metavar="PIPELINE", show_default=False)] = None,
    /,
    *,
    pipeline_option: Annotated[
        str | None, Parameter(group=_BUILD, name=("--pipeline", "-p"), metavar="PIPELINE")
    ] = None,
    branch: Annotated[str | None, Parameter(group=_BUILD, alias="-b", metavar="B")] = None,
    commit: Annotated[str, Parameter(group=_BUILD, alias="-c", metavar="C")] = "HEAD",
    message: Annotated[str | None, Parameter(group=_BUILD, alias="-m", metavar="M", allow_leading_hyphen=True)] = None,
    env: Annotated[tuple[str, ...], Repeated, Parameter(group=_BUILD, alias="-e", metavar="K=V")] = (),
    meta_data: Annotated[tuple[str, ...], Repeated, Parameter(group=_BUILD, alias="-M", metavar="K=V")] = (),
    web: Annotated[bool, Flag, Parameter(group=_BUILD, alias="-w")] = False,
    timeout: Annotated[float | None, Duration, Parameter(group=_WAITING)] = None,
    no_follow: Annotated[bool, Flag, Parameter(group=_WAITING)] = False,
    poll_interval: Annotated[float | None, Duration, Parameter(group=_WAITING)] = None,
    artifacts: Annotated[tuple[str, ...], Repeated, Parameter(group=_ARTIFACTS, metavar="GLOB")] = (),
    to: Annotated[Path | None, Parameter(group=_ARTIFACTS, metavar="DIR")] = None,
    by_job: Annotated[bool, Flag, Parameter(group=_ARTIFACTS)] = False,
    quiet: Annotated[bool, Flag, Parameter(group=OUTPUT)] = False,
    json: Annotated[bool, Flag, Parameter(group=OUTPUT)] = False,
    color: Annotated[Colour, Parameter(group=OUTPUT)] = "auto",
    simulate: Annotated[bool, Flag, Parameter(group=CONNECTION)] = False,
    common: CommonOptions = CommonOptions(),
) -> ExitCode:
    """Create a build, follow it live, wait for it and fetch its artifacts. The exit code says how it ended.

    Args:
        pipeline: The pipeline: its slug, ORG/PIPELINE, or a URL. The URL of a build or a job names its pipeline.
        pipeline_option: The pipeline, in place of the argument.
        branch: The branch to build; by default the pipeline's default branch.
        commit: The commit; HEAD is the newest of the branch.
        message: The message of the build; by default that of the commit.
        env: An environment variable for the build's jobs; may be repeated.
        meta_data: Meta-data of the build; may be repeated.
        web: Open the build's page in a web browser once the build is created.
        timeout: How long to wait for the build, such as 30m or 1h30m; then the command ends and the build continues.
        no_follow: Show no logs, only wait.
        poll_interval: The time between two polls of the build.
        artifacts: The artifacts to fetch; * stays within a folder, ** goes through folders. May be repeated.
        to: The folder for artifacts; by default the current one.
        by_job: Write the artifacts of each job into a folder of its own, which has the job's id as its name.
        quiet: Show only how the build ended.
        json: Print one JSON object at the end; everything else goes to the standard error.
        color: When to use colours; auto: on a terminal, unless NO_COLOR or FORCE_COLOR says otherwise.
        simulate: Run against a simulator inside this command, over real HTTP; it has the pipelines web, api and release.
            It needs no token and no network, and ignores the environment.
    """
    from ..addresses import pipeline_of
    from ..connection import ConnectionOptions
    from ..render.views import Output, executed
    from ..run.options import RunOptions

    address = pipeline_of(pipeline, pipeline_option, organization=common.organization, simulate=simulate)
    if web and simulate:
        raise UsageError("--web: builds of --simulate have no page.")
    options = RunOptions(
        pipeline=address.pipeline,
        branch=None if branch is None else not_empty("--branch", branch),
        commit=not_empty("--commit", commit),
        message=message,
        env=pairs("--env", env),
        meta_data=pairs("--meta-data", meta_data),
        artifacts=tuple(not_empty("--artifacts", glob) for glob in artifacts),
        to=_folder(to, artifacts),
        by_job=_by_job(by_job, artifacts),
        timeout=timeout,
        poll_interval=poll_interval,
        web=web,
        follow=not (no_follow or quiet),
        last_lines=not quiet,
    )
    connection = ConnectionOptions.of(common, address.organization, simulate=simulate)
    output: Output = "json" if json else "lines"
    return executed(options, connection, output=output, quiet=quiet, color=color, debug=common.debug)


def _folder(to: Path | None, artifacts: Sequence[str]) -> Path:
    if to is not None and not artifacts:
        raise UsageError("--to is the folder for artifacts: select them with --artifacts GLOB.")
    return folder_of(to) if artifacts else Path()


def _by_job(by_job: bool, artifacts: Sequence[str]) -> bool:
    if by_job and not artifacts:
        raise UsageError("--by-job is for artifacts: select them with --artifacts GLOB.")
    return by_job
