"""Views of a build and of its annotations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ....timestamps import format_optional_time, format_time
from ...state.builds import Annotation, Build, Job
from ...state.organization import Organization
from ...state.pipelines import Pipeline
from ..request import Json, encoded
from .jobs import AgentDetail, job_view
from .markdown import rendered
from .pipelines import embedded_pipeline
from .test_engine import runs_of_build_view
from .urls import Urls, graphql_id
from .users import user_view

__all__ = ["BuildSelection", "BuildWriter", "annotation_view", "build_view", "on_paused_queue"]


_CACHE_SIZE = 5_000
"""Number of builds of one selection in the cache of a `BuildWriter`."""

_READ_SIZE = 200
"""Number of builds in the cache of those that were read one by one, such as by clients that wait for them."""

_UNKNOWN = -1, b""
"""Version and text of what isn't in a cache."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildSelection:
    """Selection of what an answer shows of a build."""

    jobs: bool = True
    pipeline: bool = True
    retried: bool = False
    job_states: frozenset[str] = frozenset()
    counts: bool = False
    agents: AgentDetail = "full"
    test_engine: bool = False
    rebuilt_from: bool = True
    without_paused: bool = False
    may_write: bool = True


def _jobs_shown(build: Build, selection: BuildSelection) -> list[Job]:
    """Return the jobs of a build that a selection shows."""
    return [
        job
        for job in build.jobs
        if (selection.retried or not job.retried)
        and (not selection.job_states or job.state in selection.job_states)
        and not (selection.without_paused and on_paused_queue(job))
    ]


def on_paused_queue(job: Job) -> bool:
    """Return whether a job waits for a paused queue."""
    return job.queue is not None and job.queue.paused and job.state == "scheduled"


def build_view(build: Build, urls: Urls, selection: BuildSelection) -> Json:
    """Return a build without its pipeline, which changes independently."""
    request = build.request
    url, web_url = own = urls.build(build), urls.build_web(build)
    view: Json = {
        "id": build.id,
        "graphql_id": graphql_id("Build", build.id),
        "url": url,
        "web_url": web_url,
        "number": build.number,
        "state": build.shown_state,
        "cancel_reason": build.cancel_reason,
        "blocked": build.blocked,
        "message": request.message,
        "commit": request.commit,
        "branch": request.branch,
        "env": request.env,
        "source": build.source,
        "creator": user_view(build.creator),
        "created_at": format_time(build.created_at),
        "scheduled_at": format_optional_time(build.scheduled_at),
        "started_at": format_optional_time(build.started_at),
        "failing_at": format_optional_time(build.failing_at),
        "finished_at": format_optional_time(build.finished_at),
        "meta_data": build.meta_data,
        "pull_request": request.pull_request,
        "merge_queue": None,
    }
    if selection.rebuilt_from:
        view["rebuilt_from"] = _rebuilt_from(build.rebuilt_from, urls)
    if request.author is not None:
        view["author"] = request.author
    if build.triggered_by is not None:
        parent = build.triggered_by.build
        view["triggered_from"] = {
            "build_id": parent.id,
            "build_number": parent.number,
            "build_pipeline_slug": parent.pipeline.slug,
        }
    if selection.jobs:
        view["jobs"] = [
            job_view(job, urls, agents=selection.agents, in_build=True, of_build=own)
            for job in _jobs_shown(build, selection)
        ]
    if selection.counts:
        states = Counter(job.state for job in build.jobs if selection.retried or not job.retried)
        view["job_state_counts"] = {"total": states.total(), "states": dict(states)}
    return view


def _rebuilt_from(build: Build | None, urls: Urls) -> Json | None:
    return None if build is None else {"id": build.id, "number": build.number, "url": urls.build(build)}


class BuildWriter:
    """Writer of builds as JSON. It caches its output: a build that doesn't change is written once for all who wait for it.

    Args:
        urls: the URLs that answers contain.
        organization: the organization of the builds.
    """

    def __init__(self, urls: Urls, organization: Organization) -> None:
        self.urls = urls
        self._organization = organization
        self._builds: dict[BuildSelection, dict[str, tuple[int, bytes]]] = {}
        self._read: dict[tuple[str, BuildSelection], tuple[tuple[int, int], bytes]] = {}
        self._ends: dict[tuple[str, bool], tuple[int, bytes]] = {}

    def many(self, builds: Sequence[Build], selection: BuildSelection) -> bytes:
        """Return a list of builds as JSON."""
        # A pause of a queue doesn't change the version of a build.
        known = {} if selection.without_paused else self._builds.setdefault(selection, {})
        parts: list[bytes] = []
        pipeline: Pipeline | None = None
        end = b"}"
        for build in builds:
            version, text = known.get(build.id, _UNKNOWN)
            if version != build.version:
                if len(known) >= _CACHE_SIZE:
                    known.clear()
                text = encoded(self._view(build, selection))[:-1]
                known[build.id] = build.version, text
            if build.pipeline is not pipeline:
                pipeline = build.pipeline
                end = self._end(pipeline, selection)
            parts += (b",", text, end)
        return b"".join((b"[", *parts[1:], b"]"))

    def one(self, build: Build, selection: BuildSelection) -> bytes:
        """Return a build as JSON."""
        if selection.test_engine:  # a change of a suite doesn't change the version of a build
            return self.acted(build, selection)
        key, version = (build.id, selection), (build.version, self._organization.connections)
        known, text = self._read.get(key, (None, b""))
        if version != known:
            if len(self._read) >= _READ_SIZE:
                self._read.clear()
            text = encoded(self._view(build, selection))[:-1]
            self._read[key] = version, text
        return text + self._end(build.pipeline, selection)

    def acted(self, build: Build, selection: BuildSelection, **more: object) -> bytes:
        """Return a build on which a request has acted as JSON, with further fields."""
        view = {**self._view(build, selection), **more}
        return encoded(view)[:-1] + self._end(build.pipeline, selection)

    def _view(self, build: Build, selection: BuildSelection) -> Json:
        view = build_view(build, self.urls, selection)
        if selection.test_engine:
            view["test_engine"] = runs_of_build_view(self._organization.runs_of_builds.get(build.id, ()))
        return view

    def _end(self, pipeline: Pipeline, selection: BuildSelection) -> bytes:
        """Return the end of a build's JSON: its pipeline and the last brace."""
        if not selection.pipeline:
            return b"}"
        key = pipeline.id, selection.may_write
        version, text = self._ends.get(key, _UNKNOWN)
        if version != pipeline.version:
            counts = self._organization.builds_of(pipeline).counts()
            view = embedded_pipeline(pipeline, counts, self.urls, may_write=selection.may_write)
            text = b',"pipeline":%s}' % encoded(view)
            self._ends[key] = pipeline.version, text
        return text


def annotation_view(annotation: Annotation, *, body: bool = True) -> Json:
    """Return an annotation, with or without its body."""
    view: Json = {
        "id": annotation.id,
        "context": annotation.context,
        "style": annotation.style,
        "scope": "build" if annotation.job is None else "job",
        "job_id": None if annotation.job is None else annotation.job.id,
        "priority": annotation.priority,
        "created_at": format_time(annotation.created_at),
        "updated_at": format_time(annotation.updated_at),
    }
    if body:
        view["body_html"] = rendered(annotation.body)
    return view
