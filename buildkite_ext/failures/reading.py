"""Requests of a summary: the build, what belongs to it, and the ends of the logs of the jobs that it shows."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, Any

from ..errors import (
    ApiError,
    BudgetExhausted,
    CircuitOpen,
    DeadlineExceeded,
    InvalidResponse,
    NetworkError,
)
from ..logs.lateness import Lateness, may_have_log, may_read_again, seconds_since
from ..logs.tail import content_range
from ..pagination.links import parse_links
from ..references import read_reference
from ..transport.wire import TRANSPORT_ERRORS
from ..urls import path_of
from .assembly import Candidate, LogEnd, Readings, assembled, candidates, has_failures, problem_of

if TYPE_CHECKING:
    import httpx
    from buildkite_api.models import Build, BuildTestEngineRun, Job

    from ..transport.requester import Requester
    from .summary import FailureSummary

__all__ = ["read_summary"]

_AT_ONCE = 5
"""Requests at the same time."""

_MOST_SKIPPED = 8 * 1024 * 1024
"""Bytes of a log that are read in search of its end, where the whole log comes instead of its end."""

_SECONDS = 60.0
"""The longest that the end of one log may take to arrive."""

_MOST_RUNS = 3
"""Runs of Test Engine whose failed tests are read."""

_PAGE = 100
_PASSED = 5
"""Builds among which one that passed is looked for: a blocked build may say so too."""

_EXPECTED = (ApiError, NetworkError, InvalidResponse, DeadlineExceeded, CircuitOpen, BudgetExhausted)
"""Errors that leave a part of the summary out."""


async def read_summary(
    requester: Requester, pipeline: str, number: int, *, max_jobs: int, max_bytes: int, max_log_bytes: int
) -> FailureSummary:
    """Read a build, and return its summary.

    At most 3 requests are sent, and one for each job that is shown. Those of Test Engine's runs are added, and further ones for
    logs that aren't there just after the end of their jobs.

    Args:
        requester: sends the requests.
        pipeline: the slug of the build's pipeline.
        number: the build's number.
        max_jobs: maximum of jobs, those of triggered builds included.
        max_bytes: see `FailureSummary`.
        max_log_bytes: bytes of the end of each log that are read.
    """
    get_build = requester.module("builds", "get_build")
    organization = requester.organization
    build: Build = await requester.call(
        get_build, organization, pipeline, number, include_retried_jobs=True, include_test_engine=True
    )
    found = candidates(build)
    shown = found[:max_jobs]
    readings = Readings()
    triggers = [each for each in shown if each.kind == "trigger" and each.job.triggered_build is not None]
    tasks: list[Callable[[], Coroutine[Any, Any, None]]] = [
        partial(_read_annotations, requester, pipeline, number, readings)
    ]
    if build.branch and has_failures(build, found):
        tasks.append(partial(_read_passed, requester, pipeline, build, readings))
    tasks += [partial(_read_triggered, requester, each.job, readings) for each in triggers]
    tasks += _test_runs(requester, build, readings)
    await _all(requester, tasks)
    left = max_jobs - len(shown)
    inner: list[Candidate] = []
    for each in triggers:
        read = readings.triggered[each.job.id]
        if isinstance(read, tuple):
            inside = candidates(read[0])
            readings.triggered[each.job.id] = read[0], inside[:left], len(inside[left:])
            inner += inside[:left]
            left -= len(inside[:left])
    logs = [each.job for each in (*shown, *inner) if each.has_log]
    await _all(requester, [partial(_read_log, requester, job, max_log_bytes, readings) for job in logs])
    readings.requests += 1 + len(tasks)
    return assembled(
        build,
        shown,
        len(found) - len(shown),
        readings,
        organization=organization,
        pipeline=pipeline,
        max_bytes=max_bytes,
    )


async def _all(requester: Requester, tasks: Sequence[Callable[[], Coroutine[Any, Any, None]]]) -> None:
    await requester.runtime.map(_run, tasks, at_once=_AT_ONCE)


async def _run(task: Callable[[], Coroutine[Any, Any, None]]) -> None:
    await task()


async def _read_annotations(requester: Requester, pipeline: str, number: int, readings: Readings) -> None:
    endpoint = requester.module("annotations", "list_build_annotations")
    try:
        response = await requester.request(
            endpoint, requester.organization, pipeline, number, scope="all", per_page=_PAGE
        )
        readings.annotations = requester.parse(endpoint, response)
    except _EXPECTED as error:
        readings.problems.append(problem_of("the annotations", error))
        return
    if _has_next(response):
        readings.truncated.append(f"annotations behind the first {_PAGE}")


async def _read_passed(requester: Requester, pipeline: str, build: Build, readings: Readings) -> None:
    try:
        readings.last_passed = await requester.call(
            requester.module("builds", "list_pipeline_builds"),
            requester.organization,
            pipeline,
            branch=[build.branch],
            state=["passed"],
            created_to=build.created_at,
            exclude_jobs=True,
            exclude_pipeline=True,
            per_page=_PASSED,
        )
    except _EXPECTED as error:
        readings.problems.append(problem_of("the builds of the branch", error))


async def _read_triggered(requester: Requester, job: Job, readings: Readings) -> None:
    triggered = job.triggered_build
    assert triggered is not None
    try:
        address = read_reference(triggered.url, root=requester.options.base_url)
        build: Build = await requester.call(
            requester.module("builds", "get_build"),
            address.organization or requester.organization,
            address.pipeline,
            triggered.number,
            include_retried_jobs=True,
        )
    except (*_EXPECTED, ValueError) as error:
        readings.triggered[job.id] = problem_of(f"build {triggered.number}, which it triggered", error)
    else:
        readings.triggered[job.id] = build, (), 0


def _test_runs(requester: Requester, build: Build, readings: Readings) -> list[Callable[[], Coroutine[Any, Any, None]]]:
    """Return the tasks that read the failed tests of a build's Test Engine runs."""
    runs: list[BuildTestEngineRun] = getattr(build.test_engine, "runs", [])
    known = [(slug, run.id) for run in runs if run.id and (slug := getattr(run.suite, "slug", None))]
    if len(known) > _MOST_RUNS:
        readings.truncated.append(f"failed tests of {len(known) - _MOST_RUNS} of {len(known)} Test Engine runs")
    return [partial(_read_tests, requester, suite, run, readings) for suite, run in known[:_MOST_RUNS]]


