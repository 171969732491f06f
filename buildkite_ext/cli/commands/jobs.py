"""`buildkite-ext jobs`: list the jobs of a build, retry and unblock them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from ...messages import in_state
from ...references import Reference
from ...states import JobStateName
from ..build_choice import BuildOptions, build_choice
from ..exit_codes import ExitCode
from ..inputs import field_values
from ..job_choice import JobWords, chosen_job, chosen_jobs, job_words
from ..parameters import CONNECTION, OUTPUT, CommonOptions, Duration, Flag, Repeated
from ..problem import UsageError
from ..streams import Colour, clean

if TYPE_CHECKING:
    from buildkite_api.models import Job

__all__ = ["jobs_list", "jobs_retry", "jobs_unblock"]


def jobs_list(
    *build: Annotated[str, Parameter(metavar="BUILD", show_default=False)],
    which: BuildOptions = BuildOptions(),
    job: JobWords = (),
    state: Annotated[tuple[JobStateName, ...], Repeated, Parameter(alias="-s", metavar="STATE")] = (),
    retried: Annotated[bool, Flag] = False,
    json: Annotated[bool, Flag, Parameter(group=OUTPUT)] = False,
    color: Annotated[Colour, Parameter(group=OUTPUT)] = "auto",
    simulate: Annotated[bool, Flag, Parameter(group=CONNECTION)] = False,
    common: CommonOptions = CommonOptions(),
) -> ExitCode:
    """List the jobs of a build.

    Args:
        build: The build: its URL, ORG/PIPELINE/NUMBER, or PIPELINE before NUMBER. The URL of a job names that job. With
            --branch, --latest or --mine: the pipeline.
        job: Only this job: a step key, a name in which * stands for any text, or an id; may be repeated.
        state: Jobs in this state; may be repeated.
        retried: Show attempts that were retried, too.
        json: Print each job as a JSON object on a line.
        color: When to use colours; auto: on a terminal, unless NO_COLOR or FORCE_COLOR says otherwise.
        simulate: Ask a simulator in this process instead. Its pipelines are web, api and release.
    """
    from ...logs.selection import JobSelection
    from ..render.records import print_records
    from .builds import row_of_job

    choice = build_choice(build, which, common, command="jobs list", simulate=simulate)
    with choice.connection.client() as client:
        at = choice.find(client)
        wanted = JobSelection(tuple(job_words(job, at)))
        jobs: Iterable[Job] = client.jobs.list(
            at.pipeline, at.number, state=list(state) or None, include_retried_jobs=retried
        )
        shown = (each for each in jobs if str(each.type) != "waiter" and wanted.matches(each))
        print_records(shown, row_of_job, json_lines=json, color=color)
    return ExitCode.PASSED


def jobs_retry(
    *build: Annotated[str, Parameter(metavar="BUILD", show_default=False)],
    which: BuildOptions = BuildOptions(),
    job: JobWords = (),
    wait: Annotated[bool, Flag] = False,
    timeout: Annotated[float | None, Duration] = None,
    json: Annotated[bool, Flag, Parameter(group=OUTPUT)] = False,
    simulate: Annotated[bool, Flag, Parameter(group=CONNECTION)] = False,
    common: CommonOptions = CommonOptions(),
) -> ExitCode:
    """Retry jobs of a build. Each can be retried once: then its retry can.

    Args:
        build: The URL of the job; or its build, with --job: the URL, ORG/PIPELINE/NUMBER, or PIPELINE before NUMBER.
        job: The job: a step key, a name in which * stands for any text, or an id; may be repeated.
        wait: Wait until the new jobs have ended. The exit code says how.
        timeout: How long to wait, such as 30m or 1h30m; then the command ends and the jobs continue.
        json: Print each new job as a JSON object on a line, with --wait as it has ended.
        simulate: Ask a simulator in this process instead. Its pipelines are web, api and release.
    """
    from ..render.records import print_json_line

    if timeout is not None and not wait:
        raise UsageError("--timeout is for --wait.")
    choice = build_choice(build, which, common, command="jobs retry", simulate=simulate)
    words = _required(job, choice.address)
    with choice.connection.client() as client:
        at = choice.find(client)
        ids = (
            [words[0]]
            if at.job_id == words[0] and len(words) == 1
            else [each.id for each in chosen_jobs(client, at, words)]
        )
        new = [client.jobs.retry(at.pipeline, at.number, each) for each in ids]
        if not json:
            for each in new:
                print(f"Job {_label(each)} is retried: {clean(each.web_url)}", flush=True)
        if not wait:
            if json:
                for each in new:
                    print_json_line(each.to_dict())
            return ExitCode.PASSED
        ended = client.jobs.wait(
            at.pipeline, at.number, job_ids=[each.id for each in new], timeout=timeout, on_timeout="return"
        )
    for result in ended.results:
        if json:
            print_json_line(result.job.to_dict())
        else:
            print(f"Job {_label(result.job)} {_told(result.outcome)}: {clean(result.job.web_url)}")
    if not ended.finished:
        return ExitCode.TIMEOUT
    passed = all(result.passed or result.outcome == "soft_failed" for result in ended.results)
    return ExitCode.PASSED if passed else ExitCode.FAILED


def jobs_unblock(
    *build: Annotated[str, Parameter(metavar="BUILD", show_default=False)],
    which: BuildOptions = BuildOptions(),
    job: Annotated[str | None, Parameter(alias="-j", metavar="JOB")] = None,
    field: Annotated[tuple[str, ...], Repeated, Parameter(alias="-f", metavar="K=V")] = (),
    json: Annotated[bool, Flag, Parameter(group=OUTPUT)] = False,
    simulate: Annotated[bool, Flag, Parameter(group=CONNECTION)] = False,
    common: CommonOptions = CommonOptions(),
) -> ExitCode:
    """Unblock the job of a block step.

    Args:
        build: The URL of the job; or its build, with --job: the URL, ORG/PIPELINE/NUMBER, or PIPELINE before NUMBER.
        job: The job: its id, its step key or its name.
        field: The value of a field of the step, by its key; the same key again adds a value to a field that takes several.
        json: Print the job as a JSON object on a line.
        simulate: Ask a simulator in this process instead. Its pipelines are web, api and release.
    """
    from ..render.records import print_json_line

    choice = build_choice(build, which, common, command="jobs unblock", simulate=simulate)
    words = _required([] if job is None else [job], choice.address)
    values = field_values("--field", field)
    with choice.connection.client() as client:
        at = choice.find(client)
        unblocked = client.jobs.unblock(at.pipeline, at.number, chosen_job(client, at, words[0]), fields=values or None)
    if json:
        print_json_line(unblocked.to_dict())
    else:
        print(f"Job {_label(unblocked)} is {clean(in_state(unblocked.state))}: {clean(unblocked.web_url)}")
    return ExitCode.PASSED


def _required(words: Iterable[str], address: Reference | None) -> list[str]:
    found = job_words(list(words), address)
    if not found:
        raise UsageError("missing option --job: name the job, or give its URL in place of the build.")
    return found


def _label(job: Job) -> str:
    from ..run.job_table import label_of

    return label_of(job)


def _told(outcome: str | None) -> str:
    if outcome is None:
        return "hasn't ended within --timeout"
    return {"passed": "passed", "failed": "failed", "canceled": "was canceled"}.get(
        outcome, f"ended: {outcome.replace('_', ' ')}"
    )
