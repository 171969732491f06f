"""Routes of rules. https://buildkite.com/docs/apis/rest-api/rules"""

from __future__ import annotations

from collections.abc import Mapping

from ...state.pipelines import Pipeline, PipelineRule
from ..fields import Fields
from ..handler import NO_CONTENT, Handler, RoutedRequest
from ..request import RefusedRequest, SimResponse, json_response
from ..views.pipelines import rule_view

__all__ = ["HANDLERS"]


_TYPES = ("pipeline.trigger_build.pipeline", "pipeline.artifacts_read.pipeline")


def _list_rules(request: RoutedRequest) -> SimResponse:
    shown = list(request.organization.rules.values())
    return request.page(shown, lambda item: rule_view(item, request.urls, request.organization.id))


def _get_rule(request: RoutedRequest) -> SimResponse:
    return json_response(rule_view(_rule(request), request.urls, request.organization.id))


def _create_rule(request: RoutedRequest) -> SimResponse:
    """Create a rule.

    Rules have no effect here: pipelines may trigger each other without. Which rules are refused is not documented; here
    these are unknown types and pipelines, a pipeline with itself, and a rule that exists.
    """
    fields = Fields(request.body())
    kind = fields.text("type", "")
    value = fields.mapping("value")
    if fields.wrong or kind not in _TYPES:
        raise RefusedRequest(422, f"type must be one of {', '.join(_TYPES)}, and value an object")
    source, target = (_named(request, value.get(name), name) for name in ("source_pipeline", "target_pipeline"))
    if source is target:
        raise RefusedRequest(422, "The source and the target of a rule can't be the same pipeline")
    if any(
        (each.type, each.source, each.target) == (kind, source, target) for each in request.organization.rules.values()
    ):
        raise RefusedRequest(422, "The rule already exists")
    rule = request.engine.administration.add_rule(kind, source, target, request.user)
    return json_response(rule_view(rule, request.urls, request.organization.id), status=201)


def _delete_rule(request: RoutedRequest) -> SimResponse:
    request.engine.administration.delete_rule(_rule(request), request.user)
    return NO_CONTENT


def _named(request: RoutedRequest, name: object, field: str) -> Pipeline:
    """Return the pipeline of an id or a slug."""
    for pipeline in request.organization.pipelines.values():
        if name in (pipeline.id, pipeline.slug):
            return pipeline
    raise RefusedRequest(422, f"{field} must be the id or the slug of a pipeline")


def _rule(request: RoutedRequest) -> PipelineRule:
    rule = request.organization.rules.get(request.path["rule_uuid"])
    if rule is None:
        raise RefusedRequest(404, "No rule found")
    return rule


HANDLERS: Mapping[str, Handler] = {
    "list_rules": _list_rules,
    "get_rule": _get_rule,
    "create_rule": _create_rule,
    "delete_rule": _delete_rule,
}
