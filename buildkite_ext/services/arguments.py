"""Checks and conversions of arguments, between the form that users pass and the form that the generated modules take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from math import inf, isfinite
from typing import Any, TypeAlias, TypeVar

from buildkite_api.types import UNSET, Unset, kind_of

from ..clock import are_countable
from ..messages import shown

__all__ = [
    "Fields",
    "Scalar",
    "at_least",
    "aware",
    "aware_or_unset",
    "count",
    "field_map",
    "filter_map",
    "given",
    "listed",
    "many",
    "not_empty",
    "not_null",
    "or_unset",
    "per_minute",
    "poll_pause",
    "positive",
    "scalar_map",
    "text_map",
]

T = TypeVar("T")

_Map = TypeVar("_Map", bound=Mapping[str, str] | Unset | None)

Scalar: TypeAlias = str | bool | int | float
"""Value of meta-data, or of a block step's field."""

Fields: TypeAlias = Mapping[str, Scalar | Sequence[Scalar]]
"""Values of the fields of block steps, by their keys."""


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
        raise TypeError("bytes aren't a list")
    return [value] if isinstance(value, str | Enum) else list(value)


def many(value: str | Sequence[str] | None) -> list[str] | None:
    """Return the values of a filter as a list.

    Raises:
        ValueError: the list is empty, which Buildkite would ignore.
    """
    return not_empty(listed(value))


def not_empty(value: T) -> T:
    """Return the value of a filter, one or many.

    Raises:
        ValueError: it is an empty list, which would be left out.
    """
    if not isinstance(value, str) and isinstance(value, Sequence) and not value:
        raise ValueError(
            "an empty list as a filter would list everything: leave it out, or pass None, to list everything"
        )
    return value


def aware(name: str, value: datetime | str | None) -> datetime | None:
    """Return a time: a datetime as it is, and a text in the form of ISO 8601 as a datetime. Both need a time zone.

    Raises:
        TypeError: it is neither a datetime nor a text.
        ValueError: it has no time zone, or the text isn't a time.

    Example:
        >>> aware("created_from", "2026-11-25T10:00:00Z")
        datetime.datetime(2026, 11, 25, 10, 0, tzinfo=datetime.timezone.utc)
    """
    if value is None:
        return None
    if isinstance(value, str):
        return _parsed(name, value)
    if not isinstance(value, datetime):
        raise TypeError(f"{name}={shown(value)} is {kind_of(value)}, not a datetime. {_advice(value)}")
    if value.utcoffset() is None:
        raise ValueError(
            f"{name}={shown(value)} has no time zone: write datetime(..., tzinfo=UTC), or call .astimezone() for your own zone."
        )
    return value


def aware_or_unset(name: str, value: datetime | str | Unset) -> datetime | Unset:
    """Return a time as `aware` does, for an update; UNSET stays UNSET."""
    if isinstance(value, Unset):
        return value
    found = aware(name, value)
    assert found is not None  # `not_null` was called before
    return found


def _parsed(name: str, text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f'{name}={shown(text)} isn\'t a time: write it as "2026-11-25T10:00:00Z"') from None
    if found.utcoffset() is None:
        hint = f"{text.strip()}Z" if "T" in text or ":" in text else f"{text.strip()}T00:00:00Z"
        raise ValueError(
            f"{name}={shown(text)} has no time zone: write {hint!r} for UTC, or another offset, such as +02:00"
        )
    return found


def _advice(value: object) -> str:
    day = "A day begins at another time in each time zone. " if isinstance(value, date) else ""
    return f"{day}Write datetime(..., tzinfo=UTC), or a text such as '2026-11-25T10:00:00Z'."


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


def text_map(name: str, value: _Map) -> _Map:
    """Check a map of texts, such as environment variables, and return it. None and UNSET are returned too.

    Raises:
        TypeError: it isn't a map, or a name or a value isn't a text. The message shows no value: it may be a secret.
    """
    if isinstance(value, Mapping):
        for key, text in value.items():
            where = _at(name, key)
            if not isinstance(text, str):
                raise TypeError(f"{where} is of type {type(text).__name__}: pass a text (str)")
    elif value is not None and value is not UNSET:
        raise TypeError(f"{name} is of type {type(value).__name__}: pass a map of texts, such as {{'KEY': 'value'}}")
    return value


