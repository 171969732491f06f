# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from collections.abc import Mapping

from .._definition import define
from ..base import RequestModel
from ..types import UNSET, Unset


@define(kw_only=True, repr=False, weakref_slot=False)
class CreatePipelineScheduleRequest(RequestModel):
    """The new schedule."""

    cronline: str
    """Times of the builds: a name such as `@daily`, or a line of a crontab."""

    label: str | Unset = UNSET
    """Purpose."""

    message: str | Unset = UNSET
    """The message of its builds."""

    commit: str | Unset = UNSET
    """The commit of its builds. `HEAD`, when left out."""

    branch: str | Unset = UNSET
    """The branch of its builds. The pipeline's default branch, when left out."""

    env: Mapping[str, str] | Unset = UNSET
    """Environment variables of its builds."""

    enabled: bool | Unset = UNSET
    """True if it creates builds, which is the default."""
