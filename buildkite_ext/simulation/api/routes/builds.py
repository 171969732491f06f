"""Builds. https://buildkite.com/docs/apis/rest-api/builds"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...creation import asked_of, refuse_branch
from ...filters import filtered
from ...retrying import jobs_to_retry, refuse_retry
from ...state.builds import Build
from ..handler import Call, Handler
from ..pages import numbered, page_asked
from ..request import Refused, SimResponse, raw_json_response
from ..views.builds import BuildShape

CANCELABLE = frozenset({"scheduled", "running", "failing", "blocked"})


def list_everywhere(call: Call) -> SimResponse:
    return _list(call, call.organization.builds)


def list_of_pipeline(call: Call) -> SimResponse:
    return _list(call, call.pipeline().builds)


def _list(call: Call, builds: Sequence[Build]) -> SimResponse:
    query = call.query
    page, size = page_asked(query)
    if (page - 1) * size >= call.settings.deep_listing_after:
        raise Refused(
            400,
            "Listing builds this deep is not supported. Narrow the list by branch or created_from to reach older builds.",
        )
    found = numbered(filtered(builds, query), query, call.address, with_last=call.settings.link_last)
    shape = BuildShape(
        jobs=not query.flag("exclude_jobs"),
        pipeline=not query.flag("exclude_pipeline"),
        retried=query.flag("include_retried_jobs"),
        agents="stub",
        without_paused=not query.flag("include_paused", True),
        may_write=call.may_write_pipelines,
    )
    return raw_json_response(call.writer.many(found.items, shape), headers=found.headers)


def get_build(call: Call) -> SimResponse:
    query = call.query
    shape = BuildShape(
        jobs=not query.flag("exclude_jobs"),
        pipeline=not query.flag("exclude_pipeline"),
        retried=query.flag("include_retried_jobs"),
        job_states=frozenset(query.either("job_states")),
        counts=True,
        test_engine=query.flag("include_test_engine"),
        may_write=call.may_write_pipelines,
    )
    return raw_json_response(call.writer.one(call.build(), shape))


def create_build(call: Call) -> SimResponse:
    pipeline = call.pipeline()
    body = call.body()
    asked = asked_of(body)
    refuse_branch(pipeline, asked, body)
    build = call.engine.create(pipeline, asked, source="api", creator=call.user)
    return _acted(call, build, 201)


def cancel_build(call: Call) -> SimResponse:
    build = call.build()
    if build.state not in CANCELABLE:
        raise Refused(422, f"The build can't be canceled: it is {build.state}")
    call.engine.cancel(build)
    return _acted(call, build, 200)


def rebuild_build(call: Call) -> SimResponse:
    old = call.build()
    if not old.pipeline.allow_rebuilds:
        raise Refused(422, "The pipeline doesn't allow rebuilds")
    build = call.engine.create(old.pipeline, old.asked, source="api", creator=call.user, rebuilt_from=old)
    return _acted(call, build, 200)


def retry_failed_jobs(call: Call) -> SimResponse:
    build = call.build()
    jobs = jobs_to_retry(build, call.body().get("states"))
    refuse_retry(build)
    user = call.user

    def retry() -> None:
        for job in jobs:
            if not job.retried and build.state != "canceled":
                call.engine.retry(job, by=user)

    call.engine.soon(call.engine.pace.retrying, retry)
    return _acted(call, build, 202, retried_jobs_count=len(jobs))


def _acted(call: Call, build: Build, status: int, **more: object) -> SimResponse:
    shape = BuildShape(rebuilt_from=False, may_write=call.may_write_pipelines)
    return raw_json_response(call.writer.one(build, shape, **more), status=status)


HANDLERS: Mapping[str, Handler] = {
    "list_builds": list_everywhere,
    "list_organization_builds": list_everywhere,
    "list_pipeline_builds": list_of_pipeline,
    "get_build": get_build,
    "create_build": create_build,
    "cancel_build": cancel_build,
    "rebuild_build": rebuild_build,
    "retry_failed_jobs": retry_failed_jobs,
}
