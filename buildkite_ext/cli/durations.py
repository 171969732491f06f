"""Durations on the command line: `90`, `90s`, `10m`, `1h30m`, `1.5h`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .problem import UsageError

if TYPE_CHECKING:
    from cyclopts import Token

__all__ = ["duration_or_zero", "parse_duration", "positive_duration", "shown_duration"]

_UNITS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_NUMBER = r"[0-9]+(?:\.[0-9]+)?|\.[0-9]+"
_SECONDS = re.compile(_NUMBER, re.ASCII)
_DURATION = re.compile("".join(rf"(?:({_NUMBER}){unit})?" for unit in _UNITS), re.ASCII)
_EXAMPLES = "such as 90s, 10m, 1.5h or 1h30m; a number alone is seconds"
_LONGEST = 100 * 365 * _UNITS["d"]


def parse_duration(text: str) -> float:
    """Return the seconds of a duration.

    Args:
        text: seconds, or numbers with the units `d`, `h`, `m`, `s` and `ms`, the largest first.

    Raises:
        ValueError: it has another form.

    Example:
        >>> [parse_duration(text) for text in ("90", "90s", "10m", "1.5h", "1h30m", "250ms")]
        [90.0, 90.0, 600.0, 5400.0, 5400.0, 0.25]
    """
    text = text.strip()
    if _SECONDS.fullmatch(text):
        seconds = float(text)
    elif text and (found := _DURATION.fullmatch(text)):
        numbers = zip(found.groups(), _UNITS.values(), strict=True)
        seconds = sum(float(number) * unit for number, unit in numbers if number is not None)
    else:
        raise ValueError(f"give a duration, {_EXAMPLES}")
    if seconds > _LONGEST:
        raise ValueError("give less than 100 years")
    return seconds


def shown_duration(seconds: float) -> str:
    """Return a duration as users type it.

    Example:
        >>> [shown_duration(seconds) for seconds in (15.0, 300.0, 5400.0, 0.25)]
        ['15s', '5m', '1h30m', '0.25s']
    """
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    shown = [f"{number:g}{unit}" for number, unit in ((hours, "h"), (minutes, "m"), (rest, "s")) if number]
    return "".join(shown) or "0s"


def positive_duration(_: object, tokens: Sequence[Token]) -> float:
    """Convert the value of an option to seconds above 0. It is a converter of cyclopts.

    Raises:
        UsageError: it isn't a duration, or it is 0.
    """
    seconds = duration_or_zero(_, tokens)
    if seconds == 0:
        raise UsageError(f"{tokens[0].keyword} {tokens[0].value!r}: give a duration above 0, {_EXAMPLES}.")
    return seconds


def duration_or_zero(_: object, tokens: Sequence[Token]) -> float:
    """Convert the value of an option to seconds.

    Raises:
        UsageError: it isn't a duration.
    """
    try:
        return parse_duration(tokens[0].value)
    except ValueError as error:
        raise UsageError(f"{tokens[0].keyword} {tokens[0].value!r}: {error}.") from error
