"""`buildkite-ext annotations`: list the annotations of a build, and add one, such as that of a JUnit report."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Group, Parameter

from ..build_choice import BuildOptions, build_choice
from ..exit_codes import ExitCode
from ..inputs import STDIN, Inputs, is_stdin, not_empty, source_of
from ..job_choice import job_id_of
from ..parameters import CONNECTION, OUTPUT, CommonOptions, Flag, WholeNumber
from ..problem import UsageError
from ..streams import Colour, clean, short

if TYPE_CHECKING:
    from buildkite_api.models import Annotation

__all__ = ["annotations_add", "annotations_list"]

_ANNOTATION = Group("The annotation", sort_key=2)
_LARGEST = 1024 * 1024
"""Bytes of an annotation. https://buildkite.com/docs/pipelines/configure/annotations"""

_TAG = re.compile(r"<[^<>]*>")
_LONGEST_LINE = 120


def annotations_list(
    *build: Annotated[str, Parameter(metavar="BUILD", show_default=False)],
    which: BuildOptions = BuildOptions(),
    scope: Literal["build", "job", "all"] = "all",
    json: Annotated[bool, Flag, Parameter(group=OUTPUT)] = False,
    color: Annotated[Colour, Parameter(group=OUTPUT)] = "auto",
    simulate: Annotated[bool, Flag, Parameter(group=CONNECTION)] = False,
    common: CommonOptions = CommonOptions(),
) -> ExitCode:
    """List the annotations of a build, each with the first line of its text.

    Args:
        build: The build: its URL, ORG/PIPELINE/NUMBER, or PIPELINE before NUMBER. The URL of a job names its annotations alone.
            With --branch, --latest or --mine: the pipeline.
        scope: The build's own annotations, those of its jobs, or all.
        json: Print each annotation, with its whole text, as a JSON object on a line.
        color: When to use colours; auto: on a terminal, unless NO_COLOR or FORCE_COLOR says otherwise.
        simulate: Ask a simulator in this process instead. Its pipelines are web, api and release.
    """
    from ..render.records import print_records

    choice = build_choice(build, which, common, command="annotations list", simulate=simulate)
    with choice.connection.client() as client:
        at = choice.find(client)
        annotations = client.annotations.list(
            at.pipeline, at.number, job_id=at.job_id, scope=scope if at.job_id is None else None
        )
        print_records(annotations, _row, json_lines=json, color=color)
    return ExitCode.PASSED


def annotations_add(
    *build: Annotated[str, Parameter(metavar="BUILD", show_default=False)],
    which: BuildOptions = BuildOptions(),
    body: Annotated[str | None, Parameter(group=_ANNOTATION, metavar="TEXT", allow_leading_hyphen=True)] = None,
    from_file: Annotated[
        Path | None, Parameter(name="--from", group=_ANNOTATION, metavar="FILE", allow_leading_hyphen=True)
    ] = None,
    style: Annotated[Literal["success", "info", "warning", "error"] | None, Parameter(group=_ANNOTATION)] = None,
    context: Annotated[str | None, Parameter(group=_ANNOTATION, metavar="NAME")] = None,
    priority: Annotated[int | None, WholeNumber, Parameter(group=_ANNOTATION)] = None,
    append: Annotated[bool, Flag, Parameter(group=_ANNOTATION)] = False,
    job: Annotated[str | None, Parameter(group=_ANNOTATION, alias="-j", metavar="JOB")] = None,
    json: Annotated[bool, Flag, Parameter(group=OUTPUT)] = False,
    simulate: Annotated[bool, Flag, Parameter(group=CONNECTION)] = False,
    common: CommonOptions = CommonOptions(),
) -> ExitCode:
    """Annotate a build or a job, with a text or with the failures of a JUnit report.

    Args:
        build: The build: its URL, ORG/PIPELINE/NUMBER, or PIPELINE before NUMBER. The URL of a job annotates that job. With
            --branch, --latest or --mine: the pipeline.
        body: The text, in Markdown or HTML; - reads the standard input.
        from_file: A JUnit report, whose failures are the text; - reads the standard input. What is more than 1 MiB is left out,
            and the annotation says so.
        style: Its style.
        context: Its name. An annotation of the same name is replaced, or added to. With --from the default is junit.
        priority: 1 to 10; higher ones are shown first. Buildkite's default is 3.
        append: Add to the annotation of the same name.
        job: Annotate this job: its id, its step key or its name.
        json: Print the annotation as a JSON object on a line.
        simulate: Ask a simulator in this process instead. Its pipelines are web, api and release.
    """
    from ..render.records import print_json_line

    choice = build_choice(build, which, common, command="annotations add", simulate=simulate)
    if priority is not None and not 1 <= priority <= 10:
        raise UsageError(f"--priority {priority}: give a number from 1 to 10.")
    if context is not None:
        not_empty("--context", context)
    inputs = Inputs(reserved_for="--token-file" if is_stdin(common.token_file) else None)
    text = _body(body, from_file, inputs)
    with choice.connection.client() as client:
        at = choice.find(client)
        made = client.annotations.create(
            at.pipeline,
            at.number,
            text,
            job_id=job_id_of(client, at, job),
            style=style,
            context="junit" if context is None and from_file is not None else context,
            priority=priority,
            append=append or None,
        )
    if json:
        print_json_line(made.to_dict())
    else:
        said = f"Build {short(at.pipeline, 100)} #{at.number} is annotated"
        print(
            f"{said}: {clean(str(made.style or 'no style'))}, context {short(made.context, 100)}, id {clean(made.id)}"
        )
    return ExitCode.PASSED


def _body(body: str | None, report: Path | None, inputs: Inputs) -> str:
    """Return the text of the annotation.

    Raises:
        UsageError: it isn't given, is given twice, is empty or too large, or the report isn't one of JUnit's form.
    """
    if (body is None) == (report is None):
        raise UsageError("--body and --from: give one of them.")
    if report is not None:
        from ...junit import junit_annotation

        content = inputs.read("--from", report)
        try:
            return junit_annotation(content)
        except ValueError as error:
            said = str(error).removeprefix("xml ")
            raise UsageError(f"--from: {source_of(report)} {said}.") from error
    assert body is not None
    text = inputs.text("--body", STDIN, most=_LARGEST + 1) if body == STDIN else body
    if len(text.encode()) > _LARGEST:
        raise UsageError("--body has more than 1 MiB, which is the most that Buildkite takes for an annotation.")
    return not_empty("--body", text)


def _row(annotation: Annotation) -> list[str]:
    return [str(annotation.style or ""), short(annotation.context, 60), annotation.id, _first_line(annotation)]


def _first_line(annotation: Annotation) -> str:
    """Return the first line of an annotation that has text, without its tags."""
    lines = unescape(_TAG.sub("", annotation.body_html or "")).splitlines()
    return next((short(line, _LONGEST_LINE) for line in lines if line.strip()), "")
