"""`buildkite-ext logs`: show, follow and search the logs of a build's jobs."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

from cyclopts import Group, Parameter

from ...states import JobStateName
from ..build_choice import BuildOptions, build_choice
from ..exit_codes import ExitCode
from ..hints import in_options
from ..job_choice import JobWords, chosen_jobs, job_words
from ..parameters import CONNECTION, OUTPUT, CommonOptions, Duration, Flag, Repeated, WholeNumber
from ..problem import CommandFailed, UsageError
from ..streams import Colour, coloured, is_terminal, print_line

if TYPE_CHECKING:
    from buildkite_api.models import Build

    from ...client import BuildkiteClient
    from ...logs.parser import LogLine
    from ...logs.search import LogSearch
    from ...references import Reference
    from ..render.log_lines import LogView

__all__ = ["logs"]

_LINES = Group("The lines", sort_key=2)


def logs(
    *build: Annotated[str, Parameter(metavar="BUILD", show_default=False)],
    which: BuildOptions = BuildOptions(),
    job: JobWords = (),
    state: Annotated[tuple[JobStateName, ...], Repeated, Parameter(alias="-s", metavar="STATE")] = (),
    retried: Annotated[bool, Flag] = False,
    follow: Annotated[bool, Flag, Parameter(group=_LINES, alias="-f")] = False,
    tail: Annotated[int | None, WholeNumber, Parameter(group=_LINES, alias="-n")] = None,
    grep: Annotated[str | None, Parameter(group=_LINES, metavar="RE", alias="-g", allow_leading_hyphen=True)] = None,
    context: Annotated[int, WholeNumber, Parameter(group=_LINES, alias="-C")] = 0,
    timeout: Annotated[float | None, Duration, Parameter(group=_LINES)] = None,
    json: Annotated[bool, Flag, Parameter(group=OUTPUT)] = False,
    color: Annotated[Colour, Parameter(group=OUTPUT)] = "auto",
    simulate: Annotated[bool, Flag, Parameter(group=CONNECTION)] = False,
    common: CommonOptions = CommonOptions(),
) -> ExitCode:
    """Show the logs of a build's jobs: as they are now, as they grow, or the lines that match a pattern.

    Args:
        build: The build: its URL, ORG/PIPELINE/NUMBER, or PIPELINE before NUMBER. The URL of a job names that job. With
            --branch, --latest or --mine: the pipeline.
        job: Only this job: a step key, a name in which * stands for any text, or an id; may be repeated.
        state: Only jobs in this state; may be repeated.
        retried: Show the logs of attempts that were retried, too. Without it a note tells how many were left out. With --follow
            all attempts are shown.
        follow: Show lines as they come, until the build has ended or is blocked.
        tail: Begin with the last N lines of each log.
        grep: Only lines that match this regular expression. The exit code is 1 if none does.
        context: With --grep, the lines to show before and after each.
        timeout: How long to follow or to search, such as 30m or 1h30m.
        json: Print each line as a JSON object on a line.
        color: When to use colours; auto: on a terminal, unless NO_COLOR or FORCE_COLOR says otherwise.
        simulate: Ask a simulator in this process instead. Its pipelines are web, api and release.
    """
    from ..render.log_lines import LogView

    if tail is not None and tail < 0:
        raise UsageError(f"--tail {tail}: give 0 or more.")
    if context < 0:
        raise UsageError(f"--context {context}: give 0 or more.")
    if context and grep is None:
        raise UsageError("--context is for --grep.")
    search = None if grep is None else _search(grep, context)
    choice = build_choice(build, which, common, command="logs", simulate=simulate)
    view = LogView(
        sys.stdout,
        colour=coloured(color, sys.stdout),
        aligned=is_terminal(sys.stdout),
        json_lines=json,
        separated=context > 0,
        numbered=tail is None,
    )
    with choice.connection.client() as client, _exit_codes(timeout):
        at = choice.find(client)
        words = job_words(job, at)
        if follow and grep is not None:
            found = False
            with client.builds.log_search(
                at.pipeline,
                at.number,
                pattern=grep,
                context=context,
                jobs=words or None,
                state=list(state) or None,
                follow=True,
                tail=tail,
                timeout=timeout,
                on_build=lambda build: view.know(build.jobs),
            ) as matches:
                for match in matches:
                    view.match(match)
                    found = True
            return ExitCode.PASSED if found else ExitCode.FAILED
        if follow:
            lines = _followed(client, at, words, state, tail=tail, timeout=timeout, view=view)
        else:
            lines = _stored(client, at, words, state, retried, tail=tail, timeout=timeout, view=view)
        if search is None:
            for line in lines:
                view.line(line)
            return ExitCode.PASSED
        found = _show_matches(lines, search, view)
    return ExitCode.PASSED if found else ExitCode.FAILED


@contextmanager
def _exit_codes(timeout: float | None) -> Iterator[None]:
    """Give an error that comes after the lines its exit code: the time is over, or some of the logs can't be read."""
    from ...errors import BuildkiteError, DeadlineExceeded

    try:
        yield
    except DeadlineExceeded as error:
        if timeout is None:
            raise
        raise CommandFailed(ExitCode.TIMEOUT, in_options(str(error))) from error
    except BuildkiteError as error:
        notes = getattr(error, "__notes__", ())
        if not notes:
            raise
        raise CommandFailed(ExitCode.API_ERROR, "\n".join((in_options(str(error)), *notes))) from error


