"""Jobs, by their build or by the organization alone. https://buildkite.com/docs/apis/rest-api/jobs"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from ...definition.steps import BlockStep, CommandStep, TriggerStep
from ...environment import environment
from ...jobs import Job
from ...representation import representation
from ...retrying import refuse_job_retry
from ...states import JOB_STATES
from ..handler import Call, Handler
from ..pages import by_cursor
from ..request import Json, Refused, SimResponse, json_response
from ..views.jobs import acted_job_view, job_view


def list_jobs(call: Call) -> SimResponse:
    build, query = call.build(), call.query
    states = query.either("state")
    if wrong := [state for state in states if state not in JOB_STATES]:
        raise Refused(400, f"Invalid state: {', '.join(wrong)}")
    retried = query.flag("include_retried_jobs", True)
    step_key, group_key = query.text("step_key"), query.text("group_key")
    shown = [
        job
        for job in build.jobs
        if (not states or job.state in states)
        and (retried or not job.retried)
        and (step_key is None or job.step.key == step_key)
        and (group_key is None or _group(job) == group_key)
    ]
    page = by_cursor(build.jobs, shown, query, call.address)
    items = [job_view(job, call.urls, agents="none", in_build=False) for job in page.items]
    return json_response({"items": items, "links": page.links})


def _group(job: Job) -> str | None:
    return job.step.group if isinstance(job.step, CommandStep | BlockStep | TriggerStep) else None


def get_job(call: Call) -> SimResponse:
    return json_response(job_view(call.job(), call.urls, agents="none", in_build=False))


def retry_job(call: Call) -> SimResponse:
    job = call.job()
    refuse_job_retry(job)
    return json_response(acted_job_view(call.engine.retry(job, by=call.user), call.urls))


def reprioritize_job(call: Call) -> SimResponse:
    job = call.job()
    priority = call.body().get("priority")
    if not isinstance(priority, int) or isinstance(priority, bool):
        raise Refused(400, "Priority must be an integer")
    if job.command_step is None:
        raise Refused(400, "Only command jobs have a priority")
    job.priority = priority
    job.build.touch()
    return json_response(acted_job_view(job, call.urls))


def unblock_job(call: Call) -> SimResponse:
    """A job that is not open to be unblocked and fields that are missing are 422 here; Buildkite does not say."""
    job = call.job()
    step = job.step
    if not isinstance(step, BlockStep):
        raise Refused(400, "This job type cannot be unblocked")
    if job.build.state in ("canceling", "canceled"):
        raise Refused(422, "The build has been canceled")
    body = call.body()
    by = call.user
    if (unblocker := body.get("unblocker")) is not None:
        known = call.organization.users.get(unblocker) if isinstance(unblocker, str) else None
        if known is None:
            raise Refused(422, "The unblocker isn't a user of the organization")
        by = known
    if job.state != "blocked":
        raise Refused(422, f"The job can't be unblocked: it is {job.state}")
    call.engine.unblock(job, by, _answers(step, body.get("fields")))
    return json_response(job_view(job, call.urls, agents="none", in_build=False))


def _answers(step: BlockStep, fields: object) -> dict[str, str]:
    if fields is not None and not isinstance(fields, dict):
        raise Refused(422, "fields must be an object")
    answers = {key: _answer(value) for key, value in cast("Json", fields or {}).items() if value not in (None, "", [])}
    if missing := [field.key for field in step.fields if field.required and field.key not in answers]:
        raise Refused(422, f"Required fields are missing: {', '.join(missing)}")
    return answers


def _answer(value: object) -> str:
    """Several choices of one field are kept a line each."""
    if isinstance(value, list):
        return "\n".join(str(choice) for choice in cast("list[object]", value))
    return str(value)


def get_env(call: Call) -> SimResponse:
    job = call.job()
    env = environment(job, call.organization.slug)
    if representation(call.request) == "text":
        text = "".join(f"{key}={value}\n" for key, value in env.items()).encode()
        return SimResponse(
            200, (("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(text)))), text
        )
    return json_response({"env": env})


HANDLERS: Mapping[str, Handler] = {
    "list_build_jobs": list_jobs,
    "get_build_job": get_job,
    "get_job": get_job,
    "retry_build_job": retry_job,
    "retry_job": retry_job,
    "reprioritize_build_job": reprioritize_job,
    "reprioritize_job": reprioritize_job,
    "unblock_build_job": unblock_job,
    "unblock_job": unblock_job,
    "get_build_job_env": get_env,
    "get_job_env": get_env,
}
