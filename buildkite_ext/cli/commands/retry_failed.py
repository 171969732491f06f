"""`buildkite-ext retry-failed`: retry the failed jobs of a build."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from ...states import RetriedStateName
from ..build_choice import BuildOptions, build_choice
from ..exit_codes import ExitCode
from ..parameters import CONNECTION, OUTPUT, CommonOptions, Duration, Flag, Repeated
from ..problem import UsageError
from ..streams import Colour, clean, short

__all__ = ["retry_failed"]


def retry_failed(
    *build: Annotated[str, Parameter(metavar="BUILD", show_default=False)],
    which: BuildOptions = BuildOptions(),
    state: Annotated[tuple[RetriedStateName, ...], Repeated, Parameter(alias="-s", metavar="STATE")] = (),
    wait: Annotated[bool, Flag] = False,
    timeout: Annotated[float | None, Duration] = None,
    poll_interval: Annotated[float | None, Duration] = None,
    json: Annotated[bool, Flag, Parameter(group=OUTPUT)] = False,
    color: Annotated[Colour, Parameter(group=OUTPUT)] = "auto",
    simulate: Annotated[bool, Flag, Parameter(group=CONNECTION)] = False,
    common: CommonOptions = CommonOptions(),
) -> ExitCode:
    """Retry the failed jobs of a build that has ended.

    Args:
        build: The build: its URL, ORG/PIPELINE/NUMBER, or PIPELINE before NUMBER. The URL of a job names its build. With
            --branch, --latest or --mine: the pipeline.
        state: The jobs to retry, by their state; may be repeated. By default all of these.
        wait: Wait until the build has ended again. The exit code says how.
        timeout: How long to wait, such as 30m or 1h30m; then the command ends and the build continues.
        poll_interval: The longest time between two polls of the build.
        json: Print the build as a JSON object on a line; with --wait the changes, one a line.
        color: When to use colours; auto: on a terminal, unless NO_COLOR or FORCE_COLOR says otherwise.
        simulate: Ask a simulator in this process instead. Its pipelines are web, api and release.
    """
    from ..render.records import print_json_line

    for option, value in (("--timeout", timeout), ("--poll-interval", poll_interval)):
        if value is not None and not wait:
            raise UsageError(f"{option} is for --wait.")
    choice = build_choice(build, which, common, command="retry-failed", simulate=simulate)
    if wait:
        from ..render.views import executed
        from ..run.options import RunOptions

        options = RunOptions(
            choice=choice, retry=True, retry_states=state, timeout=timeout, poll_interval=poll_interval
        )
        return executed(
            options, choice.connection, output="events" if json else "lines", color=color, debug=common.debug
        )
    with choice.connection.client() as client:
        at = choice.find(client)
        found = client.builds.retry_failed_jobs(at.pipeline, at.number, states=list(state) or None)
    if json:
        print_json_line(found.to_dict())
    else:
        count = found.retried_jobs_count
        told = "jobs are" if count is None else "1 job is" if count == 1 else f"{count} jobs are"
        print(f"{told} retried in build {short(at.pipeline, 100)} #{at.number}: {clean(found.web_url)}")
    return ExitCode.PASSED
