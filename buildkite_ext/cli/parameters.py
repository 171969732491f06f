"""Parameters that several commands share, and the groups of options in `--help`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Group, Parameter

from .durations import duration_or_zero, positive_duration
from .problem import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cyclopts import Token

__all__ = ["CONNECTION", "OUTPUT", "CommonOptions", "Duration", "DurationOrZero", "Flag", "Repeated", "WholeNumber"]

OUTPUT = Group("Output", sort_key=4)
CONNECTION = Group("Connection", sort_key=5)

_WHOLE = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)


def _whole_number(_: object, tokens: Sequence[Token]) -> int:
    """Convert the value of an option to an int. It is a converter of cyclopts, whose own one rounds 1.5.

    Raises:
        UsageError: it isn't a whole number, or its digits aren't those of ASCII.
    """
    text = tokens[0].value
    if not _WHOLE.fullmatch(text):
        raise UsageError(f"{tokens[0].keyword} {text!r}: give a whole number.")
    return int(text)


Flag = Parameter(negative="", show_default=False)
Repeated = Parameter(negative="", show_default=False)
Duration = Parameter(converter=positive_duration, n_tokens=1, metavar="DURATION")
WholeNumber = Parameter(converter=_whole_number, n_tokens=1, metavar="N")
DurationOrZero = Parameter(converter=duration_or_zero, n_tokens=1, metavar="DURATION")


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class CommonOptions:
    """Options of every command that connects to Buildkite."""

    organization: Annotated[str | None, Parameter(group=CONNECTION, metavar="SLUG")] = None
    """The organization; by default $BUILDKITE_ORGANIZATION_SLUG."""

    token_file: Annotated[Path | None, Parameter(group=CONNECTION, metavar="PATH", allow_leading_hyphen=True)] = None
    """A file that holds the API token; - reads the standard input. By default $BUILDKITE_API_TOKEN."""

    allow_http: Annotated[bool, Flag, Parameter(group=CONNECTION)] = False
    """Send the token unencrypted, where $BUILDKITE_REST_API_ENDPOINT begins with http:// and leads to another computer."""

    debug: Annotated[bool, Flag, Parameter(group=OUTPUT)] = False
    """Show the traceback of an error."""
