"""Parameters that several commands share, and the groups of options in `--help`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Group, Parameter

from .durations import duration_or_zero, positive_duration

__all__ = ["CONNECTION", "OUTPUT", "CommonOptions", "Duration", "DurationOrZero", "Flag", "Repeated"]

OUTPUT = Group("Output", sort_key=4)
CONNECTION = Group("Connection", sort_key=5)

Flag = Parameter(negative="", show_default=False)
Repeated = Parameter(negative="", show_default=False)
Duration = Parameter(converter=positive_duration, n_tokens=1, metavar="DURATION")
DurationOrZero = Parameter(converter=duration_or_zero, n_tokens=1, metavar="DURATION")


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class CommonOptions:
    """Options of every command that connects to Buildkite."""

    organization: Annotated[str | None, Parameter(group=CONNECTION, metavar="SLUG")] = None
    """The organization; by default $BUILDKITE_ORGANIZATION_SLUG."""

    token_file: Annotated[Path | None, Parameter(group=CONNECTION, metavar="PATH", allow_leading_hyphen=True)] = None
    """A file that holds the API token; - reads the standard input. By default $BUILDKITE_API_TOKEN."""

    debug: Annotated[bool, Flag, Parameter(group=OUTPUT)] = False
    """Show the traceback of an error."""
