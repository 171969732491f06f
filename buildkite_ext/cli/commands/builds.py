"""`buildkite-ext builds`: list builds, and show one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import Group, Parameter

from ...messages import in_state
from ...states import BuildStateName, build_state
from ..build_choice import BuildOptions, build_choice, slug_of
from ..exit_codes import ExitCode
from ..inputs import pairs
from ..parameters import CONNECTION, OUTPUT, CommonOptions, Flag, Repeated, WholeNumber
from ..problem import UsageError
from ..streams import Colour, clean, short

if TYPE_CHECKING:
    from buildkite_api.models import Build, Job

__all__ = ["builds_get", "builds_list", "row_of_job"]

_FILTERS = Group("The builds", sort_key=1)
_COMMIT = 10
"""Characters of a commit that are shown."""


def builds_list(
    pipeline: Annotated[str | None, Parameter(metavar="PIPELINE", show_default=False)] = None,
    /,
    *,
    pipeline_option: Annotated[
        str | None, Parameter(group=_FILTERS, name=("--pipeline", "-p"), metavar="PIPELINE")
    ] = None,
    branch: Annotated[tuple[str, ...], Repeated, Parameter(group=_FILTERS, alias="-b", metavar="B")] = (),
    commit: Annotated[tuple[str, ...], Repeated, Parameter(group=_FILTERS, alias="-c", metavar="C")] = (),
    state: Annotated[tuple[BuildStateName, ...], Repeated, Parameter(group=_FILTERS, alias="-s", metavar="STATE")] = (),
    meta_data: Annotated[tuple[str, ...], Repeated, Parameter(group=_FILTERS, alias="-M", metavar="K=V")] = (),
    mine: Annotated[bool, Flag, Parameter(group=_FILTERS)] = False,
    limit: Annotated[int, WholeNumber, Parameter(group=OUTPUT)] = 20,
    json: Annotated[bool, Flag, Parameter(group=OUTPUT)] = False,
    color: Annotated[Colour, Parameter(group=OUTPUT)] = "auto",
    simulate: Annotated[bool, Flag, Parameter(group=CONNECTION)] = False,
    common: CommonOptions = CommonOptions(),
) -> ExitCode:
    """List the builds of a pipeline, or of the organization, the newest first.

    Args:
        pipeline: The pipeline: its slug, ORG/PIPELINE, or a URL. Without it: all pipelines of the organization.
        pipeline_option: The pipeline, in place of the argument.
        branch: Builds of this branch; may be repeated. A single one may have * in it.
        commit: Builds of this commit, a full SHA; may be repeated.
        state: Builds in this state; may be repeated.
        meta_data: Builds with this value of meta-data; may be repeated.
        mine: Builds that the user of the token created.
        limit: The most builds to print.
        json: Print each build as a JSON object on a line.
        color: When to use colours; auto: on a terminal, unless NO_COLOR or FORCE_COLOR says otherwise.
        simulate: Ask a simulator in this process instead. Its pipelines are web, api and release.
    """
    from ..addresses import pipeline_of
    from ..connection import ConnectionOptions
    from ..render.records import print_records

    if limit < 1:
        raise UsageError(f"--limit {limit}: give a number above 0.")
    named = pipeline is not None or pipeline_option is not None
    address = (
        pipeline_of(pipeline, pipeline_option, organization=common.organization, simulate=simulate) if named else None
    )
    organization = common.organization if address is None else address.organization
    values = pairs("--meta-data", meta_data)
    connection = ConnectionOptions.of(common, organization, simulate=simulate)
    with connection.client() as client:
        builds = client.builds.list(
            None if address is None else address.pipeline,
            branch=list(branch) or None,
            commit=list(commit) or None,
            state=list(state) or None,
            meta_data=values or None,
            creator=client.user.get().id if mine else None,
            exclude_jobs=True,
            exclude_pipeline=address is not None,
            limit=limit,
        )

        def row(build: Build) -> list[str]:
            return _row_of_build(slug_of(build, client), build)

        print_records(builds, row, json_lines=json, color=color)
    return ExitCode.PASSED


def builds_get(
    *build: Annotated[str, Parameter(metavar="BUILD", show_default=False)],
    which: BuildOptions = BuildOptions(),
    json: Annotated[bool, Flag, Parameter(group=OUTPUT)] = False,
    color: Annotated[Colour, Parameter(group=OUTPUT)] = "auto",
    simulate: Annotated[bool, Flag, Parameter(group=CONNECTION)] = False,
    common: CommonOptions = CommonOptions(),
) -> ExitCode:
    """Show a build and its jobs. The exit code doesn't depend on the build.

    Args:
        build: The build: its URL, ORG/PIPELINE/NUMBER, or PIPELINE before NUMBER. The URL of a job names its build. With
            --branch, --latest or --mine: the pipeline.
        json: Print the build as a JSON object on a line.
        color: When to use colours; auto: on a terminal, unless NO_COLOR or FORCE_COLOR says otherwise.
        simulate: Ask a simulator in this process instead. Its pipelines are web, api and release.
    """
    from ..render.records import print_json_line, print_records

    choice = build_choice(build, which, common, command="builds get", simulate=simulate)
    with choice.connection.client() as client:
        at = choice.find(client)
        found = client.builds.get(at.pipeline, at.number)
    if json:
        print_json_line(found.to_dict())
        return ExitCode.PASSED
    print("\n".join(_described(at.pipeline, found)))
    print_records([job for job in found.jobs if str(job.type) != "waiter"], row_of_job, color=color)
    return ExitCode.PASSED


def row_of_job(job: Job) -> list[str]:
    """Return the values that a list of jobs shows of one: state, name, details, duration and id."""
    from ..run.job_table import detail_of, duration_text, label_of

    took = None if job.duration is None else duration_text(job.duration.total_seconds())
    return [str(job.state or ""), label_of(job), detail_of(job), took or "", job.id]


def _row_of_build(pipeline: str, build: Build) -> list[str]:
    return [
        short(build_state(build) or "", 20),
        f"{pipeline}/{build.number}",
        short(build.branch, 60),
        short(build.commit, 100)[:_COMMIT],
        _time(build),
        short((build.message or "").partition("\n")[0], 100),
    ]


def _time(build: Build) -> str:
    began = build.created_at
    return began.strftime("%Y-%m-%dT%H:%M:%SZ") if began is not None else ""


def _described(pipeline: str, build: Build) -> list[str]:
    from ..run.job_table import duration_text

    state = short(in_state(build_state(build)), 20)
    took = "" if build.duration is None else f" after {duration_text(build.duration.total_seconds())}"
    creator: object = getattr(build.creator, "name", None)
    by = f" by {short(creator, 60)}" if isinstance(creator, str) and creator else ""
    return [
        f"Build {short(pipeline, 100)} #{build.number} is {state}{took}: {clean(build.web_url)}",
        f"Branch {short(build.branch, 100)}, commit {short(build.commit, 60)}, created {_time(build)}{by}",
        *([f"Message: {short((build.message or '').partition(chr(10))[0], 200)}"] if build.message else []),
    ]
