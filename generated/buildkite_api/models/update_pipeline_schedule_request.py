# Generated from spec/ by `make generate`: edit that, not this.

from __future__ import annotations

from collections.abc import Mapping

from .._definition import define
from ..base import RequestModel
from ..types import UNSET, Unset


@define(kw_only=True, repr=False, weakref_slot=False)
class UpdatePipelineScheduleRequest(RequestModel):
    """Changes. A field that is left out stays as it is."""

    cronline: str | Unset = UNSET
    """Times of the builds: a name such as `@daily`, or a line of a crontab."""

    label: str | Unset = UNSET
    """Purpose."""

    message: str | Unset = UNSET
    """The message of its builds."""

    commit: str | Unset = UNSET
    """The commit of its builds."""

    branch: str | Unset = UNSET
    """The branch of its builds."""

    env: Mapping[str, str] | None | Unset = UNSET
    """Environment variables of its builds. What was there is replaced. Buildkite's Go client sends null to
    clear them."""

    enabled: bool | Unset = UNSET
    """True if it creates builds."""
