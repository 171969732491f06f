"""Pipelines: list and get. https://buildkite.com/docs/apis/rest-api/pipelines"""

from __future__ import annotations

from collections.abc import Mapping

from ..handler import Call, Handler
from ..request import SimResponse, json_response
from ..views.pipelines import pipeline_view


def list_pipelines(call: Call) -> SimResponse:
    name = (call.query.text("name") or "").lower()
    repository = (call.query.text("repository") or "").lower()
    shown = [
        pipeline
        for pipeline in call.organization.pipelines.values()
        if name in pipeline.name.lower() and repository in pipeline.repository.lower()
    ]
    return call.listing(shown, lambda item: pipeline_view(item, call.urls, may_write=call.may_write_pipelines))


def get_pipeline(call: Call) -> SimResponse:
    return json_response(pipeline_view(call.pipeline(), call.urls, may_write=call.may_write_pipelines))


HANDLERS: Mapping[str, Handler] = {"list_pipelines": list_pipelines, "get_pipeline": get_pipeline}
