# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .._definition import define
from ..base import RequestModel
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from .pipeline_step_request import PipelineStepRequest
    from .pipeline_visibility import PipelineVisibility


@define(kw_only=True, repr=False, weakref_slot=False)
class CreatePipelineRequest(RequestModel):
    """The new pipeline. It needs `configuration`, or `steps`, or a template that has steps."""

    name: str
    """The display name, which no other pipeline of the organization may have."""

    cluster_id: str
    """The cluster to run in."""

    repository: str
    """The URL of the repository."""

    configuration: str | Unset = UNSET
    """The steps as YAML, not empty."""

    steps: Sequence[PipelineStepRequest] | Unset = UNSET
    """The steps of a pipeline with visual steps."""

    allow_rebuilds: bool | Unset = UNSET
    """True if builds may be rebuilt."""

    branch_configuration: str | None | Unset = UNSET
    """Pattern of the branches that may trigger builds, such as `main release/*`."""

    cancel_running_branch_builds: bool | Unset = UNSET
    """True if a build that starts cancels the older ones of its branch that run or are blocked."""

    cancel_running_branch_builds_filter: str | None | Unset = UNSET
    """On which branches that holds, as a pattern."""

    clone_mirror_url: str | None | Unset = UNSET
    """URL that agents clone from instead. No credentials, query or fragment. Null removes it. Needs clone
    mirrors to be enabled for the organization."""

    color: str | Unset = UNSET
    """A color as a hex code."""

    default_branch: str | Unset = UNSET
    """The branch that new builds begin with, and that lists of builds show first."""

    default_command_step_timeout: int | Unset = UNSET
    """Minutes that a command step without a timeout of its own may run."""

    description: str | Unset = UNSET
    """Purpose of the pipeline."""

    emoji: str | Unset = UNSET
    """An emoji such as `:rocket:`."""

    env: Mapping[str, str] | Unset = UNSET
    """Environment variables. Only for pipelines with visual steps."""

    maximum_command_step_timeout: int | Unset = UNSET
    """Minutes that any command step may run."""

    pipeline_template_uuid: str | None | Unset = UNSET
    """The template that the steps come from. Null removes it."""

    provider_settings: Mapping[str, Any] | Unset = UNSET
    """Settings of the source code provider: triggers of builds, and reports. The keys depend on the provider;
    the documentation lists them."""

    skip_queued_branch_builds: bool | Unset = UNSET
    """True if a new build skips those of its branch that have not begun."""

    skip_queued_branch_builds_filter: str | None | Unset = UNSET
    """On which branches that holds, as a pattern."""

    slug: str | None | Unset = UNSET
    """The name in URLs: letters, digits and dashes, no dash in front. Made from the name when null or left
    out."""

    tags: Sequence[str] | Unset = UNSET
    """Labels, in which emojis such as `:rocket:` may stand."""

    teams: Mapping[str, str] | Unset = UNSET
    """The teams that see the pipeline, as an access level by the team's id: `read_only`, `build_and_read` or
    `manage_build_and_read`."""

    visibility: PipelineVisibility | str | Unset = UNSET
    """Visibility."""

    team_uuids: Sequence[str] | Unset = UNSET
    """The teams that see the pipeline, by id. `teams` replaces it."""
