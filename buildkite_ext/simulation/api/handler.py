"""What a handler of an operation is given."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar, cast

from buildkite_api.operations import Operation

from ..artifacts import Artifact
from ..engine.engine import Engine
from ..jobs import Job
from ..parameters import Parameters
from ..state.builds import Build
from ..state.organization import Organization
from ..state.pipelines import Pipeline
from ..state.users import Token, User
from .pages import numbered
from .request import Json, Refused, SimRequest, SimResponse, json_response
from .views.builds import BuildWriter
from .views.urls import Urls

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Settings:
    """How the simulator answers, apart from what is in the organization."""

    deep_listing_after: int
    link_last: bool
    artifact_link: Callable[[Artifact, float], str]


@dataclass(frozen=True, slots=True)
class Call:
    """A request that was routed and may be answered.

    Raises `Refused` from its finders where what the path names is not there.
    """

    request: SimRequest
    operation: Operation
    path: Mapping[str, str]
    query: Parameters
    token: Token | None
    engine: Engine
    writer: BuildWriter
    settings: Settings

    @property
    def organization(self) -> Organization:
        return self.engine.organization

    @property
    def urls(self) -> Urls:
        return self.writer.urls

    @property
    def now(self) -> float:
        return self.engine.now

    @property
    def user(self) -> User:
        """Who asks."""
        assert self.token is not None
        return self.token.user

    @property
    def may_write_pipelines(self) -> bool:
        return self.token is not None and self.token.allows("write_pipelines")

    def pipeline(self) -> Pipeline:
        """The pipeline in the path."""
        pipeline = self.organization.pipelines.get(self.path["pipeline_slug"])
        if pipeline is None:
            raise Refused(404, "No pipeline found")
        return pipeline

    def build(self) -> Build:
        """The build in the path."""
        number = self.path["build_number"]
        known = self.pipeline().by_number
        build = known.get(int(number)) if number.isascii() and number.isdigit() and len(number) < 16 else None
        if build is None:
            raise Refused(404, "No build found")
        return build

    def job(self) -> Job:
        """The job in the path, whether the path names its build or only the organization."""
        build = self.build() if "build_number" in self.path else None
        job = self.organization.jobs.get(self.path["job_id"])
        if job is None or (build is not None and job.build is not build):
            raise Refused(404, "No job found")
        return job

    def body(self) -> Json:
        """The body, a JSON object whatever its Content-Type says; an empty one is an empty object."""
        if not self.request.body.strip():
            return {}
        try:
            body: object = json.loads(self.request.body)
        except (ValueError, RecursionError):
            raise Refused(400, "The request's body isn't JSON") from None
        if not isinstance(body, dict):
            raise Refused(400, "The request's body isn't a JSON object")
        return cast("Json", body)

    def listing(self, items: Sequence[T], view: Callable[[T], object]) -> SimResponse:
        """The page that the query asks for."""
        page = numbered(items, self.query, self.address, with_last=self.settings.link_last)
        return json_response([view(item) for item in page.items], headers=page.headers)

    @property
    def address(self) -> str:
        """The address that was asked for, without its query."""
        return self.urls.api + self.request.path


Handler = Callable[[Call], SimResponse]

NO_CONTENT = SimResponse(204)
