# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from .._definition import define
from ..base import RequestModel
from ..types import UNSET, Unset


@define(kw_only=True, repr=False, weakref_slot=False)
class UpdateClusterRequest(RequestModel):
    """Changes. A field that is left out stays as it is."""

    name: str | Unset = UNSET
    """The display name."""

    description: str | Unset = UNSET
    """Purpose."""

    emoji: str | Unset = UNSET
    """An emoji such as `:rocket:`."""

    color: str | Unset = UNSET
    """A color as a hex code."""

    default_queue_id: str | Unset = UNSET
    """The queue of agents that name none."""

    hosted_git_mirror_enabled: bool | Unset = UNSET
    """True if hosted agents keep a mirror of repositories."""

    hosted_container_cache_enabled: bool | Unset = UNSET
    """True if hosted agents keep a cache of containers."""
