# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from .._definition import define, field
from ..base import RequestModel
from ..types import UNSET, Secret, Unset


@define(kw_only=True, repr=False, weakref_slot=False)
class CreateClusterSecretRequest(RequestModel):
    """The new secret."""

    key: str
    """The name by which jobs ask for it, once in a cluster: a letter, then letters, digits and underscores, at
    most 255 in all, and not beginning with `buildkite` or `bk` in any case."""

    value: str | Secret | Unset = field(default=UNSET, repr=False)
    """Secret value. Not blank, and less than 8 kilobytes."""

    description: str | Unset = UNSET
    """Purpose."""

    policy: str | Unset = UNSET
    """Policy that says who may read it, as YAML."""
