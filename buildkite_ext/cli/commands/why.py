"""`buildkite-ext why`: tell why a build failed."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from ..build_choice import BuildOptions, build_choice
from ..exit_codes import ExitCode
from ..parameters import CONNECTION, OUTPUT, CommonOptions, Flag, WholeNumber
from ..problem import UsageError

__all__ = ["why"]


def why(
    *build: Annotated[str, Parameter(metavar="BUILD", show_default=False)],
    which: BuildOptions = BuildOptions(),
    max_jobs: Annotated[int, WholeNumber, Parameter(group=OUTPUT)] = 10,
    max_bytes: Annotated[int, WholeNumber, Parameter(group=OUTPUT)] = 8192,
    json_output: Annotated[bool, Flag, Parameter(name="--json", group=OUTPUT)] = False,
    simulate: Annotated[bool, Flag, Parameter(group=CONNECTION)] = False,
    common: CommonOptions = CommonOptions(),
) -> ExitCode:
    """Tell why a build failed.

    Args:
        build: The build: its URL, ORG/PIPELINE/NUMBER, or PIPELINE before NUMBER. The URL of a job names its build. With
            --branch, --latest or --mine: the pipeline.
        max_jobs: The maximum of jobs to show.
        max_bytes: The maximum of bytes of what is printed, at least 1024.
        json_output: Print one JSON object.
        simulate: Ask a simulator in this process instead. Its pipelines are web, api and release.
    """
    from ...failures.summary import LEAST_BYTES

    if max_jobs < 0:
        raise UsageError(f"--max-jobs {max_jobs}: give 0 or more.")
    if max_bytes < LEAST_BYTES:
        raise UsageError(f"--max-bytes {max_bytes}: give at least {LEAST_BYTES}.")
    choice = build_choice(build, which, common, command="why", simulate=simulate)
    with choice.connection.client() as client:
        found = choice.find(client)
        summary = client.builds.failure_summary(found.pipeline, found.number, max_jobs=max_jobs, max_bytes=max_bytes)
    print(summary.json() if json_output else summary.text())
    return ExitCode.PASSED
