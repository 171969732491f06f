"""A build in answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ...ids import graphql_id
from ...jobs import Job
from ...state.builds import Build
from ...state.pipelines import Pipeline
from ...times import written, written_or_none
from ..request import Json, dumps
from .jobs import Agents, job_view
from .pipelines import embedded_pipeline
from .urls import Urls
from .users import user_view


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildShape:
    """What a caller wants to see of a build."""

    jobs: bool = True
    pipeline: bool = True
    retried: bool = False
    job_states: frozenset[str] = frozenset()
    counts: bool = False
    agents: Agents = "whole"
    test_engine: bool = False
    rebuilt_from: bool = True
    without_paused: bool = False
    may_write: bool = True


def jobs_shown(build: Build, shape: BuildShape) -> list[Job]:
    """The jobs of a build that a shape has."""
    return [
        job
        for job in build.jobs
        if (shape.retried or not job.retried)
        and (not shape.job_states or job.state in shape.job_states)
        and not (shape.without_paused and on_paused_queue(job))
    ]


def on_paused_queue(job: Job) -> bool:
    """Whether it waits for a queue that gives out no jobs."""
    return job.queue is not None and job.queue.paused and job.state == "scheduled"


def build_view(build: Build, urls: Urls, shape: BuildShape) -> Json:
    """A build without its pipeline, which has a life of its own."""
    asked = build.asked
    view: Json = {
        "id": build.id,
        "graphql_id": graphql_id("Build", build.id),
        "url": urls.build(build),
        "web_url": urls.build_web(build),
        "number": build.number,
        "state": build.shown_state,
        "cancel_reason": build.cancel_reason,
        "blocked": build.blocked,
        "message": asked.message,
        "commit": asked.commit,
        "branch": asked.branch,
        "env": asked.env,
        "source": build.source,
        "creator": user_view(build.creator),
        "created_at": written(build.created_at),
        "scheduled_at": written_or_none(build.scheduled_at),
        "started_at": written_or_none(build.started_at),
        "failing_at": written_or_none(build.failing_at),
        "finished_at": written_or_none(build.finished_at),
        "meta_data": build.meta_data,
        "pull_request": asked.pull_request,
        "merge_queue": None,
    }
    if shape.rebuilt_from:
        view["rebuilt_from"] = _source(build.rebuilt_from, urls)
    if asked.author is not None:
        view["author"] = asked.author
    if build.triggered_by is not None:
        parent = build.triggered_by.build
        view["triggered_from"] = {
            "build_id": parent.id,
            "build_number": parent.number,
            "build_pipeline_slug": parent.pipeline.slug,
        }
    if shape.jobs:
        view["jobs"] = [job_view(job, urls, agents=shape.agents, in_build=True) for job in jobs_shown(build, shape)]
    if shape.counts:
        states = Counter(job.state for job in build.jobs if shape.retried or not job.retried)
        view["job_state_counts"] = {"total": states.total(), "states": dict(states)}
    if shape.test_engine:
        view["test_engine"] = {"runs": []}
    return view


def _source(build: Build | None, urls: Urls) -> Json | None:
    return None if build is None else {"id": build.id, "number": build.number, "url": urls.build(build)}


REMEMBERED = 5_000
"""How many builds of one shape are kept as they were written."""


class BuildWriter:
    """Writes builds as JSON and remembers what it wrote: a list of a hundred finished builds is written once."""

    def __init__(self, urls: Urls) -> None:
        self.urls = urls
        self._builds: dict[BuildShape, dict[str, tuple[int, bytes]]] = {}
        self._pipelines: dict[tuple[str, bool], tuple[int, bytes]] = {}

    def many(self, builds: Sequence[Build], shape: BuildShape) -> bytes:
        """A list of builds as JSON."""
        # Which queues are paused is no part of a build's version.
        known = {} if shape.without_paused else self._builds.setdefault(shape, {})
        return b"[" + b",".join([self._build(build, shape, known) for build in builds]) + b"]"

    def one(self, build: Build, shape: BuildShape, **more: object) -> bytes:
        """A build as JSON."""
        view = {**build_view(build, self.urls, shape), **more}
        return self._with_pipeline(dumps(view), build.pipeline, shape)

    def _build(self, build: Build, shape: BuildShape, known: dict[str, tuple[int, bytes]]) -> bytes:
        version, text = known.get(build.id, (-1, b""))
        if version != build.version:
            if len(known) >= REMEMBERED:
                known.clear()
            text = dumps(build_view(build, self.urls, shape))
            known[build.id] = build.version, text
        return self._with_pipeline(text, build.pipeline, shape)

    def _with_pipeline(self, build: bytes, pipeline: Pipeline, shape: BuildShape) -> bytes:
        if not shape.pipeline:
            return build
        key = pipeline.id, shape.may_write
        version, text = self._pipelines.get(key, (-1, b""))
        if version != pipeline.version:
            text = dumps(embedded_pipeline(pipeline, self.urls, may_write=shape.may_write))
            self._pipelines[key] = pipeline.version, text
        return build[:-1] + b',"pipeline":' + text + b"}"