def _search(pattern: str, context: int) -> LogSearch:
    from ...logs.search import LogSearch

    try:
        return LogSearch(pattern, before=context, after=context)
    except ValueError as error:
        reason = error.__cause__ if error.__cause__ is not None else error
        raise UsageError(f"--grep isn't a regular expression: {reason}.") from error


def _show_matches(lines: Iterable[LogLine], search: LogSearch, view: LogView) -> bool:
    """Show the lines that match, and return whether there are any.

    Args:
        lines: the lines, those of one job after those of another, whose matches are complete then.
        search: the search.
        view: shows them.
    """
    found = False
    job: str | None = None
    for line in lines:
        ended = search.finish() if line.job_id != job else []
        job = line.job_id
        for match in (*ended, *search.feed(line)):
            view.match(match)
            found = True
    for match in search.finish():
        view.match(match)
        found = True
    return found


def _followed(
    client: BuildkiteClient,
    at: Reference,
    words: list[str],
    states: tuple[JobStateName, ...],
    *,
    tail: int | None,
    timeout: float | None,
    view: LogView,
) -> Iterator[LogLine]:
    """Yield the lines of the jobs as they come."""

    def know(build: Build) -> None:
        view.know(build.jobs)

    with client.builds.follow(
        at.pipeline,
        at.number,
        jobs=words or None,
        state=list(states) or None,
        tail=tail,
        timeout=timeout,
        on_build=know,
    ) as lines:
        yield from lines


def _stored(
    client: BuildkiteClient,
    at: Reference,
    words: list[str],
    states: tuple[JobStateName, ...],
    retried: bool,
    *,
    tail: int | None,
    timeout: float | None,
    view: LogView,
) -> Iterator[LogLine]:
    """Yield the lines that the logs have now, job by job. A job that hasn't begun has none.

    The error of a log that can't be read is raised when the others were read.
    """
    from ...errors import BuildkiteError, JobNotFound
    from ...logs.left_out import LeftOutLogs, is_of_one_log
    from ...logs.selection import name_of
    from ..notes import print_note

    jobs = chosen_jobs(client, at, words, retried=True)
    if not retried:
        last = [job for job in jobs if job.retried_in_job_id is None or job.id in words]
        _tell_left_out(len(jobs) - len(last))
        jobs = last
    view.know(jobs)
    if states and not any(str(job.state) in states for job in jobs):
        print_line(f"No job of build #{at.number} is {' or '.join(states)}, so there is no log to show.", sys.stderr)
    left_out = LeftOutLogs(print_note)
    for job in jobs:
        if str(job.type) != "script" or job.started_at is None or (states and str(job.state) not in states):
            continue
        try:
            if tail is not None:
                yield from client.jobs.log_tail(at.pipeline, at.number, job, lines=tail, timeout=timeout)
                continue
            with client.jobs.log_search(at.pipeline, at.number, job, pattern="", timeout=timeout) as found:
                yield from (match.line for match in found)  # each line matches
        except JobNotFound:  # it has written nothing yet
            continue
        except BuildkiteError as error:
            if not is_of_one_log(error):
                raise
            left_out.add(job.id, name_of(job), error)
    left_out.raise_first()


def _tell_left_out(count: int) -> None:
    """Tell that the logs of earlier attempts aren't shown."""
    if count:
        said = "1 attempt that was retried is" if count == 1 else f"{count} attempts that were retried are"
        print_line(f"{said} left out. --retried shows all.", sys.stderr)
