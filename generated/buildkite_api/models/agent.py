# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from .._definition import define, field
from ..base import ReadModel, new
from ..types import Secret

if TYPE_CHECKING:
    from .agent_connection_state import AgentConnectionState
    from .job import Job
    from .user import User


@define(kw_only=True, repr=False, weakref_slot=False)
class Agent(ReadModel):
    """A machine that runs jobs. Inside a job it comes with fewer fields, in a list of builds with only its id,
    url and name."""

    id: str
    """The agent's id."""

    graphql_id: str | None = None
    """The same agent in the GraphQL API."""

    url: str
    """The agent in the REST API."""

    web_url: str | None = None
    """The agent's page on Buildkite."""

    name: str
    """The display name."""

    connection_state: AgentConnectionState | None = None
    """State of the connection."""

    access_token: Secret | None = field(default=None, repr=False)
    """Known from Buildkite's Go client alone."""

    hostname: str | None = None
    """The name of its host."""

    ip_address: str | None = None
    """Its address."""

    user_agent: str | None = None
    """User agent that it sends."""

    version: str | None = None
    """Its version."""

    os_id: str | None = None
    """The operating system of its host."""

    arch: str | None = None
    """The processor architecture of its host."""

    queue: str | None = None
    """The queue that it takes jobs from."""

    creator: User | None = None
    """User who registered it, or whose token did."""

    created_at: datetime.datetime | None = None
    """Time when it was registered."""

    connected_at: datetime.datetime | None = None
    """Time when it connected."""

    disconnected_at: datetime.datetime | None = None
    """Time when it disconnected properly."""

    lost_at: datetime.datetime | None = None
    """Time when it was declared lost."""

    stopped_at: datetime.datetime | None = None
    """Time when it was stopped."""

    job: Job | None = None
    """The job that it runs, with fewer fields."""

    last_job_finished_at: datetime.datetime | None = None
    """Time when it last finished a job."""

    priority: int | None = None
    """Its place among the agents that could take a job."""

    meta_data: list[str] = field(factory=list)
    """Its tags, as `key=value`."""

    paused: bool | None = None
    """True if it is paused. This and the next four are known from Buildkite's Go client alone."""

    paused_at: datetime.datetime | None = None
    """Time when it was paused."""

    paused_by: User | None = None
    """User who paused it."""

    paused_note: str | None = None
    """Reason why it was paused."""

    paused_timeout_in_minutes: int | None = None
    """After how many minutes it resumes by itself."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.id = struct.id
        model.graphql_id = struct.graphql_id
        model.url = struct.url
        model.web_url = struct.web_url
        model.name = struct.name
        model.connection_state = struct.connection_state
        model.access_token = struct.access_token
        model.hostname = struct.hostname
        model.ip_address = struct.ip_address
        model.user_agent = struct.user_agent
        model.version = struct.version
        model.os_id = struct.os_id
        model.arch = struct.arch
        model.queue = struct.queue
        model.creator = struct.creator and struct.creator._to_model()
        model.created_at = struct.created_at
        model.connected_at = struct.connected_at
        model.disconnected_at = struct.disconnected_at
        model.lost_at = struct.lost_at
        model.stopped_at = struct.stopped_at
        model.job = struct.job and struct.job._to_model()
        model.last_job_finished_at = struct.last_job_finished_at
        model.priority = struct.priority
        model.meta_data = [] if struct.meta_data is None else struct.meta_data
        model.paused = struct.paused
        model.paused_at = struct.paused_at
        model.paused_by = struct.paused_by and struct.paused_by._to_model()
        model.paused_note = struct.paused_note
        model.paused_timeout_in_minutes = struct.paused_timeout_in_minutes
        return model
