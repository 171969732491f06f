"""Annotations of builds and of jobs. https://buildkite.com/docs/apis/rest-api/annotations"""

from __future__ import annotations

from collections.abc import Mapping

from ...annotations import LARGEST_BODY, PRIORITY, STYLES, Annotation
from ...jobs import Job
from ...state.builds import Build
from ..handler import NO_CONTENT, Call, Handler
from ..request import Json, Refused, SimResponse, invalid, json_response
from ..views.parts import annotation_view


def list_of_build(call: Call) -> SimResponse:
    build = call.build()
    scope = call.query.text("scope") or "build"
    if scope not in ("build", "job", "all"):
        raise Refused(400, "scope must be build, job or all")
    shown = [item for item in build.annotations if scope == "all" or (item.job is None) == (scope == "build")]
    body = not call.query.flag("omit_body")
    return call.listing(shown, lambda item: annotation_view(item, body=body))


def list_of_job(call: Call) -> SimResponse:
    job = call.job()
    body = not call.query.flag("omit_body")
    shown = [item for item in job.build.annotations if item.job is job]
    return call.listing(shown, lambda item: annotation_view(item, body=body))


def create_on_build(call: Call) -> SimResponse:
    return _create(call, call.build(), None)


def create_on_job(call: Call) -> SimResponse:
    job = call.job()
    return _create(call, job.build, job)


def _create(call: Call, build: Build, job: Job | None) -> SimResponse:
    body = call.body()
    text, style, priority, context = _fields(body)
    known = next((item for item in build.annotations if item.job is job and item.context == context), None)
    if known is None:
        known = Annotation(call.organization.ids.uuid(), context, "info", PRIORITY, "", job, call.now, call.now)
        build.annotations.append(known)
    known.body = known.body + text if body.get("append") is True else text
    known.style = style or known.style
    known.priority = priority or known.priority
    known.updated_at = call.now
    return json_response(annotation_view(known), status=201)


def _fields(body: Json) -> tuple[str, str | None, int | None, str]:
    text, style, priority, context = (body.get(name) for name in ("body", "style", "priority", "context"))
    wrong: list[tuple[str, str]] = []
    if not isinstance(text, str) or not text:
        wrong.append(("body", "body can't be blank"))
    elif len(text.encode("utf-8", "replace")) > LARGEST_BODY:
        wrong.append(("body", "body is over 1 MiB"))
    if style is not None and style not in STYLES:
        wrong.append(("style", f"style must be one of {', '.join(STYLES)}"))
    if priority is not None and not (type(priority) is int and 1 <= priority <= 10):
        wrong.append(("priority", "priority must be a number from 1 to 10"))
    if context is not None and not isinstance(context, str):
        wrong.append(("context", "context must be a string"))
    if wrong:
        raise invalid(*wrong)
    return (
        str(text),
        style if isinstance(style, str) else None,
        priority if isinstance(priority, int) else None,
        context if isinstance(context, str) and context else "default",
    )


def delete_of_build(call: Call) -> SimResponse:
    return _delete(call, call.build(), None)


def delete_of_job(call: Call) -> SimResponse:
    job = call.job()
    return _delete(call, job.build, job)


def _delete(call: Call, build: Build, job: Job | None) -> SimResponse:
    for annotation in build.annotations:
        if annotation.id == call.path["annotation_uuid"] and (job is None or annotation.job is job):
            build.annotations.remove(annotation)
            return NO_CONTENT
    raise Refused(404, "No annotation found")


HANDLERS: Mapping[str, Handler] = {
    "list_build_annotations": list_of_build,
    "list_build_job_annotations": list_of_job,
    "list_job_annotations": list_of_job,
    "create_build_annotation": create_on_build,
    "create_build_job_annotation": create_on_job,
    "create_job_annotation": create_on_job,
    "delete_build_annotation": delete_of_build,
    "delete_build_job_annotation": delete_of_job,
    "delete_job_annotation": delete_of_job,
}
