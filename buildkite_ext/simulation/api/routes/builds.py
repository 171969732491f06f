"""Routes of builds. https://buildkite.com/docs/apis/rest-api/builds"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import cast

from ....globs import branch_matches
from ....states import FINISHED_FILTER
from ...state.build_index import BuildIndex
from ...state.builds import Build, BuildRequest, Job
from ...state.pipelines import Pipeline
from ..handler import Handler, RoutedRequest
from ..lists import ListBehaviour
from ..pages import numbered, requested_page
from ..request import Json, Query, RefusedRequest, SimResponse, invalid, raw_json_response
from ..views.builds import BuildSelection, on_paused_queue
from .jobs import refuse_retry

__all__ = ["HANDLERS"]


_CANCELABLE = frozenset({"scheduled", "running", "failing", "blocked"})

_RETRYABLE = ("canceled", "expired", "failed", "soft_failed", "timed_out")
"""Values in `states` of `_retry_failed_jobs`."""

_Filter = Callable[[Build], bool]


def _list_everywhere(request: RoutedRequest) -> SimResponse:
    organization = request.organization
    return _list(request, organization.build_index if request.user.id in organization.users else BuildIndex())


def _list_of_pipeline(request: RoutedRequest) -> SimResponse:
    return _list(request, request.organization.builds_of(request.pipeline()))


def _list(request: RoutedRequest, builds: BuildIndex) -> SimResponse:
    query = request.query
    page, size = requested_page(query)
    if (page - 1) * size >= request.options.deep_listing_after:
        raise RefusedRequest(
            400,
            "Listing builds this deep is not supported. Narrow the list by branch or created_from to reach older builds.",
        )
    found = numbered(
        _filtered(builds, query, request.options.lists, request.now),
        query,
        request.url,
        with_last=request.options.link_last,
        newest_first=True,
    )
    selection = BuildSelection(
        jobs=not query.flag("exclude_jobs"),
        pipeline=not query.flag("exclude_pipeline"),
        retried=query.flag("include_retried_jobs"),
        agents="stub",
        without_paused=not query.flag("include_paused", True),
        may_write=request.may_write_pipelines,
    )
    return raw_json_response(request.writer.many(found.items, selection), headers=found.headers)


def _get_build(request: RoutedRequest) -> SimResponse:
    query = request.query
    selection = BuildSelection(
        jobs=not query.flag("exclude_jobs"),
        pipeline=not query.flag("exclude_pipeline"),
        retried=query.flag("include_retried_jobs"),
        job_states=frozenset(query.values("job_states")),
        counts=True,
        test_engine=query.flag("include_test_engine"),
        may_write=request.may_write_pipelines,
    )
    return raw_json_response(request.writer.one(request.build(), selection))


def _create_build(request: RoutedRequest) -> SimResponse:
    pipeline = request.pipeline()
    body = request.body()
    asked = _build_request(body)
    _refuse_archived(pipeline)
    _refuse_branch(pipeline, asked, body)
    build = request.engine.create(pipeline, asked, source="api", creator=request.user)
    return _acted(request, build, 201)


def _cancel_build(request: RoutedRequest) -> SimResponse:
    build = request.build()
    if build.done:
        raise RefusedRequest(422, "Build can't be canceled because it's already finished.")
    if build.state not in _CANCELABLE:
        raise RefusedRequest(422, f"The build can't be canceled: it is {build.state}")
    request.engine.cancel(build)
    return _acted(request, build, 200)


def _rebuild_build(request: RoutedRequest) -> SimResponse:
    old = request.build()
    _refuse_archived(old.pipeline)
    if not old.pipeline.allow_rebuilds:
        raise RefusedRequest(422, "The pipeline doesn't allow rebuilds")
    build = request.engine.create(old.pipeline, old.request, source="api", creator=request.user, rebuilt_from=old)
    return _acted(request, build, 200)


def _retry_failed_jobs(request: RoutedRequest) -> SimResponse:
    build = request.build()
    jobs = _jobs_to_retry(build, request.body().get("states"))
    refuse_retry(build)
    user = request.user

    def retry() -> None:
        if build.listed and build.state != "canceled":
            request.engine.retry_all([job for job in jobs if not job.retried], by=user)

    request.engine.soon(request.engine.timing.retrying, retry)
    return _acted(request, build, 202, retried_jobs_count=len(jobs))


def _acted(request: RoutedRequest, build: Build, status: int, **more: object) -> SimResponse:
    selection = BuildSelection(rebuilt_from=False, may_write=request.may_write_pipelines)
    return raw_json_response(request.writer.acted(build, selection, **more), status=status)


def _build_request(body: Json) -> BuildRequest:
    """Return the build that a body asks for.

    Raises:
        RefusedRequest: commit or branch is missing, or a field has a wrong type.
    """
    wrong: list[tuple[str, str]] = []

    def text(name: str) -> str:
        value = body.get(name)
        if isinstance(value, str) and value.strip():
            return value
        wrong.append((name, f"{name} can't be blank"))
        return ""

    def mapping(name: str) -> dict[str, str]:
        value = body.get(name)
        if value is None:
            return {}
        if isinstance(value, dict):
            return {str(key): _text(item) for key, item in cast("Json", value).items() if item is not None}
        wrong.append((name, f"{name} must be an object"))
        return {}

    commit, branch = text("commit"), text("branch")
    message = body.get("message")
    if message is not None and not isinstance(message, str):
        wrong.append(("message", "message must be a string"))
    env, meta_data = mapping("env"), mapping("meta_data")
    author = mapping("author") or None
    if wrong:
        raise invalid(*wrong)
    return BuildRequest(
        commit=commit,
        branch=branch,
        message=str(message) if message else f"Build of {branch}",
        env=env,
        meta_data=meta_data,
        author=author,
        pull_request=_pull_request(body),
    )


def _pull_request(body: Json) -> Json | None:
    number = body.get("pull_request_id")
    if number is None:
        return None
    return {
        "id": _text(number),
        "base": body.get("pull_request_base_branch"),
        "repository": body.get("pull_request_repository"),
    }


def _text(value: object) -> str:
    """Return a value as meta-data and environment variables hold it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _refuse_archived(pipeline: Pipeline) -> None:
    """Refuse a new build of an archived pipeline.

    The documentation says that it is read-only, but not what is answered; here it is 422.

    Raises:
        RefusedRequest: it is archived.
    """
    if pipeline.archived_at is not None:
        raise RefusedRequest(422, "The pipeline is archived")


