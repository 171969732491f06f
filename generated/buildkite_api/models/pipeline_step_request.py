# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .._definition import define
from ..base import RequestModel
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from .pipeline_step_type import PipelineStepType


@define(kw_only=True, repr=False, weakref_slot=False)
class PipelineStepRequest(RequestModel):
    """A step to create. A `script` step has a name and a command, a `manual` step a label, a `trigger` step
    the `trigger_` fields, a `waiter` nothing more."""

    type: PipelineStepType | str
    """Kind of the step."""

    name: str | Unset = UNSET
    """The display name of a `script` step."""

    label: str | Unset = UNSET
    """The display name of a `manual` or `trigger` step."""

    command: str | Unset = UNSET
    """Command of a `script` step."""

    artifact_paths: str | Unset = UNSET
    """Patterns of the files that it uploads as artifacts."""

    branch_configuration: str | Unset = UNSET
    """On which branches it runs, as a pattern."""

    env: Mapping[str, str] | Unset = UNSET
    """Environment variables of the step."""

    timeout_in_minutes: int | Unset = UNSET
    """Minutes that it may run."""

    agent_query_rules: Sequence[str] | Unset = UNSET
    """Rules for the agents that may run it, as `key=value`."""

    concurrency: int | Unset = UNSET
    """Number of its jobs that may run at once."""

    parallelism: int | Unset = UNSET
    """Number of its parallel jobs."""

    plugins: Any | Unset = UNSET
    """Its plugins: a map, or a list of maps with one key each. Known from Buildkite's Go client."""

    trigger_project_slug: str | Unset = UNSET
    """The slug of the pipeline that a `trigger` step starts."""

    trigger_commit: str | Unset = UNSET
    """The commit of the build that it starts."""

    trigger_branch: str | Unset = UNSET
    """The branch of the build that it starts."""

    trigger_async: bool | Unset = UNSET
    """True if it continues without waiting for that build."""
