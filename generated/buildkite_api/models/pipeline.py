# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from .._definition import define, field
from ..base import ReadModel, new

if TYPE_CHECKING:
    from .pipeline_provider import PipelineProvider
    from .pipeline_step import PipelineStep
    from .pipeline_visibility import PipelineVisibility
    from .user import User


@define(kw_only=True, repr=False, weakref_slot=False)
class Pipeline(ReadModel):
    """Pipeline. Inside a build it has fewer fields: at least the steps, the environment and the visibility are
    left out there."""

    _nullable: ClassVar[frozenset[str]] = frozenset({"tags", "env"})
    _older_timestamps: ClassVar[frozenset[str]] = frozenset({"created_at"})

    id: str
    """The pipeline's id."""

    graphql_id: str | None = None
    """The same pipeline in the GraphQL API."""

    url: str
    """The pipeline in the REST API."""

    web_url: str | None = None
    """The pipeline's page on Buildkite."""

    name: str
    """The display name."""

    description: str | None = None
    """Purpose of the pipeline."""

    slug: str
    """The name in URLs."""

    repository: str | None = None
    """The URL of the repository."""

    cluster_id: str | None = None
    """The cluster that it runs in."""

    cluster_url: str | None = None
    """That cluster in the REST API. Known from an answer that Buildkite's command keeps."""

    pipeline_template_uuid: str | None = None
    """The template that its steps come from."""

    branch_configuration: str | None = None
    """Pattern of the branches that may trigger builds."""

    default_branch: str | None = None
    """The branch that new builds begin with."""

    skip_queued_branch_builds: bool | None = None
    """True if a new build skips those of its branch that have not begun."""

    skip_queued_branch_builds_filter: str | None = None
    """On which branches that holds, as a pattern."""

    cancel_running_branch_builds: bool | None = None
    """True if a build that starts cancels the older ones of its branch that run or are blocked."""

    cancel_running_branch_builds_filter: str | None = None
    """On which branches that holds, as a pattern."""

    allow_rebuilds: bool | None = None
    """True if builds may be rebuilt."""

    provider: PipelineProvider | None = None
    """The source code provider."""

    builds_url: str | None = None
    """The pipeline's builds in the REST API."""

    badge_url: str | None = None
    """A picture of the state of its latest build."""

    clone_mirror_url: str | None = None
    """URL that agents clone from instead. Absent if clone mirrors are not enabled and none was set."""

    created_by: User | None = None
    """User who created it."""

    created_at: datetime.datetime | None = None
    """Time when it was created."""

    archived_at: datetime.datetime | None = None
    """Time when it was archived, if it is."""

    scheduled_builds_count: int | None = None
    """Number of builds that are scheduled now."""

    running_builds_count: int | None = None
    """Number of builds that run now."""

    scheduled_jobs_count: int | None = None
    """Number of jobs that are scheduled now."""

    running_jobs_count: int | None = None
    """Number of jobs that run now."""

    waiting_jobs_count: int | None = None
    """Number of jobs that wait for an agent now."""

    visibility: PipelineVisibility | None = None
    """Visibility."""

    tags: list[str] = field(factory=list)
    """Its labels."""

    emoji: str | None = None
    """An emoji such as `:rocket:`. Known from an answer that Buildkite's command keeps."""

    color: str | None = None
    """A color as a hex code. Known from an answer that Buildkite's command keeps."""

    configuration: str | None = None
    """Its steps as YAML."""

    steps: list[PipelineStep] = field(factory=list)
    """Its steps, one by one."""

    env: dict[str, Any] = field(factory=dict)
    """Environment variables of every build."""

    default_command_step_timeout: int | None = None
    """Minutes that a command step without a timeout of its own may run. Known from Buildkite's Go client."""

    maximum_command_step_timeout: int | None = None
    """Minutes that any command step may run. Known from Buildkite's Go client."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.id = struct.id
        model.graphql_id = struct.graphql_id
        model.url = struct.url
        model.web_url = struct.web_url
        model.name = struct.name
        model.description = struct.description
        model.slug = struct.slug
        model.repository = struct.repository
        model.cluster_id = struct.cluster_id
        model.cluster_url = struct.cluster_url
        model.pipeline_template_uuid = struct.pipeline_template_uuid
        model.branch_configuration = struct.branch_configuration
        model.default_branch = struct.default_branch
        model.skip_queued_branch_builds = struct.skip_queued_branch_builds
        model.skip_queued_branch_builds_filter = struct.skip_queued_branch_builds_filter
        model.cancel_running_branch_builds = struct.cancel_running_branch_builds
        model.cancel_running_branch_builds_filter = struct.cancel_running_branch_builds_filter
        model.allow_rebuilds = struct.allow_rebuilds
        model.provider = struct.provider and struct.provider._to_model()
        model.builds_url = struct.builds_url
        model.badge_url = struct.badge_url
        model.clone_mirror_url = struct.clone_mirror_url
        model.created_by = struct.created_by and struct.created_by._to_model()
        model.created_at = struct.created_at
        model.archived_at = struct.archived_at
        model.scheduled_builds_count = struct.scheduled_builds_count
        model.running_builds_count = struct.running_builds_count
        model.scheduled_jobs_count = struct.scheduled_jobs_count
        model.running_jobs_count = struct.running_jobs_count
        model.waiting_jobs_count = struct.waiting_jobs_count
        model.visibility = struct.visibility
        model.tags = [] if struct.tags is None else struct.tags
        model.emoji = struct.emoji
        model.color = struct.color
        model.configuration = struct.configuration
        model.steps = [] if struct.steps is None else [each._to_model() for each in struct.steps]
        model.env = {} if struct.env is None else struct.env
        model.default_command_step_timeout = struct.default_command_step_timeout
        model.maximum_command_step_timeout = struct.maximum_command_step_timeout
        return model