def scalar_map(name: str, value: Mapping[str, Scalar] | None) -> dict[str, str | bool] | None:
    """Return a map of meta-data as it is sent: numbers as texts, booleans as they are.

    Buildkite keeps each value as a text. Its documentation shows texts and booleans in requests.

    Raises:
        TypeError: a name isn't a text, or a value isn't a text, a boolean or a number.
        ValueError: a number is infinite or NaN.

    Example:
        >>> scalar_map("meta_data", {"release": "1.4", "canary": True, "shard": 3, "share": 0.5})
        {'release': '1.4', 'canary': True, 'shard': '3', 'share': '0.5'}

    https://buildkite.com/docs/apis/rest-api/builds
    """
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise TypeError(f"{name} is of type {type(value).__name__}: pass a map, such as {{'release': '1.4'}}")
    placed = ((key, _at(name, key), each) for key, each in value.items())
    return {key: each if isinstance(each, bool) else _text(where, each) for key, where, each in placed}


def filter_map(name: str, value: Mapping[str, Scalar] | None) -> dict[str, str] | None:
    """Return a map of meta-data as a filter sends it: all values as texts, as Buildkite keeps them.

    Raises:
        TypeError, ValueError: as for `scalar_map`.

    Example:
        >>> filter_map("meta_data", {"release": "1.4", "canary": True, "shard": 3})
        {'release': '1.4', 'canary': 'true', 'shard': '3'}
    """
    values = scalar_map(name, value)
    return None if values is None else {key: _text(key, each) for key, each in values.items()}


def field_map(name: str, value: Mapping[str, Scalar | Sequence[Scalar]] | None) -> dict[str, str | list[str]] | None:
    """Return the values of a block step's fields as they are sent: texts, and lists of texts for fields with `multiple`.

    Raises:
        TypeError: a key isn't a text, or a value isn't a text, a boolean, a number, or a list of these.
        ValueError: a number is infinite or NaN.

    Example:
        >>> field_map("fields", {"version": "1.4", "force": False, "regions": ["eu", "us"], "percent": 25})
        {'version': '1.4', 'force': 'false', 'regions': ['eu', 'us'], 'percent': '25'}

    https://buildkite.com/docs/apis/rest-api/jobs
    """
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise TypeError(f"{name} is of type {type(value).__name__}: pass a map, such as {{'version': '1.4'}}")
    return {key: _field(_at(name, key), each) for key, each in value.items()}


def _field(where: str, value: object) -> str | list[str]:
    if isinstance(value, list | tuple):
        return [_text(f"{where}[{index}]", each) for index, each in enumerate(value)]
    return _text(where, value, or_list=True)


def _text(where: str, value: object, *, or_list: bool = False) -> str:
    """Return a scalar as the text that Buildkite keeps."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, float):
        if not isfinite(value):
            raise ValueError(f"{where} is {value}: pass a finite number")
        return float.__repr__(value)
    expected = "a text, a bool, an int, a float, or a list of these" if or_list else "a text, a bool, an int or a float"
    raise TypeError(f"{where} is of type {type(value).__name__}: pass {expected}")


def _at(name: str, key: object) -> str:
    """Return the place of a value in a map, for a message.

    Raises:
        TypeError: the key isn't a text.
    """
    if not isinstance(key, str):
        raise TypeError(f"{name} has the key {key!r} of type {type(key).__name__}: keys are texts (str)")
    return f"{name}[{key!r}]"


def count(name: str, value: int | None) -> int | None:
    """Return a number of things.

    Raises:
        TypeError: it isn't a whole number.
        ValueError: it is below 0.
    """
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{name}={shown(value)}: give a whole number, or None")
    if value < 0:
        raise ValueError(f"{name}={shown(value)}: give 0 or more, or None")
    return value


def at_least(name: str, value: int, least: int) -> int:
    """Return a whole number that has a minimum.

    Raises:
        ValueError: it is below.
    """
    if value < least:
        raise ValueError(f"{name}={shown(value)}: give {least} or more")
    return value


def per_minute(name: str, value: float | None) -> float | None:
    """Return a number of requests a minute.

    Raises:
        TypeError: it isn't a number.
        ValueError: it is below 4.
    """
    if value is None:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise TypeError(f"{name}={shown(value)} is {kind_of(value)}: give a number, or None")
    if not 4 <= value < inf:
        raise ValueError(f"{name}={shown(value)}: give 4 or more, or None")
    return float(value)


_LEAST_PAUSE = 0.01
"""Seconds of the shortest `poll_interval`: polls without pauses would use a processor, and nothing ends sooner by them."""


def poll_pause(poll_interval: float | None) -> None:
    """Check the pause between two polls.

    Raises:
        ValueError: it is shorter than a hundredth of a second.
    """
    positive(poll_interval=poll_interval)
    if poll_interval is not None and poll_interval < _LEAST_PAUSE:
        raise ValueError(
            f"poll_interval={shown(poll_interval)}: give at least {_LEAST_PAUSE} seconds, or None for the default"
        )


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
        if not value > 0 or not are_countable(value):
            raise ValueError(f"{name}={shown(value)}: give seconds above 0")
