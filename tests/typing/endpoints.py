"""What the type checkers make of the generated endpoints through the bridge. Checked by tests/test_generated_models.py."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, TypeVar, assert_type

from buildkite_api.api.artifacts import download_build_job_artifact
from buildkite_api.api.builds import create_build, get_build, list_pipeline_builds
from buildkite_api.api.jobs import delete_job_log, get_job_log_text, head_job_log, list_build_jobs
from buildkite_api.decoding import Decoder
from buildkite_api.models import (
    ArtifactDownload,
    Build,
    BuildState,
    BuildStateFilter,
    CreateBuildRequest,
    Error,
    Job,
    JobPage,
)

if TYPE_CHECKING:
    import httpx
    from buildkite_api.client import Client

P = ParamSpec("P")
T_co = TypeVar("T_co", covariant=True)
T = TypeVar("T")


class Endpoint(Protocol[P, T_co]):
    def _get_kwargs(self, *args: P.args, **kwargs: P.kwargs) -> dict[str, Any]: ...

    def _parse_response(self, *, client: Client, response: httpx.Response) -> Error | T_co: ...


def call(endpoint: Endpoint[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    raise NotImplementedError


def the_bridge(since: dt.datetime) -> None:
    assert_type(call(get_build, "acme", "web", 3), Build)
    assert_type(
        call(list_pipeline_builds, "acme", "web", branch=["main"], state=[BuildStateFilter.FAILED]), list[Build]
    )
    assert_type(call(list_pipeline_builds, "acme", "web", branch="main", created_from=since, page=None), list[Build])
    assert_type(call(list_pipeline_builds, "acme", "web", meta_data={"os": "linux"}, exclude_jobs=True), list[Build])
    assert_type(call(list_build_jobs, "acme", "web", 3, state=["failed"]), JobPage)
    assert_type(call(get_job_log_text, "acme", "id"), str)
    assert_type(call(download_build_job_artifact, "acme", "web", 3, "job", "artifact"), ArtifactDownload)
    body = CreateBuildRequest(commit="HEAD", branch="main", meta_data={"os": "linux"})
    assert_type(call(create_build, "acme", "web", body=body), Build)
    call(head_job_log, "acme", "id")
    call(delete_job_log, "acme", "id")


def what_the_bridge_refuses() -> None:
    call(get_build, "acme", "web")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    call(get_build, "acme", "web", "three")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    call(get_build, "acme", "web", 3, jobs=False)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def the_generated_functions(client: Client) -> None:
    assert_type(get_build.sync("acme", "web", 3, client=client), Error | Build)
    assert_type(head_job_log.sync("acme", "id", client=client), Error | None)


def the_models(build: Build, job: Job) -> None:
    for each in build.jobs:
        assert_type(each, Job)
    assert_type(build.state, BuildState)
    assert_type(build.finished_at, dt.datetime | None)
    assert_type(build.meta_data, dict[str, Any])
    assert_type(job.async_, bool | None)
    assert_type(job.agent_query_rules, list[str])
    assert_type(build.additional_properties, dict[str, Any])


def the_decoder(decoder: Decoder) -> None:
    assert_type(decoder.decode(Build, b"{}"), Build)
    assert_type(decoder.decode(list[Build], b"[]"), list[Build])
