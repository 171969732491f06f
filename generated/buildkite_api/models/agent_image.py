# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._definition import define
from ..base import ReadModel, new

if TYPE_CHECKING:
    from .agent_image_status import AgentImageStatus


@define(kw_only=True, repr=False, weakref_slot=False)
class AgentImage(ReadModel):
    """An image that hosted agents run."""

    id: str
    """The image's id."""

    name: str
    """Its name in the cluster."""

    status: AgentImageStatus
    """State, which tells if it can be used."""

    image_ref: str | None = None
    """Value of `hostedAgents.agentImageRef` for a queue that uses it. Null until it is built."""

    version: int | None = None
    """Its version."""

    last_build_error: str | None = None
    """Error of the last attempt to build it, if it failed."""

    dockerfile: str | None = None
    """Additions to Buildkite's image, as lines of a Dockerfile."""

    base_image: str | None = None
    """The `FROM` line that Buildkite puts before it."""

    composed_dockerfile: str | None = None
    """The whole Dockerfile."""

    url: str | None = None
    """The image in the REST API."""

    web_url: str | None = None
    """The image's page on Buildkite."""

    cluster_url: str | None = None
    """The image's cluster in the REST API."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.id = struct.id
        model.name = struct.name
        model.status = struct.status
        model.image_ref = struct.image_ref
        model.version = struct.version
        model.last_build_error = struct.last_build_error
        model.dockerfile = struct.dockerfile
        model.base_image = struct.base_image
        model.composed_dockerfile = struct.composed_dockerfile
        model.url = struct.url
        model.web_url = struct.web_url
        model.cluster_url = struct.cluster_url
        return model
