"""Routes of templates of pipelines. https://buildkite.com/docs/apis/rest-api/pipeline-templates"""

from __future__ import annotations

from collections.abc import Mapping

from ...definition.template import Template
from ...state.pipelines import PipelineTemplate, TemplateAttributes
from ..fields import Fields
from ..handler import NO_CONTENT, Handler, RoutedRequest
from ..request import RefusedRequest, SimResponse, json_response
from ..views.pipelines import template_view
from .pipelines import configuration_of

__all__ = ["HANDLERS"]


def _list_templates(request: RoutedRequest) -> SimResponse:
    shown = [each for each in request.organization.templates.values() if _visible(request, each)]
    return request.page(shown, lambda item: template_view(item, request.urls))


def _get_template(request: RoutedRequest) -> SimResponse:
    return json_response(template_view(_template(request), request.urls))


def _create_template(request: RoutedRequest) -> SimResponse:
    """Create a template. Who may, beside administrators, is not documented; here it is anyone with the scope."""
    fields = Fields(request.body())
    name = fields.required("name")
    if not fields.given("configuration"):
        fields.required("configuration")
    attributes = _attributes(fields, TemplateAttributes(name=name, template=_NO_STEPS))
    template = request.engine.administration.add_template(attributes, request.user)
    return json_response(template_view(template, request.urls), status=201)


def _update_template(request: RoutedRequest) -> SimResponse:
    """Change a template. Later builds of its pipelines have its new steps."""
    template = _template(request)
    attributes = _attributes(Fields(request.body()), template.attributes)
    request.engine.administration.update_template(template, attributes, request.user)
    return json_response(template_view(template, request.urls))


def _delete_template(request: RoutedRequest) -> SimResponse:
    template = _template(request)
    if any(pipeline.shared is template for pipeline in request.organization.pipelines.values()):
        raise RefusedRequest(422, "The template is assigned to a pipeline")
    request.engine.administration.delete_template(template, request.user)
    return NO_CONTENT


_NO_STEPS = Template("steps: []")


def _attributes(fields: Fields, known: TemplateAttributes) -> TemplateAttributes:
    attributes = TemplateAttributes(
        name=fields.kept("name", known.name),
        template=configuration_of(fields) or known.template,
        description=fields.nullable("description", known.description),
        available=fields.flag("available", known.available),
    )
    fields.check_told()
    return attributes


def _visible(request: RoutedRequest, template: PipelineTemplate) -> bool:
    return template.attributes.available or request.user.administrates


def _template(request: RoutedRequest) -> PipelineTemplate:
    """Return the template that the path names. One that the user can't see is not found: chosen here."""
    template = request.organization.templates.get(request.path["template_uuid"])
    if template is None or not _visible(request, template):
        raise RefusedRequest(404, "No pipeline template found")
    return template


HANDLERS: Mapping[str, Handler] = {
    "list_pipeline_templates": _list_templates,
    "get_pipeline_template": _get_template,
    "create_pipeline_template": _create_template,
    "update_pipeline_template": _update_template,
    "delete_pipeline_template": _delete_template,
}
