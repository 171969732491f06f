"""Checks and conversions of arguments, between the form that users pass and the form that the generated modules take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from typing import Any, TypeVar

from buildkite_api.types import UNSET, Unset, kind_of

from ..messages import shown

__all__ = ["aware", "given", "listed", "many", "not_null", "or_unset", "positive", "text_map"]

T = TypeVar("T")


def listed(value: str | bytes | Sequence[str] | None) -> list[str] | None:
    """Return one or many as a list; None stays None.

    Raises:
        TypeError: it isn't a list.

    Example:
        >>> listed("main"), listed(["main", "dev"]), listed(None)
        (['main'], ['main', 'dev'], None)
    """
    if value is None:
        return None
    if isinstance(value, bytes):
        raise TypeError("bytes are no list")
    return [value] if isinstance(value, str | Enum) else list(value)


def many(value: str | Sequence[str] | None) -> list[str] | None:
    """Return the values of a filter as a list.

    Raises:
        ValueError: the list is empty, which Buildkite would ignore.
    """
    values = listed(value)
    if values == []:
        raise ValueError(
            "an empty list as a filter would list everything: leave it out, or pass None, to list everything"
        )
    return values


def aware(name: str, value: datetime | None) -> datetime | None:
    """Check that a datetime has a time zone, and return it.

    Raises:
        TypeError: it isn't a datetime.
        ValueError: it has no time zone.
    """
    if value is not None and not isinstance(value, datetime):
        raise TypeError(f"{name}={shown(value)} is {kind_of(value)}, not a datetime. {_advice(value)}")
    if value is not None and value.utcoffset() is None:
        raise ValueError(
            f"{name}={shown(value)} has no time zone: write datetime(..., tzinfo=UTC), or call .astimezone() for your own zone."
        )
    return value


def _advice(value: object) -> str:
    day = "A day begins at another time in each time zone. " if isinstance(value, date) else ""
    return f"{day}Write datetime(..., tzinfo=UTC)."


def given(**options: Any) -> dict[str, Any]:
    """Return the options that are not None."""
    return {name: value for name, value in options.items() if value is not None}


def or_unset(value: T | None) -> T | Unset:
    """Return the value of an argument that None leaves out: UNSET instead of None.

    Example:
        >>> or_unset(None), or_unset(""), or_unset(0)
        (UNSET, '', 0)
    """
    return UNSET if value is None else value


def not_null(**arguments: object) -> None:
    """Refuse None for arguments of an update for which Buildkite documents no null.

    Raises:
        TypeError: an argument is None.
    """
    for name, value in arguments.items():
        if value is None:
            raise TypeError(
                f"{name}=None: Buildkite documents no null for {name}. Leave {name} out to keep its present value."
            )


def text_map(name: str, value: Mapping[str, str] | None) -> dict[str, str] | None:
    """Check a map of texts, and return it as a dict. A number or a bool would reach Buildkite as another text than expected.

    Raises:
        TypeError: a name or a value isn't a text.
    """
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise TypeError(
            f"{name}={shown(value)} is {kind_of(value)}: give a map of names to values, such as {{'os': 'linux'}}"
        )
    for key, text in value.items():
        if not isinstance(key, str) or not isinstance(text, str):
            raise TypeError(f"{name}[{shown(key)}]={shown(text)}: names and values must be strings")
    return dict(value)


def positive(**seconds: float | None) -> None:
    """Check that lengths of time are above 0.

    Raises:
        ValueError: one isn't.
    """
    for name, value in seconds.items():
        if value is None:
            continue
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise TypeError(f"{name}={shown(value)} is {kind_of(value)}: give seconds, as a number")
        if not value > 0:
            raise ValueError(f"{name}={shown(value)}: give seconds above 0")
