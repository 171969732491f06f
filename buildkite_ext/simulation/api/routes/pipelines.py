"""Routes of pipelines. https://buildkite.com/docs/apis/rest-api/pipelines"""

from __future__ import annotations

from collections.abc import Mapping

from ...state.pipelines import Pipeline
from ..handler import Handler, RoutedRequest
from ..request import Json, SimResponse, json_response
from ..views.pipelines import pipeline_view

__all__ = ["HANDLERS"]


def _list_pipelines(request: RoutedRequest) -> SimResponse:
    name = (request.query.text("name") or "").lower()
    repository = (request.query.text("repository") or "").lower()
    shown = [
        pipeline
        for pipeline in request.organization.pipelines.values()
        if name in pipeline.name.lower() and repository in pipeline.repository.lower()
    ]
    return request.page(shown, lambda item: _view(request, item))


def _get_pipeline(request: RoutedRequest) -> SimResponse:
    return json_response(_view(request, request.pipeline()))


def _view(request: RoutedRequest, pipeline: Pipeline) -> Json:
    counts = request.organization.builds_of(pipeline).counts()
    return pipeline_view(pipeline, counts, request.urls, may_write=request.may_write_pipelines)


HANDLERS: Mapping[str, Handler] = {"list_pipelines": _list_pipelines, "get_pipeline": _get_pipeline}
