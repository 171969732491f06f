# Generated from spec/ by `make generate`: edit that, not this.

from ..types import OpenEnum


class BuildSource(OpenEnum):
    """Source of a build.

    - `webhook`: A push or another event at the source code provider.
    - `api`: The REST or GraphQL API.
    - `ui`: Someone on Buildkite's pages.
    - `trigger_job`: A trigger step of another build.
    - `schedule`: A schedule of the pipeline."""

    API = "api"
    SCHEDULE = "schedule"
    TRIGGER_JOB = "trigger_job"
    UI = "ui"
    WEBHOOK = "webhook"
