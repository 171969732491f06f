"""Routes of jobs, with their build in the path or without it. https://buildkite.com/docs/apis/rest-api/jobs"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from ....states import JOB_STATES
from ...definition.steps import BlockStep
from ...engine.contexts import environment
from ...state.builds import Build, Job
from ..handler import Handler, RoutedRequest
from ..pages import by_cursor
from ..request import Json, RefusedRequest, SimResponse, json_response, representation
from ..views.jobs import acted_job_view, job_view

__all__ = ["HANDLERS", "refuse_retry"]


def _list_jobs(request: RoutedRequest) -> SimResponse:
    build, query = request.build(), request.query
    states = query.values("state")
    if wrong := [state for state in states if state not in JOB_STATES]:
        raise RefusedRequest(400, f"Invalid state: {', '.join(wrong)}")
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
    page = by_cursor(build.jobs, shown, query, request.url)
    items = [job_view(job, request.urls, agents="none", in_build=False) for job in page.items]
    return json_response({"items": items, "links": page.links})


def _group(job: Job) -> str | None:
    return None if job.step.group is None else job.step.group.key


def _get_job(request: RoutedRequest) -> SimResponse:
    return json_response(job_view(request.job(), request.urls, agents="none", in_build=False))


def _retry_job(request: RoutedRequest) -> SimResponse:
    job = request.job()
    _refuse_job_retry(job)
    return json_response(acted_job_view(request.engine.retry(job, by=request.user), request.urls))


def refuse_retry(build: Build) -> None:
    """Refuse a retry in a canceled build, which can't run again.

    Raises:
        RefusedRequest: the build is canceled or skipped.
    """
    if build.state in ("canceling", "canceled", "skipped"):
        raise RefusedRequest(422, "Jobs of a canceled build can't be retried")


def _refuse_job_retry(job: Job) -> None:
    """Refuse the retry of a job that can't be retried.

    A job can be retried once: this is documented, but its status is not; here it is 422.

    Raises:
        RefusedRequest: the job hasn't failed, was retried before, or its build is canceled.
    """
    step = job.command_step
    passed = step is not None and step.manual_retry.permit_on_passed and job.state == "passed"
    if job.type not in ("script", "trigger") or not (passed or job.state in ("failed", "timed_out", "canceled")):
        raise RefusedRequest(400, "Only failed, timed out or canceled jobs can be retried")
    if step is not None and not step.manual_retry.allowed:
        reason = f": {step.manual_retry.reason}" if step.manual_retry.reason else ""
        raise RefusedRequest(422, f"The jobs of this step can't be retried{reason}")
    refuse_retry(job.build)
    if job.retried:
        raise RefusedRequest(422, "The job has been retried already")


def _reprioritize_job(request: RoutedRequest) -> SimResponse:
    job = request.job()
    priority = request.body().get("priority")
    if not isinstance(priority, int) or isinstance(priority, bool):
        raise RefusedRequest(400, "Priority must be an integer")
    if job.command_step is None:
        raise RefusedRequest(400, "Only command jobs have a priority")
    request.engine.reprioritize(job, priority)
    return json_response(acted_job_view(job, request.urls))


def _unblock_job(request: RoutedRequest) -> SimResponse:
    """Unblock a block job.

    The answer for a job that isn't blocked is the one that the official command looks for. The status for missing fields
    is not documented; here it is 422. Nor is it for a user who is in none of the allowed teams; here it is 403.
    """
    job = request.job()
    step = job.step
    if not isinstance(step, BlockStep):
        raise RefusedRequest(400, "This job type cannot be unblocked")
    if job.build.state in ("canceling", "canceled"):
        raise RefusedRequest(422, "The build has been canceled")
    body = request.body()
    by = request.user
    if (unblocker := body.get("unblocker")) is not None:
        known = request.organization.users.get(unblocker) if isinstance(unblocker, str) else None
        if known is None:
            raise RefusedRequest(422, "The unblocker isn't a user of the organization")
        by = known
    if job.state != "blocked":
        raise RefusedRequest(422, "The job's state must be blocked")
    teams = {name for team in request.organization.teams_of(by) for name in (team.slug, team.id)}
    if step.allowed_teams and not teams.intersection(step.allowed_teams):
        raise RefusedRequest(403, "Forbidden: only members of the allowed teams may unblock this step")
    request.engine.unblock(job, by, _answers(step, body.get("fields")))
    return json_response(job_view(job, request.urls, agents="none", in_build=False))


def _answers(step: BlockStep, fields: object) -> dict[str, str]:
    if fields is not None and not isinstance(fields, dict):
        raise RefusedRequest(422, "fields must be an object")
    answers = {key: _answer(value) for key, value in cast("Json", fields or {}).items() if value not in (None, "", [])}
    if missing := [field.key for field in step.fields if field.required and field.key not in answers]:
        raise RefusedRequest(422, f"Required fields are missing: {', '.join(missing)}")
    for field in step.fields:
        if field.key in answers and (refused := field.refused(answers[field.key])) is not None:
            raise RefusedRequest(422, refused)
    return answers


def _answer(value: object) -> str:
    """Return the answer of a field as meta-data: several choices become one line each."""
    if isinstance(value, list):
        return "\n".join(str(choice) for choice in cast("list[object]", value))
    return str(value)


def _get_env(request: RoutedRequest) -> SimResponse:
    job = request.job()
    env = environment(job, request.organization.slug)
    if representation(request.request) == "text":
        text = "".join(f"{key}={value}\n" for key, value in env.items()).encode()
        return SimResponse(
            200, (("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(text)))), text
        )
    return json_response({"env": env})


HANDLERS: Mapping[str, Handler] = {
    "list_build_jobs": _list_jobs,
    "get_build_job": _get_job,
    "get_job": _get_job,
    "retry_build_job": _retry_job,
    "retry_job": _retry_job,
    "reprioritize_build_job": _reprioritize_job,
    "reprioritize_job": _reprioritize_job,
    "unblock_build_job": _unblock_job,
    "unblock_job": _unblock_job,
    "get_build_job_env": _get_env,
    "get_job_env": _get_env,
    "get_build_job_env_text": _get_env,
    "get_job_env_text": _get_env,
}
