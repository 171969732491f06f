# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from .._definition import define
from ..base import RequestModel


@define(kw_only=True, repr=False, weakref_slot=False)
class CreateAgentImageRequest(RequestModel):
    """The new image."""

    name: str
    """Its name, once in a cluster."""

    dockerfile: str
    """Additions to Buildkite's image, as lines of a Dockerfile without `FROM`. Empty to add nothing."""
