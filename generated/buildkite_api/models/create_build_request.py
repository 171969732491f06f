# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from .._definition import define
from ..base import RequestModel
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from .build_author_request import BuildAuthorRequest


@define(kw_only=True, repr=False, weakref_slot=False)
class CreateBuildRequest(RequestModel):
    """Build to create."""

    commit: str
    """A commit, tag or other ref, such as `HEAD`. For a tag, the agent has to fetch tags."""

    branch: str
    """The branch that the commit belongs to. The filters of the pipeline and its steps go by it."""

    message: str | Unset = UNSET
    """A message for the build."""

    author: BuildAuthorRequest | Unset = UNSET
    """Author to show. By default the user of the token."""

    clean_checkout: bool | Unset = UNSET
    """True if the agent begins with a fresh checkout."""

    env: Mapping[str, str] | Unset = UNSET
    """Environment variables for the build."""

    ignore_pipeline_branch_filters: bool | Unset = UNSET
    """Build although the pipeline's branch filter excludes the branch. The filters of steps still apply."""

    meta_data: Mapping[str, str | bool] | Unset = UNSET
    """Meta-data for the build, texts of at most 100 kB, or booleans. This is the only way to set any by the
    REST API."""

    pull_request_base_branch: str | Unset = UNSET
    """The branch that the pull request would be merged into."""

    pull_request_id: int | Unset = UNSET
    """The number of the pull request."""

    pull_request_labels: Sequence[str] | Unset = UNSET
    """The labels of the pull request."""

    pull_request_repository: str | Unset = UNSET
    """The git URL of the repository that the pull request comes from."""
