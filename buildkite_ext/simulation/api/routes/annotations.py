"""Routes of annotations. https://buildkite.com/docs/apis/rest-api/annotations"""

from __future__ import annotations

from collections.abc import Mapping

from ...state.builds import Build, Job
from ..handler import NO_CONTENT, Handler, RoutedRequest
from ..request import Json, RefusedRequest, SimResponse, invalid, json_response
from ..views.builds import annotation_view

__all__ = ["HANDLERS"]


_STYLES = ("success", "info", "warning", "error")
_MAX_BODY = 1024 * 1024
"""Bytes. https://buildkite.com/docs/pipelines/configure/annotations"""


def _list_of_build(request: RoutedRequest) -> SimResponse:
    build = request.build()
    scope = request.query.text("scope") or "build"
    if scope not in ("build", "job", "all"):
        raise RefusedRequest(400, "scope must be build, job or all")
    shown = [item for item in build.annotations if scope == "all" or (item.job is None) == (scope == "build")]
    body = not request.query.flag("omit_body")
    return request.page(shown, lambda item: annotation_view(item, body=body))


def _list_of_job(request: RoutedRequest) -> SimResponse:
    job = request.job()
    body = not request.query.flag("omit_body")
    shown = [item for item in job.build.annotations if item.job is job]
    return request.page(shown, lambda item: annotation_view(item, body=body))


def _create_on_build(request: RoutedRequest) -> SimResponse:
    return _create(request, request.build(), None)


def _create_on_job(request: RoutedRequest) -> SimResponse:
    job = request.job()
    return _create(request, job.build, job)


def _create(request: RoutedRequest, build: Build, job: Job | None) -> SimResponse:
    body = request.body()
    text, style, priority, context = _fields(body)
    files, append = request.engine.files, body.get("append") is True
    known = files.annotation(build, job, context) if append else None
    if known is not None and _size(known.body) + _size(text) > _MAX_BODY:
        raise invalid(("body", "body is over 1 MiB with what is appended to it"))
    annotation = files.annotate(build, job, context, text, style=style, priority=priority, append=append)
    return json_response(annotation_view(annotation), status=201)


def _fields(body: Json) -> tuple[str, str | None, int | None, str]:
    text, style, priority, context = (body.get(name) for name in ("body", "style", "priority", "context"))
    wrong: list[tuple[str, str]] = []
    if not isinstance(text, str) or not text:
        wrong.append(("body", "body can't be blank"))
    elif _size(text) > _MAX_BODY:
        wrong.append(("body", "body is over 1 MiB"))
    if style is not None and style not in _STYLES:
        wrong.append(("style", f"style must be one of {', '.join(_STYLES)}"))
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


def _size(text: str) -> int:
    return len(text.encode("utf-8", "replace"))


def _delete_of_build(request: RoutedRequest) -> SimResponse:
    return _delete(request, request.build(), None)


def _delete_of_job(request: RoutedRequest) -> SimResponse:
    job = request.job()
    return _delete(request, job.build, job)


def _delete(request: RoutedRequest, build: Build, job: Job | None) -> SimResponse:
    for annotation in build.annotations:
        if annotation.id == request.path["annotation_uuid"] and (job is None or annotation.job is job):
            request.engine.files.delete_annotation(annotation)
            return NO_CONTENT
    raise RefusedRequest(404, "No annotation found")


HANDLERS: Mapping[str, Handler] = {
    "list_build_annotations": _list_of_build,
    "list_build_job_annotations": _list_of_job,
    "list_job_annotations": _list_of_job,
    "create_build_annotation": _create_on_build,
    "create_build_job_annotation": _create_on_job,
    "create_job_annotation": _create_on_job,
    "delete_build_annotation": _delete_of_build,
    "delete_build_job_annotation": _delete_of_job,
    "delete_job_annotation": _delete_of_job,
}
