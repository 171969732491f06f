"""Routes of schedules. https://buildkite.com/docs/apis/rest-api/pipeline-schedules"""

from __future__ import annotations

from collections.abc import Mapping

from ...definition.cron import CronError, CronLine, parse_cron
from ...state.schedules import PipelineSchedule, ScheduleAttributes
from ..fields import Fields
from ..handler import NO_CONTENT, Handler, RoutedRequest
from ..request import RefusedRequest, SimResponse, json_response
from ..views.pipelines import schedule_view

__all__ = ["HANDLERS"]


def _list_schedules(request: RoutedRequest) -> SimResponse:
    pipeline = request.pipeline()
    schedules = [each for each in request.organization.schedules.values() if each.pipeline is pipeline]
    return request.page(schedules[::-1], lambda item: schedule_view(item, request.urls))


def _get_schedule(request: RoutedRequest) -> SimResponse:
    return json_response(schedule_view(_schedule(request), request.urls))


def _create_schedule(request: RoutedRequest) -> SimResponse:
    """Create a schedule. Its builds come at exactly their times; Buildkite's come within ten minutes of them.

    The message of builds of a schedule without one is not documented; here it is the label.
    """
    pipeline = request.pipeline()
    fields = Fields(request.body())
    if not fields.given("cronline"):
        fields.required("cronline")
    attributes = _attributes(fields, ScheduleAttributes(cronline="", line=_ANY_LINE))
    return json_response(
        schedule_view(request.engine.schedules.add(pipeline, attributes, request.user), request.urls), status=201
    )


def _update_schedule(request: RoutedRequest) -> SimResponse:
    schedule = _schedule(request)
    request.engine.schedules.update(schedule, _attributes(Fields(request.body()), schedule.attributes), request.user)
    return json_response(schedule_view(schedule, request.urls))


def _delete_schedule(request: RoutedRequest) -> SimResponse:
    request.engine.schedules.delete(_schedule(request), request.user)
    return NO_CONTENT


_ANY_LINE = parse_cron("@daily")


def _line(fields: Fields, cronline: str) -> CronLine:
    try:
        return parse_cron(cronline)
    except CronError as error:
        if cronline:
            fields.refuse("cronline", f"Cronline is invalid: {error}")
        return _ANY_LINE


def _attributes(fields: Fields, known: ScheduleAttributes) -> ScheduleAttributes:
    """Return the attributes of a schedule: those that are known, with what a body says.

    Raises:
        RefusedRequest: it says something wrong.
    """
    cronline = fields.kept("cronline", known.cronline)
    attributes = ScheduleAttributes(
        cronline=cronline,
        line=known.line if cronline == known.cronline else _line(fields, cronline),
        label=fields.nullable("label", known.label),
        message=fields.nullable("message", known.message),
        commit=fields.kept("commit", known.commit),
        branch=fields.nullable("branch", known.branch),
        env=fields.variables("env") if "env" in fields else known.env,
        enabled=fields.flag("enabled", known.enabled),
    )
    fields.check_told()
    return attributes


def _schedule(request: RoutedRequest) -> PipelineSchedule:
    schedule = request.organization.schedules.get(request.path["schedule_id"])
    if schedule is None or schedule.pipeline is not request.pipeline():
        raise RefusedRequest(404, "No pipeline schedule found")
    return schedule


HANDLERS: Mapping[str, Handler] = {
    "list_pipeline_schedules": _list_schedules,
    "get_pipeline_schedule": _get_schedule,
    "create_pipeline_schedule": _create_schedule,
    "update_pipeline_schedule": _update_schedule,
    "delete_pipeline_schedule": _delete_schedule,
}
