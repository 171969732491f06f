"""Handlers of operations, and the request that a handler receives."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar, cast

from buildkite_api.operations import Operation

from ..engine.engine import Engine
from ..state.builds import Artifact, Build, Job
from ..state.organization import Organization
from ..state.pipelines import Pipeline
from ..state.users import Token, User
from .lists import ListBehaviour
from .pages import numbered
from .request import Json, Query, RefusedRequest, SimRequest, SimResponse, json_response
from .views.builds import BuildWriter
from .views.urls import Urls

__all__ = ["NO_CONTENT", "AnswerOptions", "Handler", "RoutedRequest"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class AnswerOptions:
    """Options of the answers that don't depend on the organization."""

    deep_listing_after: int
    link_last: bool
    artifact_link: Callable[[Artifact, float], str]
    lists: ListBehaviour


@dataclass(frozen=True, slots=True)
class RoutedRequest:
    """Request whose operation is known and whose token may call it.

    The methods that find something raise `RefusedRequest` where it doesn't exist.
    """

    request: SimRequest
    operation: Operation
    path: Mapping[str, str]
    query: Query
    token: Token | None
    engine: Engine
    writer: BuildWriter
    options: AnswerOptions

    @property
    def organization(self) -> Organization:
        """Organization of the API."""
        return self.engine.organization

    @property
    def urls(self) -> Urls:
        """Addresses that answers contain."""
        return self.writer.urls

    @property
    def now(self) -> float:
        """Current time."""
        return self.engine.now

    @property
    def user(self) -> User:
        """User of the token."""
        assert self.token is not None
        return self.token.user

    @property
    def may_write_pipelines(self) -> bool:
        """True if the token has the scope `write_pipelines`."""
        return self.token is not None and self.token.allows("write_pipelines")

    def require_administrator(self) -> None:
        """Refuse the request of a user who doesn't administrate the organization."""
        if not self.user.administrates:
            raise RefusedRequest(403, "Forbidden: only administrators of the organization may do this")

    def pipeline(self) -> Pipeline:
        """Return the pipeline that the path names."""
        pipeline = self.organization.pipelines.get(self.path["pipeline_slug"])
        if pipeline is None:
            raise RefusedRequest(404, "No pipeline found")
        return pipeline

    def build(self) -> Build:
        """Return the build that the path names.

        The documentation has its number alone. The official command also reads builds by their UUID.
        """
        name = self.path["build_number"]
        builds = self.organization.builds_of(self.pipeline())
        build = None
        if name.isascii() and name.isdigit() and len(name) < 16:
            build = builds.by_number.get(int(name))
        elif self.request.method in ("GET", "HEAD"):
            build = builds.by_id.get(name.lower())
        if build is None:
            raise RefusedRequest(404, "No build found")
        return build

    def job(self) -> Job:
        """Return the job that the path names, with its build or by itself."""
        build = self.build() if "build_number" in self.path else None
        job = self.organization.jobs.get(self.path["job_id"])
        if job is None or (build is not None and job.build is not build):
            raise RefusedRequest(404, "No job found")
        return job

    def body(self) -> Json:
        """Return the body, a JSON object with any Content-Type. An empty body is an empty object."""
        if not self.request.body.strip():
            return {}
        try:
            body: object = json.loads(self.request.body)
        except (ValueError, RecursionError):
            raise RefusedRequest(400, "The request's body isn't JSON") from None
        if not isinstance(body, dict):
            raise RefusedRequest(400, "The request's body isn't a JSON object")
        return cast("Json", body)

    def page(self, items: Sequence[T], view: Callable[[T], object]) -> SimResponse:
        """Return the page of a list that the query asks for."""
        page = numbered(items, self.query, self.url, with_last=self.options.link_last)
        return json_response([view(item) for item in page.items], headers=page.headers)

    @property
    def url(self) -> str:
        """URL of the request without its query."""
        return self.urls.api + self.request.path


Handler = Callable[[RoutedRequest], SimResponse]

NO_CONTENT = SimResponse(204)
