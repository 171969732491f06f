"""`buildkite-ext watch`: wait for builds that exist, and show what they do."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Group, Parameter

from ..build_choice import BuildOptions, build_choices
from ..exit_codes import ExitCode
from ..parameters import CONNECTION, OUTPUT, CommonOptions, Duration, Flag
from ..problem import UsageError, write_traceback
from ..streams import Colour

__all__ = ["watch"]

_WAITING = Group("Waiting", sort_key=2)


def watch(
    *build: Annotated[str, Parameter(metavar="BUILD", show_default=False)],
    which: BuildOptions = BuildOptions(),
    timeout: Annotated[float | None, Duration, Parameter(group=_WAITING)] = None,
    poll_interval: Annotated[float | None, Duration, Parameter(group=_WAITING)] = None,
    quiet: Annotated[bool, Flag, Parameter(group=OUTPUT)] = False,
    json: Annotated[bool, Flag, Parameter(group=OUTPUT)] = False,
    color: Annotated[Colour, Parameter(group=OUTPUT)] = "auto",
    simulate: Annotated[bool, Flag, Parameter(group=CONNECTION)] = False,
    common: CommonOptions = CommonOptions(),
) -> ExitCode:
    """Wait until builds have ended or are blocked, and show what they do. The exit code says how they ended.

    Args:
        build: One build or several: URLs, ORG/PIPELINE/NUMBER, and PIPELINE before one or several NUMBERs. The URL of a job names
            its build. With --branch, --latest or --mine: the pipeline.
        timeout: How long to wait, such as 30m or 1h30m; then the command ends and the builds continue.
        poll_interval: The longest time between two polls of a single build.
        quiet: Show only how the builds ended.
        json: Print each change as a JSON object on a line.
        color: When to use colours; auto: on a terminal, unless NO_COLOR or FORCE_COLOR says otherwise.
        simulate: Ask a simulator in this process instead. Its pipelines are web, api and release.
    """
    choices = build_choices(build, which, common, command="watch", simulate=simulate)
    if len(choices) == 1:
        from ..render.views import executed
        from ..run.options import RunOptions

        options = RunOptions(
            choice=choices[0], timeout=timeout, poll_interval=poll_interval, follow=False, last_lines=not quiet
        )
        return executed(
            options,
            choices[0].connection,
            output="events" if json else "lines",
            color=color,
            quiet=quiet,
            debug=common.debug,
        )
    if poll_interval is not None:
        raise UsageError("--poll-interval is for a single build: several share their requests.")
    from ..render.builds import builds_view
    from ..run.several import SeveralBuilds

    view = builds_view(json=json, quiet=quiet, color=color)
    several = SeveralBuilds(choices, choices[0].connection, view, timeout=timeout)
    try:
        code = several.code()
    finally:
        view.close()
    if common.debug and several.problem is not None and several.problem.cause is not None:
        write_traceback(several.problem.cause)
    return code
