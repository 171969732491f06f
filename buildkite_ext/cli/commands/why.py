"""`buildkite-ext why`: tell why a build failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from ..exit_codes import ExitCode
from ..parameters import CONNECTION, OUTPUT, CommonOptions, Flag, WholeNumber
from ..problem import UsageError
from ..streams import print_error, short

if TYPE_CHECKING:
    from ...client import BuildkiteClient
    from ...references import Reference

__all__ = ["why"]


def why(
    build: Annotated[str | None, Parameter(metavar="BUILD", show_default=False)] = None,
    number: Annotated[str | None, Parameter(metavar="NUMBER", show_default=False)] = None,
    /,
    *,
    pipeline: Annotated[str | None, Parameter(alias="-p", metavar="PIPELINE")] = None,
    branch: Annotated[str | None, Parameter(alias="-b", metavar="B")] = None,
    latest: Annotated[bool, Flag] = False,
    max_jobs: Annotated[int, WholeNumber, Parameter(group=OUTPUT)] = 10,
    max_bytes: Annotated[int, WholeNumber, Parameter(group=OUTPUT)] = 8192,
    json_output: Annotated[bool, Flag, Parameter(name="--json", group=OUTPUT)] = False,
    simulate: Annotated[bool, Flag, Parameter(group=CONNECTION)] = False,
    common: CommonOptions = CommonOptions(),  # noqa: B008 - frozen
) -> ExitCode:
    """Tell why a build failed.

    Args:
        build: The build: its URL, ORG/PIPELINE/NUMBER, or PIPELINE before NUMBER. The URL of a job names its build. With --branch
            or --latest: the pipeline.
        number: The build's number.
        pipeline: The pipeline, where only NUMBER or no argument is given: a slug, ORG/PIPELINE, or a URL.
        branch: The newest build of this branch.
        latest: The newest build of the pipeline.
        max_jobs: The maximum of jobs to show.
        max_bytes: The maximum of bytes of what is printed, at least 1024.
        json_output: Print one JSON object.
        simulate: Ask a simulator in this process instead. Its pipelines are web, api and release.
    """
    from ...failures.summary import LEAST_BYTES
    from ..connection import ConnectionOptions

    if max_jobs < 0:
        raise UsageError(f"--max-jobs {max_jobs}: give 0 or more.")
    if max_bytes < LEAST_BYTES:
        raise UsageError(f"--max-bytes {max_bytes}: give at least {LEAST_BYTES}.")
    newest = latest or branch is not None
    address, chosen = _address(
        build, number, pipeline, newest=newest, organization=common.organization, simulate=simulate
    )
    connection = ConnectionOptions(organization=address.organization, token_file=common.token_file, simulate=simulate)
    with connection.client() as client:
        found = chosen if chosen is not None else _newest(client, address.pipeline, branch)
        if found is None:
            where = f" of the branch {short(branch, 100)}" if branch is not None else ""
            print_error(f"The pipeline {short(address.pipeline, 100)} has no build{where}.")
            return ExitCode.API_ERROR
        summary = client.builds.failure_summary(address.pipeline, found, max_jobs=max_jobs, max_bytes=max_bytes)
    print(summary.json() if json_output else summary.text())
    return ExitCode.PASSED


def _address(
    build: str | None,
    number: str | None,
    pipeline: str | None,
    *,
    newest: bool,
    organization: str | None,
    simulate: bool,
) -> tuple[Reference, int | None]:
    """Return the build that the command line names: its pipeline, and its number unless it is the newest one."""
    from ..addresses import build_of, pipeline_of

    if newest:
        if number is not None:
            raise UsageError(f"NUMBER {short(number, 40)!r} and --branch or --latest: give one of them.")
        address = pipeline_of(build, pipeline, organization=organization, simulate=simulate)
        if address.number is not None:
            raise UsageError(
                f"the address names build {address.number}, and --branch and --latest the newest: give one of them."
            )
        return address, None
    if build is None:
        raise UsageError("missing argument BUILD: write PIPELINE NUMBER, ORG/PIPELINE/NUMBER, or the URL of the build.")
    words = [build] if number is None else [build, number]
    return build_of(words, pipeline, organization=organization, simulate=simulate, command="why")


def _newest(client: BuildkiteClient, pipeline: str, branch: str | None) -> int | None:
    build = client.builds.list(pipeline, branch=branch, exclude_jobs=True, exclude_pipeline=True, limit=1).first()
    return None if build is None else build.number