def _refuse_branch(pipeline: Pipeline, asked: BuildRequest, body: Json) -> None:
    """Refuse a branch that the pipeline's filter excludes.

    Raises:
        RefusedRequest: the filter excludes it, and the body doesn't ask to ignore filters.
    """
    patterns = pipeline.branch_configuration
    if patterns and not body.get("ignore_pipeline_branch_filters") and not branch_matches(patterns, asked.branch):
        raise RefusedRequest(422, f"The pipeline doesn't build the branch {asked.branch}")


def _jobs_to_retry(build: Build, states: object) -> list[Job]:
    """Return the jobs of a build in the states of a comma-separated list, or in any state that can be retried.

    Raises:
        RefusedRequest: the list contains another state.
    """
    if states is not None and not isinstance(states, str):
        raise RefusedRequest(400, f"Invalid states: {states!r}. Valid states are {', '.join(_RETRYABLE)}")
    named = [name.strip() for name in (states or "").split(",") if name.strip()]
    wrong = [name for name in named if name not in _RETRYABLE]
    if wrong:
        raise RefusedRequest(400, f"Invalid states: {', '.join(wrong)}. Valid states are {', '.join(_RETRYABLE)}")
    return [
        job
        for job in build.current_jobs
        if job.type in ("script", "trigger")
        and ("soft_failed" if job.soft_failed else job.state) in (named or _RETRYABLE)
    ]


def _filtered(builds: BuildIndex, query: Query, lists: ListBehaviour, now: float) -> Sequence[Build]:
    """Return the builds that match every filter of a query, oldest first.

    The filter `state` compares the state that the list shows. `blocked` matches blocked builds in any shown state.
    Whether `passed` matches a blocked build that shows `passed` is not documented; here it does.

    Args:
        builds: the builds.
        query: branch, commit, creator, state, meta_data, created_from, created_to, finished_from, include_paused.
        lists: how lists show builds.
        now: the time.
    """
    branches = query.values("branch") or None
    states = frozenset(query.values("state"))
    found = builds.select(
        # What a list shows late may have been in any state.
        states=_behind(states) if states and not lists.lag else None,
        branches=branches,
        # Only the scalar form takes patterns.
        pattern=query.text("branch") or "",
        since=query.time("created_from"),
        until=query.time("created_to"),
    )
    found = lists.shown(found, now)
    for matches in _filters(query, states):
        found = [build for build in found if matches(build)]
    return found


def _filters(query: Query, states: frozenset[str]) -> list[_Filter]:
    filters: list[_Filter] = []
    if states:
        filters.append(lambda build: _in_state(build, states))
    if commits := frozenset(query.values("commit")):
        filters.append(lambda build: build.request.commit in commits)
    if creator := query.text("creator"):
        filters.append(lambda build: build.creator.id == creator)
    if meta_data := query.mapping("meta_data"):
        filters.append(lambda build: all(build.meta_data.get(key) == value for key, value in meta_data.items()))
    if (ended := query.time("finished_from")) is not None:
        filters.append(lambda build: build.finished_at is not None and build.finished_at >= ended)
    if not query.flag("include_paused", True):
        filters.append(_not_wholly_paused)
    return filters


def _behind(states: frozenset[str]) -> frozenset[str]:
    """Return the states of the engine that can stand behind states of the API: a blocked build may show another one."""
    return states | {"blocked"} | (FINISHED_FILTER if "finished" in states else frozenset())


def _in_state(build: Build, states: frozenset[str]) -> bool:
    return (
        build.shown_state in states
        or (build.blocked and "blocked" in states)
        or ("finished" in states and build.state in FINISHED_FILTER)
    )


def _not_wholly_paused(build: Build) -> bool:
    commands = [job for job in build.current_jobs if job.queue is not None and job.finished_at is None]
    return not commands or not all(on_paused_queue(job) for job in commands)


HANDLERS: Mapping[str, Handler] = {
    "list_builds": _list_everywhere,
    "list_organization_builds": _list_everywhere,
    "list_pipeline_builds": _list_of_pipeline,
    "get_build": _get_build,
    "create_build": _create_build,
    "cancel_build": _cancel_build,
    "rebuild_build": _rebuild_build,
    "retry_failed_jobs": _retry_failed_jobs,
}
