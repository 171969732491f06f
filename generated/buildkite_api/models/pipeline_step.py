# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from .._definition import define, field
from ..base import ReadModel, new

if TYPE_CHECKING:
    from .pipeline_step_build import PipelineStepBuild
    from .pipeline_step_type import PipelineStepType


@define(kw_only=True, repr=False, weakref_slot=False)
class PipelineStep(ReadModel):
    """A step of a pipeline. Every type of step has this form."""

    _keys: ClassVar[dict[str, str]] = {"async_": "async"}

    type: PipelineStepType
    """Kind of the step."""

    name: str | None = None
    """The display name of a `script` step."""

    label: str | None = None
    """The display name of a `manual` or `trigger` step."""

    command: str | None = None
    """Command of a `script` step."""

    artifact_paths: str | None = None
    """Patterns of the files that it uploads as artifacts."""

    branch_configuration: str | None = None
    """On which branches it runs, as a pattern."""

    env: dict[str, Any] = field(factory=dict)
    """Environment variables of the step."""

    timeout_in_minutes: int | None = None
    """Minutes that it may run."""

    agent_query_rules: list[str] = field(factory=list)
    """Rules for the agents that may run it, as `key=value`."""

    concurrency: int | None = None
    """Number of its jobs that may run at once."""

    parallelism: int | None = None
    """Number of its parallel jobs."""

    plugins: Any = None
    """Its plugins: a map, or a list of maps with one key each. Known from Buildkite's Go client."""

    pipeline: str | None = None
    """The slug of the pipeline that a `trigger` step starts."""

    build: PipelineStepBuild | None = None
    """The build that a `trigger` step starts."""

    async_: bool | None = None
    """True if a `trigger` step continues without waiting for that build."""

    @staticmethod
    def _to_model(struct: Any) -> Any:
        model = new(struct._model)
        model._additional = None
        model.type = struct.type
        model.name = struct.name
        model.label = struct.label
        model.command = struct.command
        model.artifact_paths = struct.artifact_paths
        model.branch_configuration = struct.branch_configuration
        model.env = {} if struct.env is None else struct.env
        model.timeout_in_minutes = struct.timeout_in_minutes
        model.agent_query_rules = [] if struct.agent_query_rules is None else struct.agent_query_rules
        model.concurrency = struct.concurrency
        model.parallelism = struct.parallelism
        model.plugins = struct.plugins
        model.pipeline = struct.pipeline
        model.build = struct.build and struct.build._to_model()
        model.async_ = struct.async_
        return model