async def _read_tests(requester: Requester, suite: str, run: str, readings: Readings) -> None:
    endpoint = requester.module("test_engine_runs", "list_run_failed_executions")
    try:
        response = await requester.request(endpoint, requester.organization, suite, run, per_page=_PAGE)
        readings.executions += requester.parse(endpoint, response)
    except _EXPECTED as error:
        readings.problems.append(problem_of(f"the failed tests of the suite {suite}", error))
        return
    if _has_next(response):
        readings.truncated.append(f"failed tests of the suite {suite} behind the first {_PAGE}")


def _has_next(response: httpx.Response) -> bool:
    links, _ = parse_links(response.headers.get("Link", ""))
    return "next" in links


async def _read_log(requester: Requester, job: Job, most: int, readings: Readings) -> None:
    """Read the end of a log. One that isn't there just after the end of its job is read again for a while."""
    lateness = Lateness()
    while True:
        readings.requests += 1
        try:
            readings.logs[job.id] = await _end_of_log(requester, job.id, most)
            return
        except ApiError as error:
            # 416 is an empty log: https://buildkite.com/docs/apis/rest-api/jobs
            readings.logs[job.id] = LogEnd(b"", 0, 0) if error.status == 416 else problem_of("its log", error)
            if error.status != 404 or not (may_have_log(job) and may_read_again(requester)):
                return
            age = seconds_since(job.finished_at, error.response)
            if age is None:
                return
            pause = lateness.again(requester.runtime.now(), absent=True, grew=False, age=age)
            if pause is None:
                return
        except (*_EXPECTED, *TRANSPORT_ERRORS) as error:
            readings.logs[job.id] = problem_of("its log", error)
            return
        await requester.pause(pause)


async def _end_of_log(requester: Requester, job_id: str, most: int) -> LogEnd:
    """Read the end of a log by one request. Buildkite serves `bytes=-N` of plain logs, and no other range.

    Raises:
        InvalidResponse: the whole log came instead, and it is long.
    """
    endpoint, runtime = requester.module("jobs", "get_job_log"), requester.runtime
    request = requester.build(
        endpoint,
        endpoint._get_kwargs(requester.organization, job_id),
        # Uncompressed: ranges count the bytes that are sent.
        headers={"Accept": "text/plain", "Accept-Encoding": "identity", "Range": f"bytes=-{most}"},
        stream=True,
    )
    ends = runtime.now() + _SECONDS
    response = await requester.send(request)
    kept: deque[bytes] = deque()
    size = held = 0
    try:
        async with aclosing(runtime.chunks(response)) as chunks:
            async for chunk in chunks:
                kept.append(chunk)
                size += len(chunk)
                held += len(chunk)
                while held - len(kept[0]) >= most:
                    held -= len(kept.popleft())
                if size > max(_MOST_SKIPPED, most) or runtime.now() > ends:
                    raise InvalidResponse(
                        f"GET {path_of(request)}: its end was requested, and more than {size} bytes came, or they took longer "
                        f"than {_SECONDS:.0f} s. A proxy between this program and Buildkite may leave out the header Range."
                    )
    finally:
        await runtime.close(response)
    data = b"".join(kept)[-most:]
    place = content_range(response.headers.get("Content-Range", ""), size) if response.status_code == 206 else None
    total = size if place is None else place[1]
    return LogEnd(data, total - len(data), total)
